// Checkpoints fold changed records into the snapshot, in the background.
//
//   1. Small transactions remove the removed records from the snapshot, with a block of their removals in place of them, and put every changed record
//      into it, each in its newest version.
//   2. The summary of the snapshot notes the last folded entry of the journal.
//   3. Later commits trim the journal up to that entry.
//
// A head and conditions that are both folded are in one transaction, so that the snapshot never has a head without conditions. Up to format 3 both are
// one value, which is replaced by two records when the head changes; new conditions alone are added beside it.
//
// After a crash at any step, the records of the snapshot may be of different moments, none newer than the journal. The journal still has
// all entries since the last completed checkpoint. Replay skips versions that the snapshot has already, and reports about resources that
// are removed later.

import { keyOfConditions, keyOfResource, keyOfStatus } from '../../state/document.ts'
import type { StoredResource, StoredRow } from '../../state/entry.ts'
import type { State } from '../../state/state.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFullError } from '../errors.ts'
import type { GroupCommit } from '../group-commit.ts'
import type { RemovalBlocks } from './removal-blocks.ts'
import type { Erasure, Fold, Snapshot, Watermarks } from './snapshot.ts'

/** Bounds of one transaction, apart from the last record. It is encoded in one turn of the event loop, less than half a millisecond of work. */
const MAX_BATCH_RECORDS = 64
const MAX_BATCH_BYTES = 1 << 20
/** Removed resources of one transaction. Each has at most some tens of statuses. */
const MAX_BATCH_ERASURES = 64

/** A checkpoint begins when the journal has reached any of these since the last one. */
export interface CheckpointLimits {
  readonly maxJournalEntries: number
  readonly maxJournalBytes: number
  /** Age of the oldest entry that is not in the snapshot. At most 2^31 - 1, the limit of a timer. */
  readonly maxJournalAgeMs: number
}

export type CheckpointEvent =
  | { readonly kind: 'checkpoint-started'; readonly entries: number; readonly bytes: number }
  | { readonly kind: 'checkpoint-finished'; readonly records: number; readonly durationMs: number }
  | { readonly kind: 'checkpoint-postponed'; readonly reason: string }

export interface CheckpointerParts {
  readonly state: State
  readonly snapshot: Snapshot
  /** The removals that the snapshot has. */
  readonly blocks: RemovalBlocks
  readonly commits: GroupCommit
  readonly limits: CheckpointLimits
  /** Rejects when the data folder is not in place, because the next start would not find the snapshot there. */
  readonly assertInPlace: () => Promise<void>
  readonly monotonicMs: () => number
  readonly onEvent: (event: CheckpointEvent) => void
  readonly onFatal: (error: unknown) => void
  readonly reached: Reached
}

/** The journal's tail: the changes in the state that the snapshot does not contain. */
export interface Tail {
  readonly sequence: number
  readonly entries: number
  readonly bytes: number
  readonly watermarks: Watermarks
}

/** Delay before a checkpoint that met a full disk is retried. */
const RETRY_MS = 5000

/** Schedules checkpoints: one at a time; retries after a full disk. */
export class Checkpointer {
  readonly #parts: CheckpointerParts
  #tail: Tail
  #running: Promise<void> | undefined
  /** Timer of the next checkpoint, by age or after a lack of room. */
  #timer: NodeJS.Timeout | undefined
  #isPostponed = false

  constructor(parts: CheckpointerParts, tail: Tail) {
    this.#parts = parts
    this.#tail = tail
    this.#await(parts.limits.maxJournalAgeMs)
  }

  get tail(): Tail {
    return this.#tail
  }

  /** Adds changes that have just been applied to the state. Begins a checkpoint if one is due. */
  grow(entries: number, bytes: number, watermarks: Watermarks): void {
    const tail = this.#tail
    this.#tail = {
      sequence: tail.sequence + entries,
      entries: tail.entries + entries,
      bytes: tail.bytes + bytes,
      watermarks,
    }
    const { limits } = this.#parts
    if (this.#timer === undefined) this.#await(limits.maxJournalAgeMs)
    const isDue = this.#tail.entries >= limits.maxJournalEntries || this.#tail.bytes >= limits.maxJournalBytes
    if (isDue && this.#running === undefined && !this.#isPostponed) void this.run()
  }

  /** Runs a checkpoint, after any checkpoint that is running. Never rejects. */
  async run(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    if (this.#tail.entries === 0) return
    this.end()
    this.#isPostponed = false
    let hasFailed = false
    this.#running = this.#fold().catch(error => {
      hasFailed = true
      this.#parts.onFatal(error)
    })
    await this.#running
    this.#running = undefined
    // The process is about to end.
    if (hasFailed) return
    // The age of newer entries counts from here, so the next checkpoint is late by the duration of this one at most.
    this.#await(this.#isPostponed ? RETRY_MS : this.#parts.limits.maxJournalAgeMs)
  }

  /** Cancels the next checkpoint; the journal's growth schedules another. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Schedules a checkpoint after this time, if there is anything to fold. */
  #await(afterMs: number): void {
    this.end()
    if (this.#tail.entries > 0) this.#timer = setTimeout(() => void this.run(), afterMs)
  }

  async #fold(): Promise<void> {
    const { commits, assertInPlace, monotonicMs, onEvent } = this.#parts
    const startMs = monotonicMs()
    onEvent({ kind: 'checkpoint-started', entries: this.#tail.entries, bytes: this.#tail.bytes })
    await assertInPlace()
    // Read in the same turn in which the checkpoint takes the changed resources.
    const { sequence, entries, bytes, watermarks } = this.#tail
    try {
      const records = await checkpoint(this.#parts, sequence, watermarks)
      await assertInPlace()
      this.#tail = { ...this.#tail, entries: this.#tail.entries - entries, bytes: this.#tail.bytes - bytes }
      onEvent({ kind: 'checkpoint-finished', records, durationMs: monotonicMs() - startMs })
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      this.#isPostponed = true
      onEvent({ kind: 'checkpoint-postponed', reason: error.message })
      return
    }
    commits.trim(sequence)
  }
}

type FoldingParts = Pick<CheckpointerParts, 'state' | 'snapshot' | 'blocks' | 'reached'>

/** A record to fold, and its place in the state, which notes that it was folded. */
interface Task {
  readonly fold: Fold
  readonly stored: StoredRow
}

/**
 * Folds all changed records into the snapshot, and erases removed ones. `sequence` is the newest journal entry in the state, and `watermarks` belong to the
 * state. Returns the number of written records. Rejects with StorageFullError when there was no room; the next checkpoint folds the
 * rest.
 */
async function checkpoint(parts: FoldingParts, sequence: number, watermarks: Watermarks): Promise<number> {
  const { state, snapshot, reached } = parts
  reached('checkpoint-begun')
  const dirty = state.takeDirty()
  reached('checkpoint-taken')
  try {
    await erase(parts, dirty.removed, watermarks)
    let records = 0
    for (const batch of batches(dirty.changed)) {
      reached('fold-begun')
      const checksums = await snapshot.fold(
        batch.map(task => task.fold),
        watermarks,
      )
      noteFolded(batch, checksums)
      records += batch.length
      reached('fold-done')
      // Checkpoints touch the whole snapshot in the long run, and its mapped pages would count as memory of the process.
      await snapshot.unmapIfLarge()
    }
    await retain(parts, watermarks)
    reached('completion-begun')
    await snapshot.complete(sequence, { ...watermarks, removalsAfter: state.removals.floor })
    reached('completion-done')
    return records
  } catch (error) {
    state.giveBackDirty(dirty)
    throw error
  }
}

/**
 * Erases the records of removed resources, and takes these out of the list. A status leaves the snapshot before its resource, a nodepool
 * before its cluster.
 */
async function erase(
  { state, snapshot, blocks, reached }: FoldingParts,
  removed: StoredResource[],
  watermarks: Watermarks,
): Promise<void> {
  while (removed.length > 0) {
    const batch = removed.slice(0, MAX_BATCH_ERASURES)
    const removals = batch.map(({ kind, number }) => state.removals.find(kind, number))
    const removalsAfter = state.removals.floor
    const block = blocks.blockOf(removals)
    const old = blocks.upTo(removalsAfter)
    const erasures = [...batch.flatMap(erasuresOf), ...old]
    if (erasures.length > 0 || block !== undefined) {
      reached('erasure-begun')
      const checksum = await snapshot.erase(erasures, block, { ...watermarks, removalsAfter })
      blocks.noteErased(old)
      if (block !== undefined) blocks.note(block, checksum, removals)
      reached('erasure-done')
      await snapshot.unmapIfLarge()
    }
    for (const entry of batch) state.forget(entry)
    removed.splice(0, batch.length)
  }
}

/**
 * Puts the removals meanwhile into the snapshot. The journal is trimmed of the creations before the checkpoint, and a resource that was removed before
 * its turn is not in the snapshot: a load would not know whose removals the rest of the journal has.
 */
async function retain({ state, snapshot, blocks }: FoldingParts, watermarks: Watermarks): Promise<void> {
  for (;;) {
    const removals = state.removals.from(blocks.end, MAX_BATCH_ERASURES)
    const block = blocks.blockOf(removals)
    if (block === undefined) return
    const checksum = await snapshot.erase([], block, { ...watermarks, removalsAfter: state.removals.floor })
    blocks.note(block, checksum, removals)
  }
}

/** The records of a resource that the snapshot has. */
function erasuresOf(entry: StoredResource): Erasure[] {
  const erasures: Erasure[] = []
  const add = (key: string, checksum: number | undefined) => {
    if (checksum !== undefined) erasures.push({ key, checksum })
  }
  for (const status of entry.statuses) add(keyOfStatus(entry, status.adapter), status.foldedChecksum)
  add(keyOfConditions(entry), entry.ownConditions.foldedChecksum)
  add(keyOfResource(entry), entry.head.foldedChecksum)
  return erasures
}

function noteFolded(batch: readonly Task[], checksums: readonly number[]): void {
  for (const [i, { fold, stored }] of batch.entries()) stored.noteFolded(fold.sequence, checksums[i] ?? 0)
}

/** Groups tasks into transactions. Lazy, so that each batch has the newest versions of its moment. */
function* batches(changed: Iterable<StoredResource>): Generator<Task[]> {
  let batch: Task[] = []
  let bytes = 0
  for (const tasks of taskGroups(changed)) {
    for (const task of tasks) {
      batch.push(task)
      bytes += task.fold.body.length
    }
    if (batch.length < MAX_BATCH_RECORDS && bytes < MAX_BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** Records to fold, those that need one transaction together, in creation order. That is key order, except for imported ids (contract 3.2). */
function* taskGroups(changed: Iterable<StoredResource>): Generator<Task[]> {
  for (const entry of changed) {
    if (entry.isRemoved) continue
    const own = resourceTasks(entry)
    if (own.length > 0) yield own
    // It may have been removed meanwhile.
    for (const status of entry.statuses)
      if (status.isDirty && !status.isRemoved) yield [task(keyOfStatus(entry, status.adapter), status)]
  }
}

/** With a head go conditions that have no value of their own yet: they were in one value with the earlier head. */
function resourceTasks(entry: StoredResource): Task[] {
  const { head, ownConditions } = entry
  const tasks = head.isDirty ? [task(keyOfResource(entry), head)] : []
  const isMoved = head.isDirty && ownConditions.foldedChecksum === undefined
  if (ownConditions.isDirty || isMoved) tasks.push(task(keyOfConditions(entry), ownConditions))
  return tasks
}

function task(key: string, stored: StoredRow): Task {
  const { sequence, body, foldedChecksum } = stored
  return { fold: { key, sequence, body, replaces: foldedChecksum }, stored }
}
