// The checkpoint: folds what the journal brought into the snapshot, in the background and in small transactions, then
// notes up to where the journal is folded in, and only then lets the journal be trimmed. A crash at any step leaves a
// snapshot whose records are of different moments, each no newer than the journal, which then still holds all that came
// since the last completed checkpoint: replay brings them together, passing by what the snapshot has already.

import type { StoredResource, StoredStatus } from '../../state/entry.ts'
import type { DirtySlots, State } from '../../state/fleet-state.ts'
import { documentLength } from '../../state/layout.ts'
import { keyOfResource, keyOfStatus } from '../../state/put.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import type { Reached } from '../crash-point.ts'
import type { Fold, Snapshot, Watermarks } from './snapshot.ts'

/** Bounds of one transaction: what is encoded in one turn of the event loop, less than half a millisecond of work. */
const MAX_BATCH_RECORDS = 64
const MAX_BATCH_BYTES = 1 << 20

/** A record to be folded, and where to note that it is. */
interface Task {
  readonly fold: Fold
  readonly stored: StoredResource | StoredStatus
}

/**
 * Folds all that the state holds into the snapshot; `sequence` is the number of the newest journal entry in the
 * state, and `watermarks` those of the state. Returns how many records were written. Rejects with StorageFullError
 * when there was no room: what was not folded is left for the next checkpoint.
 */
export async function checkpoint(
  state: State,
  snapshot: Snapshot,
  sequence: number,
  watermarks: Watermarks,
  reached: Reached,
): Promise<number> {
  reached('checkpoint-begun')
  const dirty = state.takeDirty()
  reached('checkpoint-taken')
  try {
    let records = 0
    for (const batch of batches(tasks(state, dirty))) {
      reached('fold-begun')
      const checksums = await snapshot.fold(
        batch.map(task => task.fold),
        watermarks,
      )
      noteFolded(batch, checksums)
      records += batch.length
      reached('fold-done')
    }
    reached('completion-begun')
    await snapshot.complete(sequence, watermarks)
    reached('completion-done')
    return records
  } catch (error) {
    state.giveBackDirty(dirty)
    throw error
  }
}

function noteFolded(batch: readonly Task[], checksums: readonly number[]): void {
  for (const [i, { fold, stored }] of batch.entries()) stored.noteFolded(fold.sequence, checksums[i] ?? 0)
}

/** Groups tasks into transactions; a lazy one, so that each batch holds the newest versions when it is made. */
function* batches(tasks: Iterable<Task>): Generator<Task[]> {
  let batch: Task[] = []
  let bytes = 0
  for (const task of tasks) {
    batch.push(task)
    bytes += documentLength(task.fold.body)
    if (batch.length < MAX_BATCH_RECORDS && bytes < MAX_BATCH_BYTES) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** What there is to fold, in the order of slots, which is key order as ids sort by creation (contract 3.2). */
function* tasks(state: State, dirty: DirtySlots): Generator<Task> {
  for (const kind of RESOURCE_KINDS) {
    const slots = dirty[kind]
    for (let slot = slots.next(0); slot !== undefined; slot = slots.next(slot + 1)) {
      yield* tasksOf(existing(state, kind, slot))
    }
  }
}

function* tasksOf(entry: StoredResource): Generator<Task> {
  if (entry.isDirty) yield task(keyOfResource(entry), entry)
  for (const status of entry.statuses)
    if (status.isDirty) yield task(keyOfStatus(entry, status.adapter), status)
}

function task(key: string, stored: StoredResource | StoredStatus): Task {
  const { sequence, body, foldedChecksum } = stored
  return { fold: { key, sequence, body, replaces: foldedChecksum }, stored }
}

function existing(state: State, kind: ResourceKind, slot: number): StoredResource {
  const entry = state.resources(kind)[slot]
  if (entry === undefined) throw new Error(`there is no ${kind} in slot ${slot}`)
  return entry
}
