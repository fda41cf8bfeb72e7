// The snapshot: records by key, each as of some moment, with the number of the journal entry that brought it. A summary has the number of
// the last folded journal entry, the number of records and the sum of their checksums, so that a load notices a missing record.

import type { Body } from '../../state/layout.ts'
import type { Instant } from '../../wire/instant.ts'
import { Arena } from '../arena.ts'
import { checksumOf, decodeText, encodeSnapshotValue, encodeText } from '../codec.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import type { Identity } from '../folder/identity.ts'
import { type Access, type Entry, Environment, type Write } from '../lmdb/environment.ts'

/** The key of the summary. It sorts behind the keys of all records. */
const SUMMARY_KEY = 'summary'
const SUMMARY = 'the summary of the snapshot'

/** The summary of a snapshot. */
export interface Summary {
  /** Grows with every commit, so that no two states have the same summary. */
  readonly revision: number
  /** Identity of the store. Undefined in a snapshot of format 1. */
  readonly identity: Identity | undefined
  /** The snapshot contains the journal entries up to this number. */
  readonly folded: number
  readonly records: number
  /** The sum of the checksums of all records, modulo 2^32. */
  readonly checksum: number
  /** The greatest server time ever written, and the greatest id made here (contract 3.2, 3.4). */
  readonly latestTime: Instant | undefined
  readonly latestId: string | undefined
  /** The snapshot and the journal have all removals after this entry (contract 12.4). */
  readonly removalsAfter: number
}

/** The watermarks of contract 3.2 and 3.4. */
export type Watermarks = Pick<Summary, 'latestTime' | 'latestId'>

/** The watermarks, and the change after which all removals are retained. */
export type Marks = Watermarks & Pick<Summary, 'removalsAfter'>

/** The later of two instants, or the greater of two ids. Either may be undefined. */
export function later<T extends bigint | string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || (b !== undefined && b > a)) return b
  return a
}

/** The form of ids that are made here. Imported ids have others (contract 3.2). */
const OWN_ID = /^2[0-9a-z]{26}$/

/** The greater of two ids. An imported id does not count: the next id would have to be greater. */
export function laterId(latest: string | undefined, id: string): string | undefined {
  return OWN_ID.test(id) ? later(latest, id) : latest
}

/**
 * Records that are written before the pages that this read are released. Each reads a page or two, so that some tens of megabytes count as memory of the
 * process. A release takes a millisecond, and one for each ten thousand pages.
 */
const MAX_MAPPED_RECORDS = 8192

/** A record to be put into the snapshot. */
export interface Fold {
  readonly key: string
  readonly sequence: number
  readonly body: Body
  /** The checksum of the record's present version in the snapshot. Undefined if there is none. */
  readonly replaces: number | undefined
}

/** A record to be removed from the snapshot. */
export interface Erasure {
  readonly key: string
  /** The checksum of the record's version in the snapshot. */
  readonly checksum: number
}

/** A block of removals to be put into the snapshot, as text. */
export interface NewBlock {
  readonly key: string
  readonly text: string
}

export class Snapshot {
  readonly #path: string
  readonly #environment: Environment
  readonly #arena = new Arena()
  #summary: Summary | undefined
  /** Records that were written since the last release of pages. */
  #mapped = 0
  /** The identity that the next commit writes. */
  #identity: Identity | undefined
  #journaled: (() => Promise<void>) | undefined

  /** Opens the snapshot in the folder `path`, and creates its environment if necessary. Throws StoreError. */
  constructor(path: string, commitDeadlineMs: number, reached: Reached = () => {}, access: Access = 'write') {
    this.#path = path
    this.#environment = new Environment(path, commitDeadlineMs, { name: 'snapshot', reached }, access)
    try {
      this.#summary = this.#readSummary()
      this.#identity = this.#summary?.identity
      if (this.#summary === undefined && this.#environment.edgeKey('first') !== undefined) {
        throw damaged(`${SUMMARY} in ${path} is missing`)
      }
    } catch (error) {
      void this.#environment.close()
      throw error
    }
  }

  /** Undefined until `create`. */
  get summary(): Summary | undefined {
    return this.#summary
  }

  /** Creates an empty snapshot in a new environment. */
  async create(identity: Identity): Promise<void> {
    this.#identity = identity
    const unknown = { latestTime: undefined, latestId: undefined }
    const empty = { folded: 0, records: 0, checksum: 0, removalsAfter: 0, ...unknown }
    await this.#commit([], { revision: 1, identity, ...empty })
  }

  /** Writes the identity, or leaves it to the next commit when there is no room. */
  async identify(identity: Identity): Promise<void> {
    const summary = this.#existing()
    this.#identity = identity
    if (summary.identity?.store === identity.store && summary.identity.epoch === identity.epoch) return
    try {
      await this.#commit([], { ...summary, revision: summary.revision + 1 })
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
    }
  }

  /** Reads at most `limit` records in key order, from behind `after` or from the first. Returns none only at the end. */
  read(after: string | undefined, limit: number): Entry[] {
    return this.#environment.read(after, limit).filter(({ key }) => key !== SUMMARY_KEY)
  }

  /** Reads the value of one record. Undefined if there is none. */
  get(key: string): Buffer | undefined {
    return this.#environment.get(key)
  }

  /** Visits records as `read` would return them. Returns their number. Values are lent (see Environment). */
  visit(after: string | undefined, limit: number, visit: (key: string, value: Buffer) => void): number {
    let records = 0
    this.#environment.visit(after, limit, (key, value) => {
      if (key === SUMMARY_KEY) return
      visit(String(key), value)
      records++
    })
    return records
  }

  /**
   * Puts records into the snapshot in one transaction. Returns their checksums in the same order. Rejects with StorageFullError when
   * there was no room; then nothing has changed.
   */
  async fold(folds: readonly Fold[], watermarks: Watermarks): Promise<number[]> {
    const summary = this.#existing()
    const writes: Write[] = []
    const checksums: number[] = []
    let { records, checksum } = summary
    for (const { key, sequence, body, replaces } of folds) {
      const value = encodeSnapshotValue(key, sequence, body, this.#arena)
      checksums.push(checksumOf(value))
      if (replaces === undefined) records++
      checksum = (checksum + checksumOf(value) - (replaces ?? 0)) >>> 0
      writes.push({ kind: 'put', key, value })
    }
    await this.#commit(writes, {
      ...summary,
      ...watermarks,
      revision: summary.revision + 1,
      records,
      checksum,
    })
    this.#arena.reset()
    return checksums
  }

  /**
   * Removes records from the snapshot in one transaction, and puts a block of their removals there. Returns the checksum of the block. Rejects
   * like `fold`.
   */
  async erase(erasures: readonly Erasure[], block: NewBlock | undefined, marks: Marks): Promise<number> {
    const summary = this.#existing()
    const writes: Write[] = erasures.map(({ key }) => ({ kind: 'remove', key }))
    let { records, checksum } = summary
    records -= erasures.length
    for (const erasure of erasures) checksum = (checksum - erasure.checksum) >>> 0
    let own = 0
    if (block !== undefined) {
      const value = encodeText(block.key, block.text)
      own = checksumOf(value)
      records++
      checksum = (checksum + own) >>> 0
      writes.push({ kind: 'put', key: block.key, value })
    }
    await this.#commit(writes, { ...summary, ...marks, revision: summary.revision + 1, records, checksum })
    return own
  }

  /** Notes that the journal is folded up to `folded`. Rejects like `fold`. */
  async complete(folded: number, marks: Marks): Promise<void> {
    const summary = this.#existing()
    await this.#commit([], { ...summary, ...marks, revision: summary.revision + 1, folded })
  }

  /** Throws StoreError 'damaged' when these totals differ from the summary. */
  verify(records: number, checksum: number): void {
    const summary = this.#existing()
    if (records !== summary.records) {
      throw damaged(`the snapshot in ${this.#path} holds ${records} records instead of ${summary.records}`)
    }
    if (checksum !== summary.checksum) {
      throw damaged(`the records of the snapshot in ${this.#path} do not have the checksum in its summary`)
    }
  }

  /** Flushes the files, including writes of an earlier process. */
  sync(): void {
    this.#environment.sync()
  }

  /** Releases the memory that was used for reading. Rejects with StoreError. */
  async unmap(): Promise<void> {
    await this.#environment.unmap()
    this.#mapped = 0
  }

  /** Releases the memory that writing has used for reading, if it is much. Rejects with StoreError. */
  async unmapIfLarge(): Promise<void> {
    if (this.#mapped >= MAX_MAPPED_RECORDS) await this.unmap()
  }

  /**
   * Lets every later transaction wait for this, because its records may be newer than what the folder's journal has.
   * @param journaled resolves when the journal has everything that is in the state by now; rejects with StorageFullError
   */
  commitAfter(journaled: () => Promise<void>): void {
    this.#journaled = journaled
  }

  async close(): Promise<void> {
    await this.#environment.close()
  }

  async #commit(writes: Write[], changed: Summary): Promise<void> {
    const summary = { ...changed, identity: this.#identity }
    const value = encodeText(SUMMARY_KEY, summaryText(summary))
    if (this.#journaled !== undefined) await this.#journaled()
    try {
      this.#mapped += writes.length
      await this.#environment.commit([...writes, { kind: 'put', key: SUMMARY_KEY, value }])
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      // The revision shows whether the transaction is on disk.
      const revision = this.#readSummary()?.revision
      if (revision === this.#summary?.revision) throw error
      if (revision !== summary.revision) {
        throw new StorageFailedError('io', `${SUMMARY} is a different one after a full disk`)
      }
    }
    this.#summary = summary
  }

  #readSummary(): Summary | undefined {
    const value = this.#environment.get(SUMMARY_KEY)
    return value === undefined ? undefined : parseSummary(decodeText(SUMMARY_KEY, value, SUMMARY))
  }

  #existing(): Summary {
    if (this.#summary === undefined) throw new Error('the snapshot has not been created')
    return this.#summary
  }
}

function summaryText(summary: Summary): string {
  return JSON.stringify({ ...summary, latestTime: summary.latestTime?.toString() })
}

function parseSummary(text: string): Summary {
  // The checksum has been verified, and only summaryText writes such text.
  const summary = JSON.parse(text) as Omit<Summary, 'latestTime' | 'removalsAfter'> & {
    latestTime?: string
    removalsAfter?: number
  }
  // Up to format 4 only the journal has removals.
  const { latestTime, removalsAfter = summary.folded } = summary
  return {
    ...summary,
    identity: summary.identity,
    latestId: summary.latestId,
    removalsAfter,
    latestTime: latestTime === undefined ? undefined : BigInt(latestTime),
  }
}

function damaged(what: string): StoreError {
  return new StoreError('damaged', `${what}. Restore the data folder from a backup.`)
}
