// Recovery: the state as of the last durable change, from the snapshot and the tail of the journal. Replay decides
// nothing: it puts whole records in their places.

import type { State } from '../state/fleet-state.ts'
import type { StoredRecord } from '../state/put.ts'
import { reasonOf } from '../wire/text.ts'
import { checksumOf, decodeJournalEntry, decodeSnapshotValue } from './codec.ts'
import type { Reached } from './crash-point.ts'
import { StoreError } from './errors.ts'
import type { Journal } from './journal/journal.ts'
import type { Snapshot, Summary, Watermarks } from './snapshot/snapshot.ts'

/** Entries read in one turn of the event loop, so that health checks are answered during a long load. */
const READ_CHUNK = 500
/** Resources brought into order in one turn. */
const ORDER_CHUNK = 2000

/** How far a load has come, or what it found in the end. */
export interface RecoveryProgress {
  readonly phase: 'pages' | 'snapshot' | 'journal'
  readonly done: number
  readonly total: number
}

/** What a load found beside the records. */
export interface Recovered {
  readonly watermarks: Watermarks
  /** Bytes of the journal entries that the snapshot does not contain. */
  readonly tailBytes: number
}

/** Who follows a load. */
export interface LoadWatcher {
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly reached: Reached
}

/**
 * Fills the empty state. Throws StoreError when anything is damaged or
 * missing: what is not whole is not served.
 */
export async function recover(
  state: State,
  snapshot: Snapshot,
  summary: Summary,
  journal: Journal,
  watcher: LoadWatcher,
): Promise<Recovered> {
  const { reached } = watcher
  checkSeam(summary, journal)
  const load: Load = { state, ...watcher }
  const newest = await loadSnapshot(load, snapshot, summary)
  reached('snapshot-loaded')
  if (newest > journal.last) throw olderJournal(newest, journal)
  const recovered = await replay(load, summary, journal)
  reached('journal-replayed')
  const hole = await finishLoad(state)
  if (hole !== undefined) {
    throw new StoreError('damaged', `${hole} is missing. Restore the data folder from a backup.`)
  }
  // What an earlier process wrote and did not flush has just become visible: no power cut may take it back.
  snapshot.sync()
  journal.sync()
  reached('recovery-flushed')
  await snapshot.unmap()
  await journal.unmap()
  reached('recovered')
  return recovered
}

/** What both halves of a load need. */
interface Load extends LoadWatcher {
  readonly state: State
}

/** Ends the load a chunk at a time; returns the first place without a record. */
async function finishLoad(state: State): Promise<string | undefined> {
  const work = state.finishLoad()
  for (let done = 1; ; done++) {
    const step = work.next()
    if (step.done) return step.value
    if (done % ORDER_CHUNK === 0) await new Promise(setImmediate)
  }
}

/** Both parts together must hold every change: the journal has to begin where the snapshot ends, or before. */
function checkSeam({ folded }: Summary, { first, last }: Journal): void {
  if (last < folded) throw olderJournal(folded, { first, last })
  if (first > folded + 1) {
    throw new StoreError(
      'gap',
      `the journal begins with entry ${first}, but the snapshot ends with ${folded}: what came between is missing. ` +
        'Restore the data folder from a backup.',
    )
  }
}

function olderJournal(sequence: number, { first, last }: Pick<Journal, 'first' | 'last'>): StoreError {
  const entries = last === 0 ? 'is empty' : `holds entries ${first} to ${last}`
  return new StoreError(
    'gap',
    `the snapshot holds records of journal entry ${sequence}, but the journal ${entries}: the two do not belong ` +
      'together. Restore the data folder from a backup.',
  )
}

/** Returns the number of the newest journal entry that a record came from. */
async function loadSnapshot(
  { state, onProgress, reached }: Load,
  snapshot: Snapshot,
  summary: Summary,
): Promise<number> {
  let newest = 0
  let records = 0
  let checksum = 0
  let after: string | undefined
  const load = (key: string, value: Buffer) => {
    after = key
    const record = decodeSnapshotValue(key, value)
    const own = checksumOf(value)
    loadRecord(state, record, own)
    checksum = (checksum + own) >>> 0
    newest = Math.max(newest, record.sequence)
    records++
  }
  while (snapshot.visit(after, READ_CHUNK, load) > 0) {
    onProgress({ phase: 'snapshot', done: records, total: summary.records })
    reached('snapshot-loading')
    await new Promise(setImmediate)
  }
  snapshot.verify(records, checksum)
  return newest
}

async function replay(
  { state, onProgress, reached }: Load,
  summary: Summary,
  journal: Journal,
): Promise<Recovered> {
  const { folded } = summary
  let { latestTime, latestId } = summary
  let tailBytes = 0
  let after = folded
  while (after < journal.last) {
    const changes = journal.read(after, READ_CHUNK)
    for (const { sequence, value } of changes) {
      const entry = decodeJournalEntry(sequence, value)
      latestTime = later(latestTime, entry.latestTime)
      tailBytes += value.length
      for (const record of entry.records) {
        loadRecord(state, record)
        if (record.put.kind === 'resource') latestId = later(latestId, record.put.record.id)
      }
    }
    after += changes.length
    if (changes.length === 0) {
      throw new StoreError(
        'gap',
        `journal entry ${after + 1} is missing. Restore the data folder from a backup.`,
      )
    }
    onProgress({ phase: 'journal', done: after - folded, total: journal.last - folded })
    reached('journal-replaying')
    await new Promise(setImmediate)
  }
  return { watermarks: { latestTime, latestId }, tailBytes }
}

/** A record that does not fit to those before it means that one is missing or another's. */
function loadRecord(state: State, record: StoredRecord, checksum?: number): void {
  try {
    state.load(record, checksum)
  } catch (error) {
    const reason = reasonOf(error)
    throw new StoreError('damaged', `${reason}. Restore the data folder from a backup.`, error)
  }
}

/** The later of two instants or the greater of two ids, either of which may be missing. */
export function later<T extends bigint | string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || (b !== undefined && b > a)) return b
  return a
}
