// The snapshot: every record as of some moment, by key, each with the number of the journal entry it came from. A page
// about the whole says up to where the journal is folded in, how many records there are and the sum of their
// checksums, so that a missing record is noticed on load.

import type { Body } from '../../state/layout.ts'
import { Arena } from '../../state/slabs.ts'
import type { Instant } from '../../wire/instant.ts'
import { checksumOf, decodeText, encodeSnapshotValue, encodeText } from '../codec.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import type { Identity } from '../folder/identity.ts'
import { type Access, type Entry, Environment, type Write } from '../lmdb/environment.ts'

/** Its own key sorts behind those of all records. */
const SUMMARY_KEY = 'summary'
const SUMMARY = 'the summary of the snapshot'

/** What the snapshot knows about itself. */
export interface Summary {
  /** Grows with every commit, so that two states never have the same summary. */
  readonly revision: number
  /** Which store this is; undefined in a snapshot of format 1. */
  readonly identity: Identity | undefined
  /** Journal entries up to this number are contained in the snapshot. */
  readonly folded: number
  readonly records: number
  /** The sum of the checksums of all records, modulo 2^32. */
  readonly checksum: number
  /** The greatest server time ever written, and the greatest id (contract 3.2, 3.4). */
  readonly latestTime: Instant | undefined
  readonly latestId: string | undefined
}

/** The watermarks of contract 3.2 and 3.4. */
export type Watermarks = Pick<Summary, 'latestTime' | 'latestId'>

/** The later of two instants or the greater of two ids, either of which may be missing. */
export function later<T extends bigint | string>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || (b !== undefined && b > a)) return b
  return a
}

/** A record to be put into the snapshot. */
export interface Fold {
  readonly key: string
  readonly sequence: number
  readonly body: Body
  /** The checksum of the record's present version in the snapshot; undefined when there is none. */
  readonly replaces: number | undefined
}

export class Snapshot {
  readonly #path: string
  readonly #environment: Environment
  readonly #arena = new Arena()
  #summary: Summary | undefined
  /** Written with the next commit. */
  #identity: Identity | undefined

  /** Opens the snapshot in the folder `path`, which it creates. Throws StoreError. */
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

  /** Makes an empty snapshot, in an environment that is new. */
  async create(identity: Identity): Promise<void> {
    this.#identity = identity
    const empty = { folded: 0, records: 0, checksum: 0, latestTime: undefined, latestId: undefined }
    await this.#commit([], { revision: 1, identity, ...empty })
  }

  /** Notes which store this is, now or, when there is no room, with the next commit. */
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

  /** `limit` records or fewer in key order after the key `after`, or from the first; none only at the end. */
  read(after: string | undefined, limit: number): Entry[] {
    return this.#environment.read(after, limit).filter(({ key }) => key !== SUMMARY_KEY)
  }

  /** Shows records as `read` would return them, and returns how many. Values are lent: see Environment. */
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
   * Puts records in, in one transaction, and returns their checksums in the same order. Rejects with
   * StorageFullError when there was no room; then nothing has changed.
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

  /** Says that the journal is folded in up to `folded`. As `fold`, it rejects with StorageFullError or fails. */
  async complete(folded: number, watermarks: Watermarks): Promise<void> {
    const summary = this.#existing()
    await this.#commit([], { ...summary, ...watermarks, revision: summary.revision + 1, folded })
  }

  /** Throws StoreError 'damaged' when these are not all the records of the snapshot. */
  verify(records: number, checksum: number): void {
    const summary = this.#existing()
    if (records !== summary.records) {
      throw damaged(`the snapshot in ${this.#path} holds ${records} records instead of ${summary.records}`)
    }
    if (checksum !== summary.checksum) {
      throw damaged(`the records of the snapshot in ${this.#path} do not have the checksum noted for them`)
    }
  }

  /** Flushes what was read, which an earlier process may have written and not flushed. */
  sync(): void {
    this.#environment.sync()
  }

  /** Gives back the memory that reading took. Throws StoreError. */
  unmap(): Promise<void> {
    return this.#environment.unmap()
  }

  async close(): Promise<void> {
    await this.#environment.close()
  }

  async #commit(writes: Write[], changed: Summary): Promise<void> {
    const summary = { ...changed, identity: this.#identity }
    const value = encodeText(SUMMARY_KEY, summaryText(summary))
    try {
      await this.#environment.commit([...writes, { kind: 'put', key: SUMMARY_KEY, value }])
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      // The transaction is on disk or it is not; the revision tells.
      const revision = this.#readSummary()?.revision
      if (revision === this.#summary?.revision) throw error
      if (revision !== summary.revision) {
        throw new StorageFailedError('io', `after a full disk ${SUMMARY} is another one`)
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
  // Its checksum held, and only summaryText makes it.
  const summary = JSON.parse(text) as Omit<Summary, 'latestTime'> & { latestTime?: string }
  const { latestTime } = summary
  return {
    ...summary,
    identity: summary.identity,
    latestId: summary.latestId,
    latestTime: latestTime === undefined ? undefined : BigInt(latestTime),
  }
}

function damaged(what: string): StoreError {
  return new StoreError('damaged', `${what}. Restore the data folder from a backup.`)
}
