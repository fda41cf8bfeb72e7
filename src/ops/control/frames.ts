// Encoding of a copy, on the control socket and between servers of a cluster. A frame is the length of what follows it (u32, little-endian), its kind
// (u8) and its content: JSON for the start and the end; key length (u16), key and value for a record; number of the last
// entry (f64) and value for a group of the journal; key and value as of a record for removals. Values carry their own checksums (src/store/codec.ts).
import type { Copy, CopyEnd, CopyPart, CopyStart } from '../../store/copy/copy.ts'
import { groupOf } from '../../store/journal/group.ts'

/** Protocol version, sent in start frames. */
export const PROTOCOL = 1

const KIND = { start: 1, record: 2, group: 3, end: 4, removals: 5 } as const
const LENGTH_BYTES = 4
/** Larger than any change the API accepts; a longer frame is not one of ours. */
const MAX_FRAME_BYTES = 512 << 20

/** The data is not a copy, or has a protocol version that this program does not know. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** Encodes parts of a copy. */
export function encodeFrames(parts: readonly CopyPart[]): Buffer {
  return Buffer.concat(parts.flatMap(frameOf))
}

/** Decodes frames from bytes in pieces of any size. Holds at most one frame and one piece. */
export async function* decodeFrames(pieces: AsyncIterable<Buffer>): AsyncGenerator<CopyPart[], void> {
  let rest: Buffer[] = []
  let restBytes = 0
  let wantedBytes = LENGTH_BYTES
  for await (const piece of pieces) {
    rest.push(piece)
    restBytes += piece.length
    if (restBytes < wantedBytes) continue
    const bytes = rest.length === 1 ? piece : Buffer.concat(rest)
    const { parts, end } = readFrames(bytes)
    if (parts.length > 0) yield parts
    const left = bytes.subarray(end)
    rest = left.length === 0 ? [] : [left]
    restBytes = left.length
    wantedBytes = restBytes < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + frameLength(left, 0)
  }
  if (restBytes > 0) throw new FrameError('the copy ends in the middle of a frame')
}

/** The copy in a response. Ends with the error that `brokenOff` makes if the other side ends before the copy does. */
export async function* receiveCopy(
  response: AsyncIterable<Buffer>,
  brokenOff: () => Error,
): Copy & AsyncGenerator {
  let isEnded = false
  try {
    for await (const parts of decodeFrames(response)) {
      isEnded = parts.some(({ kind }) => kind === 'end')
      yield parts
    }
  } catch (error) {
    const isReset = error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
    if (!isReset) throw error
  }
  if (!isEnded) throw brokenOff()
}

function frameOf(part: CopyPart): Buffer[] {
  switch (part.kind) {
    case 'start': {
      const { folded, records } = part
      return frame(KIND.start, [json({ protocol: PROTOCOL, folded, records })])
    }
    case 'record':
    case 'removals': {
      const key = Buffer.from(part.key)
      const keyLength = Buffer.alloc(2)
      keyLength.writeUInt16LE(key.length)
      return frame(KIND[part.kind], [keyLength, key, part.value])
    }
    case 'group': {
      const last = Buffer.alloc(8)
      last.writeDoubleLE(part.last)
      return frame(KIND.group, [last, part.value])
    }
    case 'end': {
      const { sequence, counts, watermarks, cursor, removalsAfter } = part
      const { latestTime, latestId } = watermarks
      const end = { sequence, counts, latestTime: latestTime?.toString(), latestId, cursor, removalsAfter }
      return frame(KIND.end, [json(end)])
    }
  }
}

function frame(kind: number, content: readonly Buffer[]): Buffer[] {
  const head = Buffer.alloc(LENGTH_BYTES + 1)
  head.writeUInt32LE(content.reduce((sum, { length }) => sum + length, 1))
  head.writeUInt8(kind, LENGTH_BYTES)
  return [head, ...content]
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Decodes the complete frames and returns where they end. */
function readFrames(bytes: Buffer): { parts: CopyPart[]; end: number } {
  const parts: CopyPart[] = []
  let at = 0
  while (at + LENGTH_BYTES <= bytes.length) {
    const end = at + LENGTH_BYTES + frameLength(bytes, at)
    if (end > bytes.length) break
    parts.push(partOf(bytes.readUInt8(at + LENGTH_BYTES), bytes.subarray(at + LENGTH_BYTES + 1, end)))
    at = end
  }
  return { parts, end: at }
}

function frameLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32LE(at)
  if (length < 1 || length > MAX_FRAME_BYTES)
    throw new FrameError('the server sent something other than a copy')
  return length
}

function partOf(kind: number, content: Buffer): CopyPart {
  switch (kind) {
    case KIND.start:
      return startOf(content)
    case KIND.record:
      return { kind: 'record', ...keyedIn(content) }
    case KIND.removals:
      return { kind: 'removals', ...keyedIn(content) }
    case KIND.group:
      return { kind: 'group', ...groupOf(content.readDoubleLE(0), owned(content.subarray(8))) }
    case KIND.end:
      return endOf(content)
    default:
      throw new FrameError(`the copy has a frame of unknown kind ${kind}`)
  }
}

function keyedIn(content: Buffer): { key: string; value: Buffer } {
  const start = 2 + content.readUInt16LE(0)
  return { key: content.toString('utf8', 2, start), value: owned(content.subarray(start)) }
}

function startOf(content: Buffer): CopyStart {
  // Trusted: frameOf on the server wrote it. A later version begins with its number too.
  const { protocol, folded, records } = JSON.parse(content.toString('utf8')) as Omit<CopyStart, 'kind'> & {
    protocol: number
  }
  if (protocol === PROTOCOL) return { kind: 'start', folded, records }
  throw new FrameError(
    `the server uses version ${protocol} of the copy protocol, this command version ${PROTOCOL}: ` +
      'use the command that came with the server',
  )
}

function endOf(content: Buffer): CopyEnd {
  // Trusted, as in startOf.
  const { sequence, counts, latestTime, latestId, cursor, removalsAfter } = JSON.parse(
    content.toString('utf8'),
  ) as Pick<CopyEnd, 'sequence' | 'counts' | 'cursor' | 'removalsAfter'> & {
    latestTime?: string
    latestId?: string
  }
  const watermarks = { latestTime: latestTime === undefined ? undefined : BigInt(latestTime), latestId }
  return { kind: 'end', sequence, counts, watermarks, cursor, removalsAfter }
}

/** Copies the bytes: a record keeps its value, which would keep the whole piece alive. */
function owned(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}
