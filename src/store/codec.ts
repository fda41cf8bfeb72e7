// Encodes records for the disk, and decodes them. Every value begins with a CRC-32C over its key and all that follows, which every
// read checks, and the format version. Both keep their place in every later format. Integers are little-endian.
//
//   journal value    checksum u32, format u8, greatest server time i64, count u32,
//                    then for each record: key length u16, body length u32, key, body; a removal has no body
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             as in memory (see ../state/layout.ts)

import { parseKey } from '../state/document.ts'
import { BODY_HEADER, type Body, beginningOf, NO_TIME } from '../state/layout.ts'
import type { JournalRecord, RemovalPut, StoredRecord } from '../state/put.ts'
import { readResource, readStatus } from '../state/reader.ts'
import type { Instant } from '../wire/instant.ts'
import type { Arena } from './arena.ts'
import { crc32c } from './checksum/crc32c.ts'
import { StoreError } from './errors.ts'

/**
 * The version of everything in the data folder. A program reads the formats from `OLDEST_FORMAT` to its own, and writes its own.
 * Format 2 notes in both environments which store they belong to. Format 3 has removals, and the count of a change is a u32, a u16
 * before. Records are the same in all of them.
 */
export const FORMAT = 3
const OLDEST_FORMAT = 1
const FORMAT_OF_WIDE_COUNT = 3

const CHECKED_FROM = 4 // the checksum covers all bytes from here on
const VALUE_HEADER = 5
const COUNT_AT = VALUE_HEADER + 8
const NARROW_JOURNAL_HEADER = COUNT_AT + 2
const JOURNAL_HEADER = COUNT_AT + 4
const RECORD_HEADER = 2 + 4
const SNAPSHOT_HEADER = VALUE_HEADER + 8

/** A change as read from the journal. */
export interface JournalEntry {
  readonly sequence: number
  readonly latestTime: Instant | undefined
  readonly records: readonly JournalRecord[]
}

/** A record of an entry that is being written: its key and the length of its body. */
export interface EntryRecord {
  readonly key: string
  readonly length: number
}

/** Writes the value of one change in the journal, record by record. Bodies are encoded directly into it. */
export class EntryWriter {
  readonly #value: Buffer
  readonly #records: readonly EntryRecord[]
  #written = 0
  #position = JOURNAL_HEADER

  /** Allocates the memory for these records, which must be written in this order. */
  constructor(records: readonly EntryRecord[], arena: Arena) {
    const size = records.reduce(
      (sum, { key, length }) => sum + RECORD_HEADER + Buffer.byteLength(key) + length,
      JOURNAL_HEADER,
    )
    this.#value = arena.allocate(size)
    this.#records = records
  }

  /** Writes the key of the next record. Returns the place of its body. */
  next(): Body {
    const record = this.#records[this.#written++]
    if (record === undefined) throw new Error('the entry has no further record')
    const { key, length } = record
    const bytes = this.#value
    const keyLength = bytes.write(key, this.#position + RECORD_HEADER, 'utf8')
    bytes.writeUInt16LE(keyLength, this.#position)
    bytes.writeUInt32LE(length, this.#position + 2)
    const offset = this.#position + RECORD_HEADER + keyLength
    this.#position = offset + length
    return { bytes, offset, length }
  }

  /** Completes the entry. Its value must not change afterwards. */
  seal(sequence: number, latestTime: Instant | undefined): Buffer {
    this.#value.writeBigInt64LE(latestTime ?? NO_TIME, VALUE_HEADER)
    this.#value.writeUInt32LE(this.#records.length, COUNT_AT)
    return seal(this.#value, crc32c().ofDouble(sequence))
  }
}

/** Encodes a change whose bodies are already encoded. */
export function encodeJournalEntry(
  sequence: number,
  latestTime: Instant | undefined,
  records: readonly { readonly key: string; readonly body: Body }[],
  arena: Arena,
): Buffer {
  const lengths = records.map(({ key, body }) => ({ key, length: body.length }))
  const writer = new EntryWriter(lengths, arena)
  for (const { body } of records) {
    const { bytes, offset } = writer.next()
    copyBody(body, bytes, offset)
  }
  return writer.seal(sequence, latestTime)
}

/** Decodes a change of the journal. Its records share the memory of `value`. Throws StoreError 'damaged' or 'newer-format'. */
export function decodeJournalEntry(sequence: number, value: Buffer): JournalEntry {
  const where = `entry ${sequence} of the journal`
  check(value, crc32c().ofDouble(sequence), NARROW_JOURNAL_HEADER, where)
  const time = value.readBigInt64LE(VALUE_HEADER)
  const isWide = value.readUInt8(CHECKED_FROM) >= FORMAT_OF_WIDE_COUNT
  const records: JournalRecord[] = []
  let position = isWide ? JOURNAL_HEADER : NARROW_JOURNAL_HEADER
  let left = isWide ? value.readUInt32LE(COUNT_AT) : value.readUInt16LE(COUNT_AT)
  for (; left > 0; left--) {
    const offset = position + RECORD_HEADER + value.readUInt16LE(position)
    const length = value.readUInt32LE(position + 2)
    const key = value.toString('utf8', position + RECORD_HEADER, offset)
    const body = { bytes: value, offset, length }
    records.push(
      length === 0 ? decodeRemoval(key, sequence, body, where) : decodeRecord(key, sequence, body, where),
    )
    position = offset + length
  }
  return { sequence, latestTime: time === NO_TIME ? undefined : time, records }
}

/** Encodes a record of the snapshot; `sequence` is the number of the journal entry that brought it. */
export function encodeSnapshotValue(key: string, sequence: number, body: Body, arena: Arena): Buffer {
  const value = arena.allocate(SNAPSHOT_HEADER + body.length)
  value.writeDoubleLE(sequence, VALUE_HEADER)
  copyBody(body, value, SNAPSHOT_HEADER)
  return seal(value, crc32c().ofText(key))
}

/** Decodes a record of the snapshot. It shares the memory of `value`. Throws StoreError 'damaged' or 'newer-format'. */
export function decodeSnapshotValue(key: string, value: Buffer): StoredRecord {
  const where = `record ${key} of the snapshot`
  check(value, crc32c().ofText(key), SNAPSHOT_HEADER + BODY_HEADER, where)
  const body = { bytes: value, offset: SNAPSHOT_HEADER, length: value.length - SNAPSHOT_HEADER }
  return decodeRecord(key, value.readDoubleLE(VALUE_HEADER), body, where)
}

/** Encodes JSON text, with the same checksum and format version as records. */
export function encodeText(key: string, text: string): Buffer {
  const value = Buffer.allocUnsafeSlow(VALUE_HEADER + Buffer.byteLength(text))
  value.write(text, VALUE_HEADER, 'utf8')
  return seal(value, crc32c().ofText(key))
}

/** Decodes the value of `encodeText`; `where` names it in the message of a StoreError. */
export function decodeText(key: string, value: Buffer, where: string): string {
  check(value, crc32c().ofText(key), VALUE_HEADER, where)
  return value.toString('utf8', VALUE_HEADER)
}

/** The checksum of a value that this file encoded or decoded. */
export function checksumOf(value: Buffer): number {
  return value.readUInt32LE(0)
}

function decodeRecord(key: string, sequence: number, body: Body, where: string): StoredRecord {
  const parts = parseKey(key)
  if (parts === undefined) throw damaged(where, `it has the key ${JSON.stringify(key)}`)
  const { resourceKind, id } = parts
  if (parts.kind === 'status') {
    const record = readStatus(resourceKind, id, parts.adapter, body)
    return { key, put: { kind: 'status', record }, sequence, body }
  }
  const start = body.offset + BODY_HEADER
  const beginning = beginningOf(resourceKind, id)
  const end = start + beginning.length
  if (body.bytes.toString('latin1', start, end) !== beginning)
    throw damaged(where, 'its key is that of another record')
  // A substring of the key would keep the whole key in memory for the life of the resource.
  const ownId = body.bytes.toString('latin1', end - 1 - id.length, end - 1)
  const record = readResource(resourceKind, ownId, body)
  return { key, put: { kind: 'resource', record }, sequence, body }
}

function decodeRemoval(key: string, sequence: number, body: Body, where: string): StoredRecord<RemovalPut> {
  const parts = parseKey(key)
  if (parts?.kind !== 'resource') throw damaged(where, `it removes ${JSON.stringify(key)}`)
  const resource = { kind: parts.resourceKind, id: parts.id }
  return { key, put: { kind: 'removal', resource, time: undefined }, sequence, body }
}

function copyBody({ bytes, offset, length }: Body, target: Buffer, at: number): void {
  bytes.copy(target, at, offset, offset + length)
}

/** @param key the checksum of the key */
function seal(value: Buffer, key: number): Buffer {
  value.writeUInt8(FORMAT, CHECKED_FROM)
  value.writeUInt32LE(crc32c().ofBytes(value, key, CHECKED_FROM), 0)
  return value
}

/** @param key the checksum of the key */
function check(value: Buffer, key: number, minimumLength: number, where: string): void {
  if (value.length < VALUE_HEADER) throw damaged(where, 'it is cut short')
  if (crc32c().ofBytes(value, key, CHECKED_FROM) !== checksumOf(value)) {
    throw damaged(where, 'its checksum is wrong')
  }
  checkFormat(value.readUInt8(CHECKED_FROM), where)
  if (value.length < minimumLength) throw damaged(where, 'it is cut short')
}

function checkFormat(format: number, where: string): void {
  if (format > FORMAT) {
    throw new StoreError(
      'newer-format',
      `${where} was written by a newer version of this program: it has format ${format}, and this version reads ` +
        `up to ${FORMAT}. Start the newer version.`,
    )
  }
  if (format < OLDEST_FORMAT) {
    throw new StoreError(
      'older-format',
      `${where} has format ${format}, and this version reads formats ${OLDEST_FORMAT} to ${FORMAT}. Start an older ` +
        'version that reads both.',
    )
  }
}

function damaged(where: string, why: string): StoreError {
  return new StoreError('damaged', `${where} is damaged: ${why}. Restore the data folder from a backup.`)
}
