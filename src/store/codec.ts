// Encodes records for the disk, and decodes them. Every value begins with a CRC-32C over its key and all that follows, which every
// read checks, and the format version. Both keep their place in every later format. Integers are little-endian.
//
//   journal value    checksum u32, format u8, and a group of changes (see ./journal/group.ts)
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             as in memory (see ../state/layout.ts); in the journal conditions have their compact form (see
//                    ../state/compact-conditions.ts)
//
// Up to format 3 a resource is one record under the key of its head, with its whole document. It is read as a head and conditions.

import { renderCompact } from '../state/compact-conditions.ts'
import { keyOfConditions, parseKey } from '../state/document.ts'
import { DocumentWriter } from '../state/document-writer.ts'
import { BODY_HEADER, type Body, hasText, isOfResource, RESOURCE, splitWhole } from '../state/layout.ts'
import type { JournalRecord, RemovalPut, StoredRecord } from '../state/put.ts'
import { readHead, readStatus } from '../state/reader.ts'
import { reasonOf } from '../wire/text.ts'
import type { Arena } from './arena.ts'
import { crc32c } from './checksum/crc32c.ts'
import { StoreError } from './errors.ts'

/**
 * The version of everything in the data folder. A program reads the formats from `OLDEST_FORMAT` to its own, and writes its own.
 * Format 2 notes in both environments which store they belong to. Format 3 has removals, and counts the records of a change in 32 bits.
 * Format 4 has a value of the journal for each group of changes, and stores a resource as two records, its head and its conditions. Format 5 retains
 * removals in the snapshot.
 */
export const FORMAT = 5
const OLDEST_FORMAT = 1
const FORMAT_OF_TWO_RECORDS = 4

/** The checksum of a value covers all bytes from here on. The first is the format. */
export const CHECKED_FROM = 4
/** Length of what all values begin with. */
export const VALUE_HEADER = 5
const SNAPSHOT_HEADER = VALUE_HEADER + 8

/** Encodes a record of the snapshot; `sequence` is the number of the journal entry that brought it. */
export function encodeSnapshotValue(key: string, sequence: number, body: Body, arena: Arena): Buffer {
  const value = arena.allocate(SNAPSHOT_HEADER + body.length)
  value.writeDoubleLE(sequence, VALUE_HEADER)
  copyBody(body, value, SNAPSHOT_HEADER)
  return seal(value, crc32c().ofText(key))
}

/**
 * Decodes a value of the snapshot: a record, or a head and its conditions, which formats 1 to 3 have in one value. They share the memory of
 * `value`. Throws StoreError 'damaged' or 'newer-format'.
 */
export function decodeSnapshotValue(key: string, value: Buffer): readonly StoredRecord[] {
  const where = `record ${key} of the snapshot`
  checkValue(value, crc32c().ofText(key), SNAPSHOT_HEADER, where)
  const sequence = value.readDoubleLE(VALUE_HEADER)
  const body = { bytes: value, offset: SNAPSHOT_HEADER, length: value.length - SNAPSHOT_HEADER }
  return decodeRecords({ key, sequence, body, format: formatOf(value), where }, checkConditions)
}

/** Encodes JSON text, with the same checksum and format version as records. */
export function encodeText(key: string, text: string): Buffer {
  const value = Buffer.allocUnsafeSlow(VALUE_HEADER + Buffer.byteLength(text))
  value.write(text, VALUE_HEADER, 'utf8')
  return seal(value, crc32c().ofText(key))
}

/** Decodes the value of `encodeText`; `where` names it in the message of a StoreError. */
export function decodeText(key: string, value: Buffer, where: string): string {
  checkValue(value, crc32c().ofText(key), VALUE_HEADER, where)
  return value.toString('utf8', VALUE_HEADER)
}

/** The format of a value that was checked. */
export function formatOf(value: Buffer): number {
  return value.readUInt8(CHECKED_FROM)
}

/** The checksum of a value that this file encoded or decoded. */
export function checksumOf(value: Buffer): number {
  return value.readUInt32LE(0)
}

/** A record that is not decoded yet. */
export interface EncodedRecord {
  readonly key: string
  readonly sequence: number
  readonly body: Body
  /** The format of its value. */
  readonly format: number
  /** Its place in messages. */
  readonly where: string
}

/**
 * Decodes a record of the journal, or a head and its conditions, which formats 1 to 3 have in one record. They share the memory of the body,
 * except that conditions are rendered. Throws StoreError 'damaged'.
 */
export function decodeJournalRecord(encoded: EncodedRecord): readonly JournalRecord[] {
  return encoded.body.length === 0 ? [decodeRemoval(encoded)] : decodeRecords(encoded, renderConditions)
}

/** @param conditionsOf returns the body of conditions as in memory */
function decodeRecords(
  encoded: EncodedRecord,
  conditionsOf: (encoded: EncodedRecord) => Body,
): readonly StoredRecord[] {
  const { key, sequence, body, format, where } = encoded
  const parts = parseKey(key)
  if (parts === undefined) throw damaged(where, `it has the key ${JSON.stringify(key)}`)
  const { resourceKind, id } = parts
  const resource = { kind: resourceKind, id }
  if (parts.kind === 'conditions')
    return [{ key, put: { kind: 'conditions', resource }, sequence, body: conditionsOf(encoded) }]
  if (body.length < BODY_HEADER) throw damaged(where, 'it is cut short')
  if (parts.kind === 'status') {
    const record = readStatus(resourceKind, id, parts.adapter, body)
    return [{ key, put: { kind: 'status', record }, sequence, body }]
  }
  if (!isOfResource(body, resourceKind, id)) throw damaged(where, 'its key is that of another record')
  if (format >= FORMAT_OF_TWO_RECORDS)
    return [{ key, put: { kind: 'head', record: readHead(resourceKind, id, body) }, sequence, body }]
  const split = splitWhole(body)
  if (split === undefined) throw damaged(where, 'it has no conditions')
  const { head, conditions } = split
  return [
    { key, put: { kind: 'head', record: readHead(resourceKind, id, head) }, sequence, body: head },
    { key: keyOfConditions(resource), put: { kind: 'conditions', resource }, sequence, body: conditions },
  ]
}

/** The conditions of the snapshot are as in memory. */
function checkConditions({ body, where }: EncodedRecord): Body {
  if (!hasText(body.bytes, body.offset, RESOURCE.conditions)) throw damaged(where, 'it has no conditions')
  return body
}

let rendered: DocumentWriter | undefined

/** Renders the conditions of the journal, in memory of their own. */
function renderConditions({ body, where }: EncodedRecord): Body {
  rendered ??= new DocumentWriter()
  rendered.reset()
  try {
    renderCompact(rendered, body)
  } catch (error) {
    throw damaged(where, reasonOf(error))
  }
  const bytes = Buffer.from(rendered.bytes.subarray(0, rendered.end))
  return { bytes, offset: 0, length: bytes.length }
}

function decodeRemoval({ key, sequence, body, where }: EncodedRecord): StoredRecord<RemovalPut> {
  const parts = parseKey(key)
  if (parts?.kind !== 'head') throw damaged(where, `it removes ${JSON.stringify(key)}`)
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

/**
 * Throws StoreError 'damaged', 'newer-format' or 'older-format' for a value that this program cannot read.
 *
 * @param key the checksum of the key
 * @param where names the value in the message
 */
export function checkValue(value: Buffer, key: number, minimumLength: number, where: string): void {
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

export function damaged(where: string, why: string): StoreError {
  return new StoreError('damaged', `${where} is damaged: ${why}. Restore the data folder from a backup.`)
}
