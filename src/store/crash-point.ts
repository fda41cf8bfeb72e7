// The named moments of the store's life at which a test lets the process die, to see that the next start finds
// everything again. A test goes through the whole list, so that none is forgotten.

export const CRASH_POINTS = [
  'folder-locked',
  'pages-checked',
  'snapshot-opened',
  'journal-opened',
  // What a new folder gets: two empty environments, then who they are.
  'journal-made',
  'snapshot-made',
  'journal-created',
  'snapshot-created',
  // After each chunk that was read, and after the last.
  'snapshot-loading',
  'snapshot-loaded',
  'journal-replaying',
  'journal-replayed',
  'recovery-flushed',
  'recovered',
  // The epoch is raised, in the one and in the other.
  'journal-marked',
  'snapshot-marked',
  // A write, and the group commit that takes it.
  'change-staged',
  'commit-begun',
  'commit-durable',
  'commit-applied',
  // Every LMDB transaction: LMDB's thread is at it; it is committed, and its flush not awaited yet.
  'journal-handed-over',
  'journal-committed',
  'snapshot-handed-over',
  'snapshot-committed',
  'checkpoint-begun',
  'checkpoint-taken',
  'fold-begun',
  'fold-done',
  'completion-begun',
  'completion-done',
  // The commits that also remove folded entries from the journal.
  'trim-begun',
  'trim-done',
  'storage-full',
  'storage-back',
  // An environment is opened anew after it met a full disk.
  'journal-reopening',
  'journal-reopened',
  'snapshot-reopening',
  'snapshot-reopened',
  'close-begun',
  'close-settled',
  'close-checkpointed',
  'journal-closed',
  'snapshot-closed',
] as const

/** Those of `restore --replace`: the restored folder is on disk, and after each of the two renames. */
export const REPLACEMENT_POINTS = ['replacement-built', 'old-moved-aside', 'replacement-moved-in'] as const

export type ReplacementPoint = (typeof REPLACEMENT_POINTS)[number]

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Told of every point as it is reached; where no test looks, it does nothing. */
export type Reached = (point: CrashPoint) => void
