// Encodes records for the disk, and decodes them. Every value begins with a CRC-32C over its key and all that follows, which every
// read checks, and the format version. Both keep their place in every later format. Integers are little-endian.
//
//   journal value    checksum u32, format u8, and a group of changes (see ./journal/group.ts)
//   snapshot value   checksum u32, format u8, journal sequence f64, body
//   body             as in memory (see ../state/layout.ts)

import { parseKey } from '../state/document.ts'
import { BODY_HEADER, type Body, isOfResource } from '../state/layout.ts'
import type { JournalRecord, RemovalPut, StoredRecord } from '../state/put.ts'
import { readResource, readStatus } from '../state/reader.ts'
import type { Arena } from './arena.ts'
import { crc32c } from './checksum/crc32c.ts'
import { StoreError } from './errors.ts'

/**
 * The version of everything in the data folder. A program reads the formats from `OLDEST_FORMAT` to its own, and writes its own.
 * Format 2 notes in both environments which store they belong to. Format 3 has removals, and counts the records of a change in 32 bits.
 * Format 4 has a value of the journal for each group of changes. Records are the same in all of them.
 */
export const FORMAT = 4
const OLDEST_FORMAT = 1

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

/** Decodes a record of the snapshot. It shares the memory of `value`. Throws StoreError 'damaged' or 'newer-format'. */
export function decodeSnapshotValue(key: string, value: Buffer): StoredRecord {
  const where = `record ${key} of the snapshot`
  checkValue(value, crc32c().ofText(key), SNAPSHOT_HEADER + BODY_HEADER, where)
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
  checkValue(value, crc32c().ofText(key), VALUE_HEADER, where)
  return value.toString('utf8', VALUE_HEADER)
}

/** The checksum of a value that this file encoded or decoded. */
export function checksumOf(value: Buffer): number {
  return value.readUInt32LE(0)
}

/** Decodes a record of the journal; `where` names its entry. It shares the memory of the body. Throws StoreError 'damaged'. */
export function decodeJournalRecord(key: string, sequence: number, body: Body, where: string): JournalRecord {
  return body.length === 0
    ? decodeRemoval(key, sequence, body, where)
    : decodeRecord(key, sequence, body, where)
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
