// Values of the journal in every format, put together piece by piece: the plain way to write what src/store/journal/group.ts writes.

import { encodePut, encodeRecords, type KeyedBody, keyedBodies, keyOf } from '../../src/state/document.ts'
import { bytesIn } from '../../src/state/layout.ts'
import type { RecordPut } from '../../src/state/put.ts'
import { crc32c } from '../../src/store/checksum/crc32c.ts'
import { type EncodedGroup, groupOf } from '../../src/store/journal/group.ts'
import type { Instant } from '../../src/wire/instant.ts'

/** The records of a put in a format. Before format 4 a resource is one, with its conditions. */
export function recordsIn(format: number, each: RecordPut, number: number): readonly KeyedBody[] {
  if (format >= 4) return keyedBodies(encodePut(each, number))
  const bytes = Buffer.concat(encodeRecords(each, number, 0).records.map(({ body }) => bytesIn(body)))
  return [{ key: keyOf(each), body: { bytes, offset: 0, length: bytes.length } }]
}

export interface PlainGroup {
  readonly format: number
  /** The number of the last change. */
  readonly last: number
  readonly latestTime: Instant
  readonly changes: readonly (readonly KeyedBody[])[]
}

/** The value of a group. Before format 4 it has one change. */
export function plainGroup({ format, last, latestTime, changes }: PlainGroup): EncodedGroup {
  if (format < 4 && changes.length !== 1) throw new Error(`a value of format ${format} has one change`)
  const parts = [
    int(format, 1),
    time(latestTime),
    ...(format < 4 ? [] : [int(changes.length, 4)]),
    ...changes.flatMap(records => [
      int(records.length, format < 3 ? 2 : 4),
      ...records.flatMap(({ key, body: { bytes, offset, length } }) => [
        int(Buffer.byteLength(key), 2),
        int(length, 4),
        Buffer.from(key),
        bytes.subarray(offset, offset + length),
      ]),
    ]),
  ]
  return sealed(last, Buffer.concat([int(0, 4), ...parts]))
}

/** A group with any content and the right checksum. */
export function sealed(last: number, value: Buffer): EncodedGroup {
  value.writeUInt32LE(crc32c().ofBytes(value, crc32c().ofDouble(last), 4), 0)
  return groupOf(last, value)
}

function int(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer
}

function time(instant: Instant): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(instant)
  return buffer
}
