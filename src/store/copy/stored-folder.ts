// Reads a data folder at rest record by record, without loading it: the newest versions from its snapshot and from the tail of its
// journal.
import { numberIn } from '../../state/layout.ts'
import { isRemoval, type StoredRecord } from '../../state/put.ts'
import type { StoreError } from '../errors.ts'
import type { Watermarks } from '../snapshot/snapshot.ts'
import { StoredRecords } from '../stored-records.ts'
import {
  byNumber,
  creationOrder,
  type JournalTail,
  recordInJournal,
  recordsInOrder,
  resourceKeyOf,
} from './creation-order.ts'
import { type FolderView, openView } from './folder-view.ts'

/** Receives each damage or loss. If it throws, reading ends; otherwise the rest is read. */
export type OnFault = (fault: StoreError) => void

interface ScannedTail extends JournalTail {
  readonly watermarks: Watermarks
}

/** The keys of all resources in creation order. Undefined if that is the order of the keys. */
type Order = readonly string[] | undefined

export class StoredFolder {
  readonly #view: FolderView
  #tail: ScannedTail | undefined
  #order: { readonly keys: Order } | undefined

  private constructor(view: FolderView) {
    this.#view = view
  }

  /** Opens a folder. Throws StoreError when it is not a data folder, is in use or cannot be opened. */
  static async open(path: string, commitDeadlineMs: number): Promise<StoredFolder> {
    return new StoredFolder(await openView(path, commitDeadlineMs))
  }

  /** The journal sequence of the state in this folder. */
  get sequence(): number {
    return this.#view.journal.last
  }

  /** The approximate number of records: records created since the last checkpoint are not counted. */
  get about(): number {
    return this.#view.summary.records
  }

  /** The newest journal entry as stored. Undefined in a folder without any. */
  newestEntry(): { readonly sequence: number; readonly value: Buffer } | undefined {
    return this.sequence === 0 ? undefined : this.#view.journal.read(this.sequence - 1, 1)[0]
  }

  /** The greatest time and id ever written (contract 3.2, 3.4). */
  async watermarks(onFault: OnFault = raise): Promise<Watermarks> {
    return (await this.#readTail(onFault)).watermarks
  }

  /**
   * Every record in its newest version: clusters before nodepools, both in creation order, and each followed by its statuses in the order
   * of first reports.
   */
  async *records(onFault: OnFault = raise): AsyncGenerator<StoredRecord, void> {
    const tail = await this.#readTail(onFault)
    this.#order ??= { keys: await creationOrder(this.#view, tail) }
    const { keys } = this.#order
    if (keys === undefined) return yield* this.#recordsByKey(tail, onFault)
    await this.#checkSnapshot(onFault)
    yield* recordsInOrder(this.#view, tail, keys)
  }

  close(): Promise<void> {
    return this.#view.close()
  }

  async *#recordsByKey(
    { newest, removed }: JournalTail,
    onFault: OnFault,
  ): AsyncGenerator<StoredRecord, void> {
    let statuses: StoredRecord[] = []
    let resourceKey = ''
    for await (const record of this.#merged(newest, onFault)) {
      const owner = resourceKeyOf(record)
      if (removed.has(owner)) continue
      if (owner !== resourceKey) {
        yield* byNumber(statuses)
        statuses = []
        resourceKey = owner
      }
      if (record.key === owner) yield record
      else statuses.push(record)
    }
    yield* byNumber(statuses)
  }

  /** Finds every damaged or missing record of the snapshot. */
  async #checkSnapshot(onFault: OnFault): Promise<void> {
    const stored = new StoredRecords(this.#view, this.#inItsWords(onFault))
    while (stored.visitSnapshot('lent', () => {})) await new Promise(setImmediate)
  }

  /** Merges the snapshot and the journal's tail in key order. */
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
    const record = recordInJournal(this.#view.journal, key, sequence)
    if (record !== undefined) yield record
  }

  async *#snapshotRecords(onFault: OnFault): AsyncGenerator<StoredRecord> {
    const stored = new StoredRecords(this.#view, this.#inItsWords(onFault))
    for (let goesOn = true; goesOn; ) {
      const chunk: StoredRecord[] = []
      goesOn = stored.visitSnapshot('kept', record => chunk.push(record))
      yield* chunk
      await new Promise(setImmediate)
    }
  }

  async #readTail(onFault: OnFault): Promise<ScannedTail> {
    this.#tail ??= await this.#scanTail(onFault)
    return this.#tail
  }

  async #scanTail(onFault: OnFault): Promise<ScannedTail> {
    const newest = new Map<string, number>()
    const numbers = new Map<string, number>()
    const removed = new Set<string>()
    const stored = new StoredRecords(this.#view, this.#inItsWords(onFault))
    stored.checkSeam()
    while (
      stored.visitTail(({ records, sequence }) => {
        for (const record of records) {
          if (isRemoval(record)) removed.add(record.key)
          else newest.set(record.key, sequence)
          if (record.put.kind === 'resource') numbers.set(record.key, numberIn(record.body))
        }
      })
    )
      await new Promise(setImmediate)
    return { newest, numbers, removed, watermarks: stored.watermarks }
  }

  /** Turns faults of reading into faults of the folder itself. */
  #inItsWords(onFault: OnFault): (fault: unknown) => void {
    return fault => onFault(this.#view.inItsWords(fault))
  }
}

function raise(fault: StoreError): never {
  throw fault
}
