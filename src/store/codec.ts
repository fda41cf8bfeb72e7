// Encodes records for the disk, and decodes them. Every value begins with a CRC-32C over its key and all that follows, which every
// read checks, and the format version. Both keep their place in every later format. Integers are little-endian.
//
//   journal value    checksum u32, format u8, greatest server time i64, count u32,
//                    then for each record: key length u16, body length u32, key, body; a removal has no body
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             as in memory (see ../state/layout.ts)

import { DocumentWriter, keyOf, parseKey, writeBody } from '../state/document.ts'
import { BODY_HEADER, type Body, isOfResource, NO_TIME } from '../state/layout.ts'
import type { JournalRecord, Put, RemovalPut, StoredRecord } from '../state/put.ts'
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

/** Writes the values of changes in the journal, one after the other: in memory of its own, from which a value is copied once. */
export class EntryWriter {
  readonly #out = new DocumentWriter()
  /** For each record of the entry the place of its body: offset and length. */
  readonly #places: number[] = []
  /** The place for the length of the body that is being written. */
  #lengthAt = 0

  /** Begins an entry. */
  begin(): void {
    this.#out.reset()
    this.#out.skip(JOURNAL_HEADER)
    this.#places.length = 0
  }

  /** Adds the record of a put, with 0 as its number (see `writeBody`). */
  add(put: Put, current: Body | undefined): void {
    const start = this.#beginRecord(keyOf(put))
    writeBody(this.#out, put, current)
    this.#endRecord(start)
  }

  /** Adds a record whose body is already encoded. */
  addEncoded(key: string, { bytes, offset, length }: Body): void {
    const start = this.#beginRecord(key)
    this.#out.copy(bytes, offset, offset + length)
    this.#endRecord(start)
  }

  /** Copies the entry to where it stays. It must be sealed when its bodies are complete. */
  place(arena: Arena): Buffer {
    const { bytes, end } = this.#out
    const value = arena.allocate(end)
    bytes.copy(value, 0, 0, end)
    return value
  }

  /** The body of a record of this entry, in its value. */
  body(record: number, value: Buffer): Body {
    const offset = this.#places[record * 2]
    const length = this.#places[record * 2 + 1]
    if (offset === undefined || length === undefined) throw new Error('the entry has no further record')
    return { bytes: value, offset, length }
  }

  /** Completes a value of this entry. It must not change afterwards. */
  seal(value: Buffer, sequence: number, latestTime: Instant | undefined): Buffer {
    value.writeBigInt64LE(latestTime ?? NO_TIME, VALUE_HEADER)
    value.writeUInt32LE(this.#places.length / 2, COUNT_AT)
    return seal(value, crc32c().ofDouble(sequence))
  }

  /** Returns the offset of the body. */
  #beginRecord(key: string): number {
    const out = this.#out
    const header = out.skip(RECORD_HEADER)
    out.write(key)
    out.bytes.writeUInt16LE(out.end - header - RECORD_HEADER, header)
    // The length of the body has its place before the key, but is known after the body.
    this.#lengthAt = header + 2
    return out.end
  }

  #endRecord(start: number): void {
    const length = this.#out.end - start
    this.#out.bytes.writeUInt32LE(length, this.#lengthAt)
    this.#places.push(start, length)
  }
}

/** Encodes a change whose bodies are already encoded. */
export function encodeJournalEntry(
  sequence: number,
  latestTime: Instant | undefined,
  records: readonly { readonly key: string; readonly body: Body }[],
  arena: Arena,
): Buffer {
  const writer = new EntryWriter()
  writer.begin()
  for (const { key, body } of records) writer.addEncoded(key, body)
  return writer.seal(writer.place(arena), sequence, latestTime)
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
  if (!isOfResource(body, resourceKind, id)) throw damaged(where, 'its key is that of another record')
  const record = readResource(resourceKind, id, body)
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
