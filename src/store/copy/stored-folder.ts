// A data folder at rest, read record by record without being loaded: the newest versions out of its snapshot and the tail of
// its journal.
import { slotIn } from '../../state/layout.ts'
import type { StoredRecord } from '../../state/put.ts'
import { checksumOf, decodeJournalEntry, decodeSnapshotValue } from '../codec.ts'
import { StoreError } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import { later } from '../recovery.ts'
import type { Watermarks } from '../snapshot/snapshot.ts'
import { type FolderView, openView } from './folder-view.ts'

/** Entries read in one turn of the event loop. */
const READ_CHUNK = 500

/** Told of what is damaged or missing; what can be read of the rest is read. Throws to end the reading. */
export type OnFault = (fault: StoreError) => void

/** What the journal brings on top of the snapshot. */
interface JournalTail {
  /** The newest entry of each record in it. */
  readonly newest: ReadonlyMap<string, number>
  readonly watermarks: Watermarks
}

export class StoredFolder {
  readonly #view: FolderView
  #tail: JournalTail | undefined

  private constructor(view: FolderView) {
    this.#view = view
  }

  /** Opens a folder. Throws StoreError when it is none, is in use or cannot be opened. */
  static async open(path: string, commitDeadlineMs: number): Promise<StoredFolder> {
    return new StoredFolder(await openView(path, commitDeadlineMs))
  }

  /** The journal entry as of which this is the state. */
  get sequence(): number {
    return this.#view.journal.last
  }

  /** About how many records there are: those aside that came since the last checkpoint. */
  get about(): number {
    return this.#view.summary.records
  }

  /** The newest journal entry as it lies there; undefined in a folder that nothing was written to. */
  newestEntry(): { readonly sequence: number; readonly value: Buffer } | undefined {
    return this.sequence === 0 ? undefined : this.#view.journal.read(this.sequence - 1, 1)[0]
  }

  /** The greatest time and id ever written (contract 3.2, 3.4). */
  async watermarks(onFault: OnFault = raise): Promise<Watermarks> {
    return (await this.#readTail(onFault)).watermarks
  }

  /**
   * Every record in its newest version: by key, so clusters before nodepools and both by id, each with its statuses behind it
   * in the order of their slots.
   */
  async *records(onFault: OnFault = raise): AsyncGenerator<StoredRecord, void> {
    const { newest } = await this.#readTail(onFault)
    let statuses: StoredRecord[] = []
    let resourceKey = ''
    for await (const version of this.#merged(newest, onFault)) {
      const owner = version.put.kind === 'status' ? ownerKey(version.key) : version.key
      if (owner !== resourceKey) {
        yield* bySlot(statuses)
        statuses = []
        resourceKey = owner
      }
      if (version.put.kind === 'resource') yield version
      else statuses.push(version)
    }
    yield* bySlot(statuses)
  }

  close(): Promise<void> {
    return this.#view.close()
  }

  /** The snapshot and the journal's tail, side by side in key order. */
  async *#merged(newest: ReadonlyMap<string, number>, onFault: OnFault): AsyncGenerator<StoredRecord> {
    const waiting = [...newest.keys()].sort().reverse()
    for await (const version of this.#snapshotRecords(onFault)) {
      while ((waiting.at(-1) ?? version.key) < version.key) yield* this.#fromJournal(waiting, newest)
      const sequence = newest.get(version.key) ?? 0
      if (version.key === waiting.at(-1) && sequence > version.sequence)
        yield* this.#fromJournal(waiting, newest)
      else {
        if (version.key === waiting.at(-1)) waiting.pop()
        yield version
      }
    }
    while (waiting.length > 0) yield* this.#fromJournal(waiting, newest)
  }

  *#fromJournal(waiting: string[], newest: ReadonlyMap<string, number>): Generator<StoredRecord> {
    const key = waiting.pop() ?? ''
    const sequence = newest.get(key) ?? 0
    const [entry] = this.#view.journal.read(sequence - 1, 1)
    if (entry === undefined) throw new Error(`journal entry ${sequence} is gone`)
    const record = decodeJournalEntry(sequence, entry.value).records.find(each => each.key === key)
    if (record !== undefined) yield record
  }

  async *#snapshotRecords(onFault: OnFault): AsyncGenerator<StoredRecord> {
    const { snapshot, journal } = this.#view
    let checksum = 0
    let records = 0
    let newest = 0
    for (let after: string | undefined; ; ) {
      const entries = snapshot.read(after, READ_CHUNK)
      if (entries.length === 0) break
      for (const { key, value } of entries) {
        after = String(key)
        records++
        checksum = (checksum + (value.length < 4 ? 0 : checksumOf(value))) >>> 0
        const decoded = this.#attempt(() => decodeSnapshotValue(String(key), value), onFault)
        if (decoded === undefined) continue
        newest = Math.max(newest, decoded.sequence)
        yield decoded
      }
      await new Promise(setImmediate)
    }
    this.#attempt(() => snapshot.verify(records, checksum), onFault)
    if (newest > journal.last) onFault(behind(newest, journal))
  }

  /** What cannot be read is told, and passed by. */
  #attempt<T>(read: () => T, onFault: OnFault): T | undefined {
    try {
      return read()
    } catch (error) {
      onFault(this.#view.inItsWords(error))
      return undefined
    }
  }

  async #readTail(onFault: OnFault): Promise<JournalTail> {
    this.#tail ??= await this.#scanTail(onFault)
    return this.#tail
  }

  async #scanTail(onFault: OnFault): Promise<JournalTail> {
    const { journal, summary } = this.#view
    const newest = new Map<string, number>()
    let { latestTime, latestId } = summary
    const { first, last } = journal
    if (last < summary.folded) onFault(behind(summary.folded, journal))
    if (first > summary.folded + 1) onFault(gap(summary.folded + 1, first))
    for (let after = Math.max(summary.folded, first - 1); after < last; ) {
      const entries = this.#attempt(() => journal.read(after, READ_CHUNK), onFault) ?? []
      if (entries.length === 0) break
      for (const { sequence, value } of entries) {
        after = sequence
        const entry = this.#attempt(() => decodeJournalEntry(sequence, value), onFault)
        latestTime = later(latestTime, entry?.latestTime)
        for (const { key, put } of entry?.records ?? []) {
          newest.set(key, sequence)
          if (put.kind === 'resource') latestId = later(latestId, put.record.id)
        }
      }
      await new Promise(setImmediate)
    }
    return { newest, watermarks: { latestTime, latestId } }
  }
}

function raise(fault: StoreError): never {
  throw fault
}

function bySlot(statuses: StoredRecord[]): StoredRecord[] {
  return statuses.sort((a, b) => slotIn(a.body) - slotIn(b.body))
}

function ownerKey(key: string): string {
  return key.slice(0, key.lastIndexOf('/'))
}

function gap(from: number, first: number): StoreError {
  return new StoreError(
    'gap',
    `journal entries ${from} to ${first - 1} are missing. Restore the data folder from a backup.`,
  )
}

function behind(sequence: number, { last }: Journal): StoreError {
  return new StoreError(
    'gap',
    `the snapshot holds records of journal entry ${sequence}, but the journal ends with ${last}: the two do not belong ` +
      'together. Restore the data folder from a backup.',
  )
}
