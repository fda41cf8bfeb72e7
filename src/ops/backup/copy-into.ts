// Writes a copy into an empty folder, and reads the result back.
import type { Copy, CopyEnd, CopyPart, Counts } from '../../store/copy/copy.ts'
import { FolderWriter, type WriterOptions } from '../../store/copy/folder-writer.ts'
import { StoredFolder } from '../../store/copy/stored-folder.ts'
import type { Advance, OnAdvance } from './advance.ts'
import { FolderDigest } from './digest.ts'

export interface CopyTask extends WriterOptions {
  readonly folder: string
  readonly signal: AbortSignal
  readonly onAdvance: OnAdvance
}

/** Counts and facts about the records of a folder. */
export interface FolderFacts extends Counts {
  readonly sequence: number
  readonly digest: string
}

/** Writes a copy, or rejects and leaves the folder incomplete. */
export async function copyInto(copy: Copy, task: CopyTask): Promise<CopyEnd> {
  const writer = await FolderWriter.create(task.folder, task)
  const progress: CopyProgress = { records: 0, total: 0, folded: 0, entries: 0 }
  let end: CopyEnd | undefined
  try {
    for await (const parts of copy) {
      task.signal.throwIfAborted()
      await writer.take(parts)
      for (const part of parts) {
        note(progress, part)
        if (part.kind === 'end') end = part
      }
      task.onAdvance(advanceOf(progress))
    }
    await writer.finish()
  } finally {
    await writer.close()
  }
  if (end === undefined) throw new Error('the copy has no end')
  return end
}

/**
 * Reads every record of a folder.
 * @throws StoreError if anything in it is damaged
 */
export async function readBack(task: CopyTask, expected: CopyEnd): Promise<FolderFacts> {
  const folder = await StoredFolder.open(task.folder, task.commitDeadlineMs)
  const digest = new FolderDigest()
  const { clusters, nodepools, statuses } = expected.counts
  const total = clusters + nodepools + statuses
  let done = 0
  try {
    for await (const version of folder.records()) {
      task.signal.throwIfAborted()
      digest.add(version)
      if (++done % 1000 === 0) task.onAdvance({ doing: 'reading back', done, total })
    }
    const facts = { ...digest.counts, sequence: folder.sequence, digest: digest.sum() }
    assertSame(facts, { ...expected.counts, sequence: expected.sequence })
    return facts
  } finally {
    await folder.close()
  }
}

interface CopyProgress {
  records: number
  /** Estimated number of records. */
  total: number
  /** The journal entry that the records contain, and the number of entries after it. */
  folded: number
  entries: number
}

function note(progress: CopyProgress, part: CopyPart): void {
  if (part.kind === 'start') {
    progress.total = part.records
    progress.folded = part.folded
  }
  if (part.kind === 'record') progress.records++
  if (part.kind === 'group') progress.entries = part.last - progress.folded
}

/** The number of journal entries is known only after all records. */
function advanceOf({ records, entries, total }: CopyProgress): Advance {
  if (entries === 0) return { doing: 'copying', done: records, total: Math.max(records, total) }
  return { doing: 'copying changes made meanwhile', done: entries, total: 0 }
}

function assertSame(found: FolderFacts, expected: Counts & { readonly sequence: number }): void {
  for (const name of ['clusters', 'nodepools', 'statuses', 'sequence'] as const)
    if (found[name] !== expected[name])
      throw new Error(
        `the copy has ${name} ${found[name]}, but ${expected[name]} was sent: the copy is discarded`,
      )
}
