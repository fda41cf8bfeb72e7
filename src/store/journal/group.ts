// A group of changes, as one value of the journal. A group commit writes one. Its changes have numbers of their own, without gaps, and the
// number of the last one is the key. The value is stored in pieces (see pieces.ts). Integers are little-endian.
//
//   value      checksum u32, format u8, greatest server time i64, count of changes u32, then the changes (see ../codec.ts)
//   change     count of records u32, then the records
//   record     key length u16, body length u32, key, body; a removal has no body
//
// Before format 4 a value has one change: its count of changes is left out. In formats 1 and 2 the count of records is a u16. A journal may
// have such values, and then groups.

import { writeCompact } from '../../state/compact-conditions.ts'
import {
  type KeyedBody,
  keyOf,
  keyOfConditions,
  keyOfResource,
  writeHead,
  writeStatus,
} from '../../state/document.ts'
import { DocumentWriter } from '../../state/document-writer.ts'
import { type Body, NO_BODY, NO_TIME } from '../../state/layout.ts'
import {
  type JournalRecord,
  type PlacedPut,
  type Put,
  type ResourceId,
  type StatusPut,
  unhandled,
} from '../../state/put.ts'
import type { Resource, ResourceCondition } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'
import { crc32c } from '../checksum/crc32c.ts'
import {
  CHECKED_FROM,
  checkValue,
  damaged,
  decodeJournalRecord,
  FORMAT,
  formatOf,
  VALUE_HEADER,
} from '../codec.ts'
import { StoreError } from '../errors.ts'

const FORMAT_OF_WIDE_COUNT = 3
const FORMAT_OF_GROUPS = 4

const COUNT_AT = VALUE_HEADER + 8
const GROUP_HEADER = COUNT_AT + 4
const WIDE_COUNT = 4
const NARROW_COUNT = 2
const RECORD_HEADER = 2 + 4

/** Room for a change of thousands of records. Memory that is not written to takes nothing but addresses. A larger change is copied. */
const LARGE_CHANGE_BYTES = 32 * 1024 * 1024

/** Bytes that are summed up at a time: long pieces take less time, and the last one, at the commit, must be short. */
const SUMMED_BYTES = 32 * 1024

/** A group of changes in its encoded form, with the numbers of the first and the last. */
export interface EncodedGroup {
  readonly first: number
  readonly last: number
  readonly value: Buffer
}

/** A change as read from the journal. */
export interface JournalEntry {
  readonly sequence: number
  /** The number of the last change of its group. */
  readonly groupEnd: number
  /** The greatest server time written up to the end of its group. */
  readonly latestTime: Instant | undefined
  readonly records: readonly JournalRecord[]
  /** For each of the records the one that has it in the value of the group: a head and its conditions may be one. */
  readonly encoded: readonly KeyedBody[]
}

/**
 * Writes a group into memory that grows, and from which the group is written to disk. When the memory grows, its bytes are copied to a
 * larger one; a body keeps the memory in which it was written.
 */
export class GroupWriter {
  readonly #out = new DocumentWriter()
  #changes = 0
  /** The place for the count of records of the present change, and that count. */
  #countAt = 0
  #records = 0
  /** The end of the bytes that are summed up last, because they are complete last. */
  #headEnd = GROUP_HEADER
  /** The end of the bytes behind them whose checksum is known, and that checksum. */
  #summedTo = GROUP_HEADER
  #sum = 0

  constructor() {
    this.begin()
  }

  /** The length of the value. */
  get bytes(): number {
    return this.#out.end
  }

  /** Begins a group, in the same memory unless it has grown large. The bodies of the group before lose their bytes. */
  begin(): void {
    this.#out.reset()
    this.#out.skip(GROUP_HEADER)
    this.#changes = 0
    this.#headEnd = GROUP_HEADER
    this.#summedTo = GROUP_HEADER
    this.#sum = 0
  }

  /** Begins a change. Its records follow. */
  beginChange(): void {
    this.#countAt = this.#out.skip(WIDE_COUNT)
    this.#records = 0
  }

  /** Begins a change that is the only one of its group. It is summed up while it is written, because it may have thousands of records. */
  beginLargeChange(): void {
    this.#out.makeRoom(LARGE_CHANGE_BYTES)
    this.beginChange()
    // The count of records is not known yet.
    this.#headEnd = this.#out.end
    this.#summedTo = this.#headEnd
  }

  /**
   * Adds the records of a put to the change. A resource has two, its head and its conditions.
   *
   * @param number the number of a resource or a status in the order of creation
   */
  add(put: Put, number: number): PlacedPut {
    switch (put.kind) {
      case 'resource': {
        const body = this.#addHead(put.record, number)
        return { put, body, conditions: this.#addConditions(put.record, put.record.conditions) }
      }
      case 'conditions':
        return { put, body: NO_BODY, conditions: this.#addConditions(put.resource, put.conditions) }
      case 'status':
        return { put, body: this.#addStatus(put, number), conditions: NO_BODY }
      case 'removal':
        this.addEncoded(keyOfResource(put.resource), NO_BODY)
        return { put, body: NO_BODY, conditions: NO_BODY }
      default:
        return unhandled(put)
    }
  }

  /** Adds a record whose body is already encoded. */
  addEncoded(key: string, { bytes, offset, length }: Body): void {
    const header = this.#beginRecord(key)
    const start = this.#out.end
    this.#out.copy(bytes, offset, offset + length)
    this.#endRecord(header, start)
  }

  /** Completes a change. It must not change afterwards. */
  endChange(): void {
    this.#out.bytes.writeUInt32LE(this.#records, this.#countAt)
    this.#changes++
    if (this.#out.end - this.#summedTo >= SUMMED_BYTES) this.#sumUp()
  }

  /** Completes the group. `last` is the number of its last change. */
  seal(last: number, latestTime: Instant | undefined): EncodedGroup {
    const { bytes, end } = this.#out
    this.#sumUp()
    bytes.writeUInt8(FORMAT, CHECKED_FROM)
    bytes.writeBigInt64LE(latestTime ?? NO_TIME, VALUE_HEADER)
    bytes.writeUInt32LE(this.#changes, COUNT_AT)
    const sums = crc32c()
    const head = sums.ofBytes(bytes, sums.ofDouble(last), CHECKED_FROM, this.#headEnd)
    bytes.writeUInt32LE(sums.combine(head, this.#sum, end - this.#headEnd), 0)
    return { first: last - this.#changes + 1, last, value: bytes.subarray(0, end) }
  }

  #addHead(resource: Resource, number: number): Body {
    const header = this.#beginRecord(keyOfResource(resource))
    const offset = this.#out.end
    writeHead(this.#out, resource, number)
    return this.#endRecord(header, offset)
  }

  #addConditions(resource: ResourceId, conditions: readonly ResourceCondition[]): Body {
    const header = this.#beginRecord(keyOfConditions(resource))
    const offset = this.#out.end
    writeCompact(this.#out, conditions)
    return this.#endRecord(header, offset)
  }

  #addStatus(put: StatusPut, number: number): Body {
    const header = this.#beginRecord(keyOf(put))
    const offset = this.#out.end
    writeStatus(this.#out, put.record, number)
    return this.#endRecord(header, offset)
  }

  /** Returns the offset of the header. */
  #beginRecord(key: string): number {
    const out = this.#out
    const header = out.skip(RECORD_HEADER)
    out.write(key)
    out.bytes.writeUInt16LE(out.end - header - RECORD_HEADER, header)
    return header
  }

  #endRecord(header: number, offset: number): Body {
    const { bytes, end } = this.#out
    // The length of the body has its place before the key, but is known after the body.
    bytes.writeUInt32LE(end - offset, header + 2)
    this.#records++
    if (this.#headEnd > GROUP_HEADER && end - this.#summedTo >= SUMMED_BYTES) this.#sumUp()
    return { bytes, offset, length: end - offset }
  }

  #sumUp(): void {
    const { bytes, end } = this.#out
    this.#sum = crc32c().ofBytes(bytes, this.#sum, this.#summedTo, end)
    this.#summedTo = end
  }
}

/** Encodes a group, in memory of its own. `last` is the number of its last change. */
export function encodeGroup(
  last: number,
  latestTime: Instant | undefined,
  changes: readonly (readonly KeyedBody[])[],
): EncodedGroup {
  const writer = new GroupWriter()
  for (const records of changes) {
    writer.beginChange()
    for (const { key, body } of records) writer.addEncoded(key, body)
    writer.endChange()
  }
  return writer.seal(last, latestTime)
}

/**
 * The group that a value holds under its key, by its header alone. A value that is damaged may seem to hold other changes, so it must be
 * read before its numbers are relied on.
 */
export function groupOf(last: number, value: Buffer): EncodedGroup {
  return { first: Math.max(1, last - countOf(value) + 1), last, value }
}

function countOf(value: Buffer): number {
  if (value.length < GROUP_HEADER || formatOf(value) < FORMAT_OF_GROUPS) return 1
  return value.readUInt32LE(COUNT_AT)
}

/** The number of records of a group that has one change, by its header alone; 0 for another group. */
export function recordsOfOnlyChange({ first, last, value }: EncodedGroup): number {
  if (first !== last || value.length < GROUP_HEADER + WIDE_COUNT || formatOf(value) < FORMAT_OF_GROUPS)
    return 0
  return value.readUInt32LE(GROUP_HEADER)
}

/** True if the value of a group is as it was written, in a format that this program reads. */
export function isReadable(group: EncodedGroup): boolean {
  try {
    checkGroup(group)
    return true
  } catch (error) {
    if (error instanceof StoreError) return false
    throw error
  }
}

/** Decodes all changes of a group. Throws StoreError like GroupReader. */
export function decodeGroup(group: EncodedGroup): JournalEntry[] {
  const reader = new GroupReader(group)
  const entries: JournalEntry[] = []
  for (let entry = reader.next(); entry !== undefined; entry = reader.next()) entries.push(entry)
  return entries
}

/** Reads the changes of a group, one after the other. Their records share the memory of its value. */
export class GroupReader {
  readonly #group: EncodedGroup
  readonly #format: number
  readonly #countBytes: number
  readonly #latestTime: Instant | undefined
  #position: number
  /** The number of the next change. */
  #sequence: number

  /** Throws StoreError 'damaged', 'newer-format' or 'older-format' for a group that cannot be read. */
  constructor(group: EncodedGroup) {
    checkGroup(group)
    const { value, last } = group
    const format = formatOf(value)
    const count = countOf(value)
    if (count < 1 || count > last) throw damaged(whereOf(group), `it has ${count} changes`)
    const time = value.readBigInt64LE(VALUE_HEADER)
    this.#group = group
    this.#format = format
    this.#latestTime = time === NO_TIME ? undefined : time
    this.#countBytes = format < FORMAT_OF_WIDE_COUNT ? NARROW_COUNT : WIDE_COUNT
    this.#position = format < FORMAT_OF_GROUPS ? COUNT_AT : GROUP_HEADER
    this.#sequence = last - count + 1
  }

  /** The number of the last change that was read or passed, or the one before the first. */
  get passed(): number {
    return this.#sequence - 1
  }

  get isAtEnd(): boolean {
    return this.#sequence > this.#group.last
  }

  /** Bytes that are left to read. */
  get bytesLeft(): number {
    return this.#group.value.length - this.#position
  }

  /** Passes the changes up to this one, without decoding them. */
  skip(through: number): void {
    while (this.#sequence <= Math.min(through, this.#group.last)) this.#pass()
  }

  /**
   * The next change. Undefined at the end. Throws StoreError 'damaged' for a change with a wrong record; the changes after it can be
   * read nevertheless, unless the bytes end.
   */
  next(): JournalEntry | undefined {
    const sequence = this.#sequence
    if (this.isAtEnd) return undefined
    const records: JournalRecord[] = []
    const encoded: KeyedBody[] = []
    const where = entryName(sequence)
    let fault: unknown
    this.#pass((key, body) => {
      try {
        for (const record of decodeJournalRecord({ key, sequence, body, format: this.#format, where })) {
          records.push(record)
          encoded.push({ key, body })
        }
      } catch (error) {
        fault ??= error
      }
    })
    if (fault !== undefined) throw fault
    return { sequence, groupEnd: this.#group.last, latestTime: this.#latestTime, records, encoded }
  }

  /** As `next`. A yield ends a turn of the event loop, after some records. */
  *nextInSteps(recordsPerStep: number): Generator<undefined, JournalEntry | undefined> {
    const sequence = this.#sequence
    if (this.isAtEnd) return undefined
    const records: JournalRecord[] = []
    const encoded: KeyedBody[] = []
    const where = entryName(sequence)
    for (let left = this.#count(); left > 0; left--) {
      this.#passRecord((key, body) => {
        for (const record of decodeJournalRecord({ key, sequence, body, format: this.#format, where })) {
          records.push(record)
          encoded.push({ key, body })
        }
      })
      if (left % recordsPerStep === 0) yield
    }
    this.#endChange()
    return { sequence, groupEnd: this.#group.last, latestTime: this.#latestTime, records, encoded }
  }

  /** Passes a change, and visits its records if they are wanted. */
  #pass(visit?: (key: string, body: Body) => void): void {
    for (let left = this.#count(); left > 0; left--) this.#passRecord(visit)
    this.#endChange()
  }

  #passRecord(visit?: (key: string, body: Body) => void): void {
    const { value } = this.#group
    const header = this.#take(RECORD_HEADER)
    const keyAt = this.#take(value.readUInt16LE(header))
    const length = value.readUInt32LE(header + 2)
    const offset = this.#take(length)
    visit?.(value.toString('utf8', keyAt, offset), { bytes: value, offset, length })
  }

  #endChange(): void {
    this.#sequence++
    if (this.isAtEnd && this.bytesLeft > 0) throw this.#cut('it is too long')
  }

  #count(): number {
    const at = this.#take(this.#countBytes)
    const { value } = this.#group
    return this.#countBytes === NARROW_COUNT ? value.readUInt16LE(at) : value.readUInt32LE(at)
  }

  /** Takes bytes, and returns their offset. */
  #take(length: number): number {
    const at = this.#position
    if (length > this.bytesLeft) throw this.#cut('it is cut short')
    this.#position = at + length
    return at
  }

  /** Nothing more can be read. */
  #cut(why: string): StoreError {
    this.#sequence = this.#group.last + 1
    return damaged(whereOf(this.#group), why)
  }
}

function checkGroup(group: EncodedGroup): void {
  const { last, value } = group
  checkValue(value, crc32c().ofDouble(last), COUNT_AT + NARROW_COUNT, whereOf(group))
}

/** The changes of a group, for a message. */
function whereOf({ first, last }: EncodedGroup): string {
  return first >= last
    ? entryName(last)
    : `the group of entries ${Math.max(1, first)} to ${last} of the journal`
}

function entryName(sequence: number): string {
  return `entry ${sequence} of the journal`
}
