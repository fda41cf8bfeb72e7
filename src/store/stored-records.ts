// Reads the records of a data folder: the snapshot, then the journal entries that follow it. A start, an audit and a backup all read
// through this file, one chunk in each turn of the event loop.

import type { Folded } from '../state/loading.ts'
import { type JournalRecord, type StoredRecord, unhandled } from '../state/put.ts'
import type { Removed } from '../state/removals.ts'
import { checksumOf, decodeSnapshotValue } from './codec.ts'
import { StoreError } from './errors.ts'
import { type EncodedGroup, GroupReader, type JournalEntry } from './journal/group.ts'
import type { Journal } from './journal/journal.ts'
import { decodeBlock, isKeyOfBlock } from './snapshot/removal-blocks.ts'
import { later, laterId, type Snapshot, type Summary, type Watermarks } from './snapshot/snapshot.ts'

/**
 * Records of the snapshot, or entries of the journal, read in one turn of the event loop. A small number, so that health checks are answered
 * during a long load.
 */
const READ_CHUNK = 500
/** Most bytes of the journal decoded in one turn, unless a single entry is larger. */
const READ_BYTES = 1 << 20

export interface StoredParts {
  readonly snapshot: Snapshot
  readonly journal: Journal
  readonly summary: Summary
}

/** Receives each damage or loss. If it throws, reading ends; otherwise the rest is read. */
export type OnFault = (fault: unknown) => void

/** Receives a block of removals of the snapshot. */
export type OnBlock = (key: string, checksum: number, removed: readonly Removed[]) => void

export class StoredRecords {
  readonly #parts: StoredParts
  readonly #onFault: OnFault
  readonly #onBlock: OnBlock
  /** Progress in the snapshot: the last key, and totals of the values read. */
  #after: string | undefined
  #records = 0
  #checksum = 0
  #newest = 0
  /** Progress in the journal: the last entry, the group that is being read, the groups after it, and totals. */
  #sequence: number
  #group: GroupReader | undefined
  #groups: EncodedGroup[] = []
  #tailBytes = 0
  #watermarks: Watermarks

  constructor(parts: StoredParts, onFault: OnFault, onBlock: OnBlock = () => {}) {
    const { journal, summary } = parts
    const { folded, latestTime, latestId } = summary
    this.#parts = parts
    this.#onFault = onFault
    this.#onBlock = onBlock
    this.#sequence = Math.max(folded, journal.first - 1)
    this.#watermarks = { latestTime, latestId }
  }

  /** Checks that the two parts have every change: the journal must begin at the end of the snapshot, or before. */
  checkSeam(): void {
    const { journal, summary } = this.#parts
    const { folded } = summary
    if (journal.last < folded) this.#onFault(olderJournal(folded, journal))
    if (journal.first > folded + 1) this.#onFault(gapBefore(journal.first, folded))
  }

  /** The number of snapshot values read. */
  get recordsRead(): number {
    return this.#records
  }

  /** The number of tail entries read. */
  get entriesRead(): number {
    return this.#sequence - this.#parts.summary.folded
  }

  /** Bytes of the tail entries read, and of the rest of their groups. */
  get tailBytes(): number {
    return this.#tailBytes
  }

  /** The watermarks of the snapshot and of the tail entries read. */
  get watermarks(): Watermarks {
    return this.#watermarks
  }

  /**
   * Visits the next chunk of the snapshot in key order. Returns false at the end, when the totals have been checked.
   *
   * @param values 'lent' saves a copy: a record is then valid only during its visit (see Environment)
   */
  visitSnapshot(values: 'lent' | 'kept', visit: (record: StoredRecord, folded: Folded) => void): boolean {
    const { snapshot } = this.#parts
    const before = this.#records
    if (values === 'lent') {
      snapshot.visit(this.#after, READ_CHUNK, (key, value) => this.#readRecord(key, value, visit))
    } else {
      for (const { key, value } of snapshot.read(this.#after, READ_CHUNK))
        this.#readRecord(String(key), value, visit)
    }
    if (this.#records > before) return true
    this.#checkTotals()
    return false
  }

  /** Visits the next chunk of the entries that the snapshot does not contain. Returns false at the end. */
  visitTail(visit: (entry: JournalEntry) => void): boolean {
    const { last } = this.#parts.journal
    if (this.#sequence >= last) return false
    for (let entries = 0, bytes = 0; entries < READ_CHUNK && bytes < READ_BYTES; entries++) {
      const reader = this.#openGroup()
      if (reader === undefined) break
      const before = reader.bytesLeft
      this.#readEntry(reader, visit)
      bytes += before - reader.bytesLeft
    }
    return true
  }

  #readRecord(key: string, value: Buffer, visit: (record: StoredRecord, folded: Folded) => void): void {
    const checksum = value.length < 4 ? 0 : checksumOf(value)
    this.#after = key
    this.#records++
    this.#checksum = (this.#checksum + checksum) >>> 0
    let records: readonly StoredRecord[]
    try {
      if (isKeyOfBlock(key)) {
        this.#onBlock(key, checksum, decodeBlock(key, value))
        return
      }
      records = decodeSnapshotValue(key, value)
    } catch (error) {
      this.#onFault(error)
      return
    }
    for (let i = 0; i < records.length; i++) {
      const record = records[i] as StoredRecord
      this.#newest = Math.max(this.#newest, record.sequence)
      visit(record, i === 0 ? checksum : 'in-head')
    }
  }

  #checkTotals(): void {
    const { snapshot, journal } = this.#parts
    try {
      snapshot.verify(this.#records, this.#checksum)
    } catch (error) {
      this.#onFault(error)
    }
    if (this.#newest > journal.last) this.#onFault(olderJournal(this.#newest, journal))
  }

  /** The reader of the group with the next entry. Undefined if that one cannot be read, or is the end. */
  #openGroup(): GroupReader | undefined {
    if (this.#group?.isAtEnd === false) return this.#group
    const group = this.#nextGroup()
    if (group === undefined) return undefined
    this.#tailBytes += group.value.length
    try {
      this.#group = new GroupReader(group)
      // The first group may begin with entries that the snapshot contains.
      this.#group.skip(this.#sequence)
      return this.#group
    } catch (error) {
      this.#group = undefined
      this.#sequence = group.last
      this.#onFault(error)
      return undefined
    }
  }

  /** The next group of the tail. After a fault the tail is at its end. */
  #nextGroup(): EncodedGroup | undefined {
    const { journal } = this.#parts
    if (this.#sequence >= journal.last) return undefined
    try {
      if (this.#groups.length === 0) this.#groups = journal.read(this.#sequence, READ_CHUNK).reverse()
      const group = this.#groups.pop()
      if (group !== undefined) return group
      throw new StoreError(
        'gap',
        `journal entry ${this.#sequence + 1} is missing. Restore the data folder from a backup.`,
      )
    } catch (error) {
      this.#sequence = journal.last
      this.#onFault(error)
      return undefined
    }
  }

  #readEntry(reader: GroupReader, visit: (entry: JournalEntry) => void): void {
    let entry: JournalEntry | undefined
    try {
      entry = reader.next()
    } catch (error) {
      this.#onFault(error)
    } finally {
      this.#sequence = reader.passed
    }
    if (entry === undefined) return
    const latestTime = later(this.#watermarks.latestTime, entry.latestTime)
    this.#watermarks = { latestTime, latestId: entry.records.reduce(raise, this.#watermarks.latestId) }
    visit(entry)
  }
}

function raise(latestId: string | undefined, { put }: JournalRecord): string | undefined {
  switch (put.kind) {
    case 'head':
      return laterId(latestId, put.record.id)
    case 'conditions':
    case 'status':
    case 'removal':
      return latestId
    default:
      return unhandled(put)
  }
}

function gapBefore(first: number, folded: number): StoreError {
  return new StoreError(
    'gap',
    `the journal begins with entry ${first}, but the snapshot ends with ${folded}: what came between is missing. ` +
      'Restore the data folder from a backup.',
  )
}

function olderJournal(sequence: number, { first, last }: Pick<Journal, 'first' | 'last'>): StoreError {
  const entries = last === 0 ? 'is empty' : `holds entries ${first} to ${last}`
  return new StoreError(
    'gap',
    `the snapshot holds records of journal entry ${sequence}, but the journal ${entries}: the two do not belong ` +
      'together. Restore the data folder from a backup.',
  )
}
