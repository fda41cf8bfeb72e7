// Reads a data folder at rest record by record, without loading it: the newest versions from its snapshot and from the tail of its
// journal.
import { numberIn } from '../../state/layout.ts'
import { isRemoval, type StoredRecord, type WholeRecord } from '../../state/put.ts'
import type { StoreError } from '../errors.ts'
import type { EncodedGroup } from '../journal/group.ts'
import type { Watermarks } from '../snapshot/snapshot.ts'
import { StoredRecords } from '../stored-records.ts'
import { creationOrder, RecordGroup, recordsInOrder, resourceKeyOf } from './creation-order.ts'
import { type FolderView, openView } from './folder-view.ts'
import { type JournalTail, type Place, PlacedRecords, placeOf } from './journal-tail.ts'

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

  /** The cursor of a folder that follows a shared journal. */
  get cursor(): string | undefined {
    return this.#view.journal.cursor
  }

  /** The approximate number of records: records created since the last checkpoint are not counted. */
  get about(): number {
    return this.#view.summary.records
  }

  /** The newest group of the journal as stored. Undefined in a folder without any. */
  newestGroup(): EncodedGroup | undefined {
    return this.sequence === 0 ? undefined : this.#view.journal.read(this.sequence - 1, 1)[0]
  }

  /** The greatest time and id ever written (contract 3.2, 3.4). */
  async watermarks(onFault: OnFault = raise): Promise<Watermarks> {
    return (await this.#readTail(onFault)).watermarks
  }

  /**
   * Every resource and status in its newest version: clusters before nodepools, both in creation order, and each followed by its statuses in
   * the order of first reports.
   */
  async *records(onFault: OnFault = raise): AsyncGenerator<WholeRecord, void> {
    let isSound = true
    const noted: OnFault = fault => {
      isSound = false
      onFault(fault)
    }
    // A record that is damaged has been reported, and is missing as well.
    const onMissing: OnFault = fault => {
      if (isSound) noted(fault)
    }
    const tail = await this.#readTail(noted)
    this.#order ??= { keys: await creationOrder(this.#view, tail) }
    const { keys } = this.#order
    if (keys === undefined) return yield* this.#recordsByKey(tail, noted, onMissing)
    await this.#checkSnapshot(noted)
    yield* recordsInOrder(this.#view, tail, keys, onMissing)
  }

  close(): Promise<void> {
    return this.#view.close()
  }

  async *#recordsByKey(
    { newest, removed }: JournalTail,
    onFault: OnFault,
    onMissing: OnFault,
  ): AsyncGenerator<WholeRecord, void> {
    let group = new RecordGroup('')
    for await (const record of this.#merged(newest, onFault)) {
      const owner = resourceKeyOf(record)
      if (removed.has(owner)) continue
      if (owner !== group.owner) {
        yield* group.wholes(onMissing)
        group = new RecordGroup(owner)
      }
      group.add(record)
    }
    yield* group.wholes(onMissing)
  }

  /** Finds every damaged or missing record of the snapshot. */
  async #checkSnapshot(onFault: OnFault): Promise<void> {
    const stored = new StoredRecords(this.#view, this.#inItsWords(onFault))
    while (stored.visitSnapshot('lent', () => {})) await new Promise(setImmediate)
  }

  /** Merges the snapshot and the journal's tail in key order. A record may come in more than one version. */
  async *#merged(newest: ReadonlyMap<string, Place>, onFault: OnFault): AsyncGenerator<StoredRecord> {
    const placed = new PlacedRecords(this.#view.journal)
    const waiting = [...newest].sort(byKey).reverse()
    for await (const version of this.#snapshotRecords(onFault)) {
      for (let next = waiting.at(-1); next !== undefined && next[0] < version.key; next = waiting.at(-1)) {
        waiting.pop()
        yield placed.read(...next)
      }
      const [key, place] = waiting.at(-1) ?? []
      if (key === version.key) waiting.pop()
      if (key === version.key && place !== undefined && place.sequence > version.sequence)
        yield placed.read(key, place)
      yield version
    }
    for (const next of waiting.reverse()) yield placed.read(...next)
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
    const newest = new Map<string, Place>()
    const numbers = new Map<string, number>()
    const removed = new Set<string>()
    const stored = new StoredRecords(this.#view, this.#inItsWords(onFault))
    stored.checkSeam()
    while (
      stored.visitTail(entry => {
        for (const [i, record] of entry.records.entries()) {
          if (isRemoval(record)) removed.add(record.key)
          else newest.set(record.key, placeOf(entry, i))
          if (record.put.kind === 'head') numbers.set(record.key, numberIn(record.body))
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

function byKey([a]: readonly [string, Place], [b]: readonly [string, Place]): number {
  return a < b ? -1 : 1
}

function raise(fault: StoreError): never {
  throw fault
}
