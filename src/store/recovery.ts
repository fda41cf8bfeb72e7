// Recovery: rebuilds the state as of the last durable change from the snapshot and the tail of the journal. Replay takes no decisions;
// it loads whole records.

import type { Folded } from '../state/loading.ts'
import type { JournalRecord } from '../state/put.ts'
import type { State } from '../state/state.ts'
import { reasonOf } from '../wire/text.ts'
import type { Reached } from './crash-point.ts'
import { StoreError } from './errors.ts'
import { RemovalBlocks } from './snapshot/removal-blocks.ts'
import type { Watermarks } from './snapshot/snapshot.ts'
import { type StoredParts, StoredRecords } from './stored-records.ts'

/** Resources that one turn of the event loop orders at the end of a load. */
const ORDER_CHUNK = 2000

/** The progress of a load. The last report of a phase has its total. */
export interface RecoveryProgress {
  readonly phase: 'pages' | 'snapshot' | 'journal'
  readonly done: number
  readonly total: number
}

/** The result of a load, in addition to the state. */
export interface Recovery {
  readonly watermarks: Watermarks
  /** Bytes of the journal entries that the snapshot does not contain. */
  readonly tailBytes: number
  /** The removals that the snapshot has. */
  readonly blocks: RemovalBlocks
}

export interface LoadWatcher {
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly reached: Reached
}

/** Fills the empty state. Throws StoreError when anything is damaged or missing, because a partial fleet is never served. */
export async function recover(state: State, parts: StoredParts, watcher: LoadWatcher): Promise<Recovery> {
  const { snapshot, journal, summary } = parts
  const { reached } = watcher
  const blocks = new RemovalBlocks()
  state.removals.raiseFloor(summary.removalsAfter)
  const stored = new StoredRecords(parts, raise, (key, checksum, removed) => {
    blocks.load(key, checksum, removed)
    for (const each of removed) state.removals.load(each)
  })
  stored.checkSeam()
  await loadSnapshot(state, stored, parts, watcher)
  blocks.loaded(state.removals)
  reached('snapshot-loaded')
  await replay(state, stored, parts, watcher)
  reached('journal-replayed')
  const missing = await finishLoad(state)
  if (missing !== undefined) throw damaged(`${missing} is missing`)
  state.noteLoaded(journal.last)
  // An earlier process may have written records without a flush. They are visible now, so a power cut must not undo them.
  snapshot.sync()
  journal.sync()
  reached('recovery-flushed')
  await snapshot.unmap()
  await journal.unmap()
  reached('recovered')
  const { watermarks, tailBytes } = stored
  return { watermarks, tailBytes, blocks }
}

async function loadSnapshot(
  state: State,
  stored: StoredRecords,
  { summary }: StoredParts,
  { onProgress, reached }: LoadWatcher,
): Promise<void> {
  while (stored.visitSnapshot('lent', (record, folded) => load(state, record, folded))) {
    onProgress({ phase: 'snapshot', done: stored.recordsRead, total: summary.records })
    reached('snapshot-loading')
    await new Promise(setImmediate)
  }
}

async function replay(
  state: State,
  stored: StoredRecords,
  { summary, journal }: StoredParts,
  { onProgress, reached }: LoadWatcher,
): Promise<void> {
  const total = journal.last - summary.folded
  while (
    stored.visitTail(({ records }) => {
      for (const record of records) load(state, record)
    })
  ) {
    onProgress({ phase: 'journal', done: stored.entriesRead, total })
    reached('journal-replaying')
    await new Promise(setImmediate)
  }
}

/** Loads a record. One that contradicts earlier records shows that a record is missing or belongs to another fleet. */
function load(state: State, record: JournalRecord, folded?: Folded): void {
  try {
    state.load(record, folded)
  } catch (error) {
    throw damaged(reasonOf(error), error)
  }
}

/** Completes the load in chunks. Returns the first missing record. */
async function finishLoad(state: State): Promise<string | undefined> {
  const work = state.finishLoad()
  for (let done = 1; ; done++) {
    const step = stepOf(work)
    if (step.done) return step.value
    if (done % ORDER_CHUNK === 0) await new Promise(setImmediate)
  }
}

function stepOf<T>(work: Generator<undefined, T>): IteratorResult<undefined, T> {
  try {
    return work.next()
  } catch (error) {
    throw damaged(reasonOf(error), error)
  }
}

function damaged(fault: string, cause?: unknown): StoreError {
  return new StoreError('damaged', `${fault}. Restore the data folder from a backup.`, cause)
}

function raise(fault: unknown): never {
  throw fault
}
