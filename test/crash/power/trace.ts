// Trace of the recorder: every call that changed a file and every flush, in the order of their effects.
const O_CREAT = 0o100
const O_TRUNC = 0o1000
const O_DSYNC = 0o10000
const HEADER_BYTES = 32

export type TraceEvent =
  | {
      readonly kind: 'open'
      readonly handle: number
      readonly path: string
      readonly creates: boolean
      readonly truncates: boolean
    }
  /** `isFlushed`: through a descriptor that syncs, so on disk when the call returns. */
  | {
      readonly kind: 'write'
      readonly handle: number
      readonly offset: number
      readonly data: Buffer
      readonly isFlushed: boolean
    }
  | { readonly kind: 'truncate'; readonly handle: number; readonly size: number }
  | { readonly kind: 'flush'; readonly handle: number; readonly flush: number }
  | { readonly kind: 'flushed'; readonly handle: number; readonly flush: number }
  | { readonly kind: 'unlink' | 'mkdir' | 'rmdir'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly target: string }
  | { readonly kind: 'close'; readonly handle: number }
  | { readonly kind: 'map'; readonly handle: number }

/** Reads a trace; an event that the end of the process cut short is left out. */
export function parseTrace(bytes: Buffer): TraceEvent[] {
  const events: TraceEvent[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const dataAt = at + HEADER_BYTES + bytes.readUInt32LE(at + 24)
    const end = dataAt + bytes.readUInt32LE(at + 28)
    if (end > bytes.length) break
    events.push(eventOf(bytes, at, dataAt, end))
    at = end
  }
  return events
}

function eventOf(bytes: Buffer, at: number, dataAt: number, end: number): TraceEvent {
  const handle = bytes.readUInt32LE(at + 4)
  const flags = Number(bytes.readBigInt64LE(at + 8))
  const offset = Number(bytes.readBigInt64LE(at + 16))
  const path = bytes.toString('utf8', at + HEADER_BYTES, dataAt)
  const data = bytes.subarray(dataAt, end)
  const kind = bytes.readUInt32LE(at)
  switch (kind) {
    case 1:
      return {
        kind: 'open',
        handle,
        path,
        creates: (flags & O_CREAT) !== 0,
        truncates: (flags & O_TRUNC) !== 0,
      }
    case 2:
      return { kind: 'write', handle, offset, data, isFlushed: (flags & O_DSYNC) !== 0 }
    case 3:
      return { kind: 'truncate', handle, size: offset }
    case 4:
      return { kind: 'flush', handle, flush: flags }
    case 5:
      return { kind: 'flushed', handle, flush: flags }
    case 6:
      return { kind: 'unlink', path }
    case 7:
      return { kind: 'rename', path, target: data.toString('utf8') }
    case 8:
      return { kind: 'mkdir', path }
    case 9:
      return { kind: 'rmdir', path }
    case 10:
      return { kind: 'close', handle }
    case 11:
      return { kind: 'map', handle }
    default:
      throw new Error(`a trace holds no event of kind ${kind}`)
  }
}
