// Records as bytes on disk, and back. Every value begins with a CRC-32C over its key and all that follows, checked on
// every reading, then the format version: both keep their place in every format to come. Integers are little-endian.
//
//   journal value    checksum u32, format u8, greatest server time i64, count u16,
//                    then for each record: key length u16, body length u32, key, body
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             slot u32, time of the last spec change i64, where the client's JSON lies in the document
//                    (two pairs of offset and length, u32 each), document as served
import type { Instant } from '../wire/instant.ts'
import type { Arena } from './arena.ts'
import { crc32c } from './crc32c.ts'
import { type DocumentPieces, readResource, readStatus, resourcePieces, statusPieces } from './document.ts'
import { StoreError } from './errors.ts'
import { keyOf, type Put, parseKey } from './keys.ts'
import { SharedStrings } from './shared-strings.ts'

/**
 * The version of everything in the data folder. A program reads its own and all from `OLDEST_FORMAT` on; what it writes has
 * its own. Format 2 notes in both environments which store they belong to; the records are those of format 1.
 */
export const FORMAT = 2
const OLDEST_FORMAT = 1

const CHECKED_FROM = 4 // the checksum covers what follows it
const VALUE_HEADER = 5
const JOURNAL_HEADER = VALUE_HEADER + 8 + 2
const RECORD_HEADER = 2 + 4
const SNAPSHOT_HEADER = VALUE_HEADER + 8
const BODY_HEADER = 4 + 8 + 4 * 4

/** No time yet: before every instant there is. */
const NO_TIME = -(2n ** 63n)

/** A record as read from disk, with its body as it lay there. */
export interface StoredRecord {
  readonly key: string
  readonly put: Put
  /** A resource's place among those of its kind, a status's among those of its resource, by creation. */
  readonly slot: number
  /** The document as served, a view on the body that `bodyOf` finds again. */
  readonly json: Buffer
}

/** A change as read from the journal: records that became durable together. */
export interface JournalEntry {
  readonly sequence: number
  readonly latestTime: Instant | undefined
  readonly records: readonly StoredRecord[]
}

/**
 * The document of a record as served. It is a view on its body on disk, so that a checkpoint can copy the body
 * without making it again; it owns its memory, so that nothing else is kept alive by it.
 */
export function encodeDocument(put: Put, slot: number): Buffer {
  const pieces = put.kind === 'resource' ? resourcePieces(put.record) : statusPieces(put.record)
  const lengths = pieces.map(piece => Buffer.byteLength(piece))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const body = Buffer.allocUnsafeSlow(BODY_HEADER + total)
  body.writeUInt32LE(slot, 0)
  body.writeBigInt64LE(put.kind === 'resource' ? put.record.specChangedTime : NO_TIME, 4)
  body.fill(0, 12, BODY_HEADER)
  let position = BODY_HEADER
  for (const [i, piece] of pieces.entries()) {
    const length = lengths[i] ?? 0
    if (i % 2 === 1) {
      body.writeUInt32LE(position - BODY_HEADER, 12 + (i >> 1) * 8)
      body.writeUInt32LE(length, 16 + (i >> 1) * 8)
    }
    position += body.write(piece, position, 'utf8')
  }
  return body.subarray(BODY_HEADER)
}

/** The body that a document made by this module is part of. */
export function bodyOf(json: Buffer): Buffer {
  return Buffer.from(json.buffer, json.byteOffset - BODY_HEADER, json.length + BODY_HEADER)
}

/** The value of one change in the journal. */
export function encodeJournalEntry(
  sequence: number,
  latestTime: Instant | undefined,
  records: readonly { readonly key: string; readonly json: Buffer }[],
  arena: Arena,
): Buffer {
  const size = records.reduce(
    (sum, { key, json }) => sum + RECORD_HEADER + Buffer.byteLength(key) + BODY_HEADER + json.length,
    JOURNAL_HEADER,
  )
  const value = arena.allocate(size)
  value.writeBigInt64LE(latestTime ?? NO_TIME, VALUE_HEADER)
  value.writeUInt16LE(records.length, VALUE_HEADER + 8)
  let position = JOURNAL_HEADER
  for (const { key, json } of records) {
    const body = bodyOf(json)
    const keyLength = value.write(key, position + RECORD_HEADER, 'utf8')
    value.writeUInt16LE(keyLength, position)
    value.writeUInt32LE(body.length, position + 2)
    position += RECORD_HEADER + keyLength
    position += body.copy(value, position)
  }
  return seal(value, sequenceBytes(sequence))
}

/** Reads a change of the journal; throws StoreError 'damaged' or 'newer-format'. */
export function decodeJournalEntry(
  sequence: number,
  value: Buffer,
  strings = new SharedStrings(),
): JournalEntry {
  const where = `entry ${sequence} of the journal`
  check(value, sequenceBytes(sequence), JOURNAL_HEADER, where)
  const time = value.readBigInt64LE(VALUE_HEADER)
  const records: StoredRecord[] = []
  let position = JOURNAL_HEADER
  for (let left = value.readUInt16LE(VALUE_HEADER + 8); left > 0; left--) {
    const bodyStart = position + RECORD_HEADER + value.readUInt16LE(position)
    const bodyLength = value.readUInt32LE(position + 2)
    const key = value.toString('utf8', position + RECORD_HEADER, bodyStart)
    // A copy, because the records of a change are replaced at different times.
    const body = Buffer.allocUnsafeSlow(bodyLength)
    value.copy(body, 0, bodyStart, bodyStart + bodyLength)
    records.push(decodeBody(key, body, where, strings))
    position = bodyStart + bodyLength
  }
  return { sequence, latestTime: time === NO_TIME ? undefined : time, records }
}

/** The value of a record in the snapshot; `sequence` is that of the journal entry it came from. */
export function encodeSnapshotValue(key: string, sequence: number, json: Buffer, arena: Arena): Buffer {
  const body = bodyOf(json)
  const value = arena.allocate(SNAPSHOT_HEADER + body.length)
  value.writeDoubleLE(sequence, VALUE_HEADER)
  body.copy(value, SNAPSHOT_HEADER)
  return seal(value, Buffer.from(key))
}

/**
 * Reads a record of the snapshot; throws StoreError 'damaged' or 'newer-format'. The record keeps `value` as its
 * memory, so `value` must own its own.
 */
export function decodeSnapshotValue(
  key: string,
  value: Buffer,
  strings = new SharedStrings(),
): { record: StoredRecord; sequence: number } {
  const where = `record ${key} of the snapshot`
  check(value, Buffer.from(key), SNAPSHOT_HEADER + BODY_HEADER, where)
  const record = decodeBody(key, value.subarray(SNAPSHOT_HEADER), where, strings)
  return { record, sequence: value.readDoubleLE(VALUE_HEADER) }
}

/** A value whose content is JSON text, under the same checksum and format version as records. */
export function encodeText(key: string, text: string): Buffer {
  const value = Buffer.allocUnsafeSlow(VALUE_HEADER + Buffer.byteLength(text))
  value.write(text, VALUE_HEADER, 'utf8')
  return seal(value, Buffer.from(key))
}

/** Reads what `encodeText` made; `where` names it in the words of a StoreError. */
export function decodeText(key: string, value: Buffer, where: string): string {
  check(value, Buffer.from(key), VALUE_HEADER, where)
  return value.toString('utf8', VALUE_HEADER)
}

/** The checksum of a value that this module made or checked. */
export function checksumOf(value: Buffer): number {
  return value.readUInt32LE(0)
}

function decodeBody(key: string, body: Buffer, where: string, strings: SharedStrings): StoredRecord {
  const parts = parseKey(key)
  if (parts === undefined) throw damaged(where, `it has the key ${JSON.stringify(key)}`)
  const json = body.subarray(BODY_HEADER)
  const slot = body.readUInt32LE(0)
  if (parts.kind === 'status') {
    const record = readStatus(cut(body, json, 2), parts.resourceKind, parts.id, strings)
    return { key, put: { kind: 'status', record }, slot, json }
  }
  const record = readResource(cut(body, json, 1), body.readBigInt64LE(4), strings)
  if (keyOf({ kind: 'resource', record }) !== key) throw damaged(where, 'its key is that of another record')
  return { key, put: { kind: 'resource', record }, slot, json }
}

/** Cuts a document into its pieces at the `count` places where a client's JSON may lie. */
function cut(body: Buffer, json: Buffer, count: 1 | 2): DocumentPieces {
  const pieces: string[] = []
  let position = 0
  for (let i = 0; i < count; i++) {
    const start = body.readUInt32LE(12 + i * 8)
    const end = start + body.readUInt32LE(16 + i * 8)
    pieces.push(json.toString('utf8', position, start), json.toString('utf8', start, end))
    position = end
  }
  pieces.push(json.toString('utf8', position))
  return pieces
}

function sequenceBytes(sequence: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeDoubleLE(sequence)
  return bytes
}

function seal(value: Buffer, key: Buffer): Buffer {
  value.writeUInt8(FORMAT, CHECKED_FROM)
  value.writeUInt32LE(crc32c(value, crc32c(key), CHECKED_FROM), 0)
  return value
}

function check(value: Buffer, key: Buffer, minimumLength: number, where: string): void {
  if (value.length < VALUE_HEADER) throw damaged(where, 'it is cut short')
  if (crc32c(value, crc32c(key), CHECKED_FROM) !== checksumOf(value)) {
    throw damaged(where, 'its checksum does not hold')
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
