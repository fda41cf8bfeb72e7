// Named moments at which a test ends the process, to check that the next start loses nothing. A test goes through the whole list,
// so that no point is forgotten.

export const CRASH_POINTS = [
  'folder-locked',
  'pages-checked',
  'snapshot-opened',
  'journal-opened',
  // The creation of a folder: two empty environments, then their identities.
  'journal-made',
  'snapshot-made',
  'journal-created',
  'snapshot-created',
  // After each chunk of a load, and after the last.
  'snapshot-loading',
  'snapshot-loaded',
  'journal-replaying',
  'journal-replayed',
  'recovery-flushed',
  'recovered',
  // The epoch has been raised, in either environment.
  'journal-marked',
  'snapshot-marked',
  // A write, and the group commit that includes it.
  'change-staged',
  'commit-begun',
  'commit-durable',
  // A slice of a large change is applied, and not the last one.
  'slice-applied',
  'commit-applied',
  // Every LMDB transaction: LMDB's thread has it; it is committed, and its flush is not yet awaited.
  'journal-handed-over',
  'journal-committed',
  'snapshot-handed-over',
  'snapshot-committed',
  'checkpoint-begun',
  'checkpoint-taken',
  // A transaction of a checkpoint that erases removed records.
  'erasure-begun',
  'erasure-done',
  'fold-begun',
  'fold-done',
  'completion-begun',
  'completion-done',
  // The commits that also remove folded entries from the journal.
  'trim-begun',
  'trim-done',
  'storage-full',
  'storage-back',
  // An environment is reopened after it met a full disk.
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

/** Crash points of `restore --replace`: when the restored folder is on disk, and after each of the two renames. */
export const REPLACEMENT_POINTS = ['replacement-built', 'old-moved-aside', 'replacement-moved-in'] as const

export type ReplacementPoint = (typeof REPLACEMENT_POINTS)[number]

export type CrashPoint = (typeof CRASH_POINTS)[number]

/** Called at every crash point. Outside of tests it does nothing. */
export type Reached = (point: CrashPoint) => void
