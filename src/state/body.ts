// The body of a record: its document as served, behind what a reader has to know and the document does not show. Bodies lie on
// disk as they lie in memory, integers little-endian:
//
//   slot u32, time of the last spec change i64, where the client's JSON lies in the document (two pairs of offset and
//   length, u32 each), document as served
import type { Instant } from '../wire/instant.ts'

export const BODY_HEADER = 4 + 8 + 4 * 4

/** No time yet: before every instant there is. */
export const NO_TIME = -(2n ** 63n)

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
