// Records as bytes on disk, and back. Every value begins with a CRC-32C over its key and all that follows, checked on
// every reading, then the format version: both keep their place in every format to come. Integers are little-endian.
//
//   journal value    checksum u32, format u8, greatest server time i64, count u16,
//                    then for each record: key length u16, body length u32, key, body
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             as in memory (see body.ts)

import type { Arena } from '../state/arena.ts'
import { BODY_HEADER, type BodyPlace, bodyOf, documentIn, NO_TIME, slotIn } from '../state/body.ts'
import { DocumentResource } from '../state/document-resource.ts'
import { DocumentStatus } from '../state/document-status.ts'
import { type Put, parseKey } from '../state/put.ts'
import type { Instant } from '../wire/instant.ts'
import { crc32c } from './crc32c.ts'
import { StoreError } from './errors.ts'

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

/** A record as read from disk, with its body as it lay there. */
export interface StoredRecord {
  readonly key: string
  /** Its record is read from the document, as far as it is asked for. */
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

/** Reads a change of the journal, whose records stay part of `value`; throws StoreError 'damaged' or 'newer-format'. */
export function decodeJournalEntry(sequence: number, value: Buffer): JournalEntry {
  const where = `entry ${sequence} of the journal`
  check(value, sequenceBytes(sequence), JOURNAL_HEADER, where)
  const time = value.readBigInt64LE(VALUE_HEADER)
  const records: StoredRecord[] = []
  let position = JOURNAL_HEADER
  for (let left = value.readUInt16LE(VALUE_HEADER + 8); left > 0; left--) {
    const bodyStart = position + RECORD_HEADER + value.readUInt16LE(position)
    const bodyLength = value.readUInt32LE(position + 2)
    const key = value.toString('utf8', position + RECORD_HEADER, bodyStart)
    records.push(decodeBody(key, { bytes: value, offset: bodyStart, length: bodyLength }, where))
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

/** Reads a record of the snapshot, which stays part of `value`; throws StoreError 'damaged' or 'newer-format'. */
export function decodeSnapshotValue(key: string, value: Buffer): { record: StoredRecord; sequence: number } {
  const where = `record ${key} of the snapshot`
  check(value, Buffer.from(key), SNAPSHOT_HEADER + BODY_HEADER, where)
  const length = value.length - SNAPSHOT_HEADER
  const record = decodeBody(key, { bytes: value, offset: SNAPSHOT_HEADER, length }, where)
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

function decodeBody(key: string, place: BodyPlace, where: string): StoredRecord {
  const parts = parseKey(key)
  if (parts === undefined) throw damaged(where, `it has the key ${JSON.stringify(key)}`)
  const json = documentIn(place)
  const slot = slotIn(place)
  const { resourceKind, id } = parts
  if (parts.kind === 'status') {
    const record = new DocumentStatus(resourceKind, id, parts.adapter, place)
    return { key, put: { kind: 'status', record }, slot, json }
  }
  const beginning = `{"kind":"${resourceKind}","id":"${id}"`
  if (json.toString('latin1', 0, beginning.length) !== beginning)
    throw damaged(where, 'its key is that of another record')
  // A part of the key would keep all of the key alive, for as long as the resource is there.
  const ownId = json.toString('latin1', beginning.length - 1 - id.length, beginning.length - 1)
  const record = new DocumentResource(resourceKind, ownId, place)
  return { key, put: { kind: 'resource', record }, slot, json }
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
