// The body of a record: its document as served, behind what a reader has to know and the document does not show. Bodies lie on
// disk as they lie in memory, integers little-endian:
//
//   slot u32, time of the last spec change i64, where the client's JSON lies in the document (two pairs of offset and
//   length, u32 each), document as served
import type { Instant } from '../../wire/instant.ts'
import { Arena } from '../arena.ts'
import type { Put } from '../keys.ts'
import type { Resource } from '../records.ts'
import { conditionsPiece, resourcePieces, STATUS_MEMBER, statusPieces } from './document.ts'

export const BODY_HEADER = 4 + 8 + 4 * 4

/** No time yet: before every instant there is. */
export const NO_TIME = -(2n ** 63n)

/** Gives each body memory of its own. */
const SEPARATE = new Arena(0)

/** Where a body lies: `length` bytes from `offset` on. */
export interface BodyPlace {
  readonly bytes: Buffer
  readonly offset: number
  readonly length: number
}

/** A part of some bytes. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** A record with its document. */
export interface Documented<T> {
  readonly record: T
  readonly json: Buffer
}

/**
 * The document of a resource that differs from its previous version in its conditions only: all before them is copied.
 * Undefined when more has changed.
 */
export function encodeConditions(
  resource: Resource,
  previous: Documented<Resource>,
  arena: Arena,
): Buffer | undefined {
  if (!isSameButConditions(resource, previous.record)) return undefined
  const front = bodyOf(previous.json)
  const frontLength = front.indexOf(
    STATUS_MEMBER,
    clientJsonIn({ bytes: front, offset: 0, length: 0 }, 0).end,
  )
  const conditions = conditionsPiece(resource)
  const body = arena.allocate(frontLength + Buffer.byteLength(conditions))
  front.copy(body, 0, 0, frontLength)
  body.write(conditions, frontLength, 'utf8')
  return body.subarray(BODY_HEADER)
}

/** Identity and naming never change (contract 3.5). */
function isSameButConditions(a: Resource, b: Resource): boolean {
  return (
    a.spec === b.spec &&
    a.labels === b.labels &&
    a.generation === b.generation &&
    a.updatedTime === b.updatedTime &&
    a.updatedBy === b.updatedBy &&
    a.createdTime === b.createdTime &&
    a.createdBy === b.createdBy &&
    a.specChangedTime === b.specChangedTime
  )
}

/**
 * The document of a record as served. It is a view on its body, so that the journal and the state can copy the body without
 * making it again.
 *
 * @param arena where the body's memory comes from
 */
export function encodeDocument(put: Put, slot: number, arena = SEPARATE): Buffer {
  const pieces = put.kind === 'resource' ? resourcePieces(put.record) : statusPieces(put.record)
  const lengths = pieces.map(piece => Buffer.byteLength(piece))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const body = arena.allocate(BODY_HEADER + total)
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

/** The body that a document is part of; only documents that lie in one have it. */
export function bodyOf(json: Buffer): Buffer {
  return Buffer.from(json.buffer, json.byteOffset - BODY_HEADER, json.length + BODY_HEADER)
}

/** The document in a body. */
export function documentIn({ bytes, offset, length }: BodyPlace): Buffer {
  return bytes.subarray(offset + BODY_HEADER, offset + length)
}

export function slotIn({ bytes, offset }: BodyPlace): number {
  return bytes.readUInt32LE(offset)
}

export function specChangedTimeIn({ bytes, offset }: BodyPlace): Instant {
  return bytes.readBigInt64LE(offset + 4)
}

/** Where in `bytes` the client's JSON text with this number lies; where it is empty there was none. */
export function clientJsonIn({ bytes, offset }: BodyPlace, number: 0 | 1): Range {
  const start = offset + BODY_HEADER + bytes.readUInt32LE(offset + 12 + number * 8)
  return { start, end: start + bytes.readUInt32LE(offset + 16 + number * 8) }
}
