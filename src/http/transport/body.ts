// The body of one request while it arrives: kept in one buffer up to a limit, and let go of as soon as nobody wants it. What
// comes after that is only counted (contract 4.11).
import type { TransportLimits } from './limits.ts'
import type { BodyResult } from './transport.ts'

/** Asks for `bytes` of memory in all; `isWhole` when no more will be needed. False when there is no room. */
export type Reserve = (bytes: number, isWhole: boolean) => boolean

/** The first buffer of a body that comes in many pieces. */
const FIRST_BYTES = 4096
/** What a piece that is dropped counts at least, because each costs a turn through the engine. */
const LEAST_DROPPED_BYTES = 64
const NOTHING = Buffer.alloc(0)
const LET_GO: BodyResult = { kind: 'aborted' }

/** Collects the body of one request. */
export class IncomingBody {
  readonly #drainBytes: number
  readonly #declaredBytes: number | undefined
  readonly #reserve: Reserve
  #limitBytes: number
  #buffer = NOTHING
  #received = 0
  #dropped = 0
  #result: BodyResult | undefined
  #isComplete = false
  #isLate = false
  #onResult: ((result: BodyResult) => void) | undefined

  /** `declaredBytes` is the Content-Length, or undefined for a chunked body. */
  constructor(limits: TransportLimits, declaredBytes: number | undefined, reserve: Reserve) {
    this.#limitBytes = limits.bodyBytes
    this.#drainBytes = limits.drainBytes
    this.#declaredBytes = declaredBytes
    this.#reserve = reserve
    this.#enforceLimit()
  }

  /** Whether the client has sent all of it: the connection can take another request. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether nothing of it has come. */
  get isUntouched(): boolean {
    return this.#received === 0
  }

  /** Whether what comes is kept: nobody has given up on it. */
  get isKept(): boolean {
    return this.#result === undefined
  }

  /** Whether its rest may be waited for and dropped: it is short, and not late. */
  get isDrainable(): boolean {
    const rest = (this.#declaredBytes ?? this.#received) - this.#received
    return !this.#isLate && Math.max(rest, this.#dropped) <= this.#drainBytes
  }

  /** What becomes of the body, of at most `limitBytes`. */
  read(limitBytes: number): Promise<BodyResult> {
    this.#limitBytes = Math.min(this.#limitBytes, limitBytes)
    this.#enforceLimit()
    if (this.#result !== undefined) return Promise.resolve(this.#sized(this.#result))
    return new Promise(resolve => {
      const earlier = this.#onResult
      this.#onResult = result => {
        earlier?.(result)
        resolve(this.#sized(result))
      }
    })
  }

  /** Takes what has arrived; the bytes are copied, because the engine takes its buffer back. */
  push(chunk: Uint8Array, isLast: boolean): void {
    const end = this.#received + chunk.byteLength
    const isWhole = isLast || end === this.#declaredBytes
    if (this.#result !== undefined) this.#dropped += Math.max(chunk.byteLength, LEAST_DROPPED_BYTES)
    else if (end > this.#limitBytes) this.#settle({ kind: 'too-large' })
    else if (this.#makeRoom(end, isWhole)) this.#buffer.set(chunk, this.#received)
    this.#received = end
    if (!isLast) return
    this.#isComplete = true
    this.#settle({ kind: 'body', bytes: this.#buffer.subarray(0, end) })
  }

  /** Nobody wants it any more: its memory is free, and nothing more of it is kept. */
  letGo(): void {
    this.#settle(LET_GO)
    if (this.#result?.kind === 'body') this.#result = LET_GO
    this.#free()
  }

  /** There is no room for it: nothing more of it is kept. */
  drop(): void {
    this.#settle({ kind: 'overloaded' })
  }

  /** The deadline has passed. */
  expire(): void {
    this.#isLate = true
    this.#settle({ kind: 'timeout' })
  }

  /** The client has gone. */
  abort(): void {
    this.#settle({ kind: 'aborted' })
  }

  /**
   * Has the buffer hold `end` bytes. It grows with what has come, to twice the bytes and never beyond what was declared: a
   * Content-Length alone costs nothing, and a piece of one byte costs one byte.
   */
  #makeRoom(end: number, isWhole: boolean): boolean {
    if (end <= this.#buffer.length) return true
    const most = this.#declaredBytes ?? this.#limitBytes
    const size = isWhole ? end : Math.min(Math.max(2 * this.#buffer.length, end, FIRST_BYTES), most)
    if (!this.#reserve(size, isWhole)) {
      this.drop()
      return false
    }
    const larger = isWhole && size < FIRST_BYTES ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
    larger.set(this.#buffer.subarray(0, this.#received))
    this.#buffer = larger
    return true
  }

  #enforceLimit(): void {
    if (Math.max(this.#received, this.#declaredBytes ?? 0) > this.#limitBytes)
      this.#settle({ kind: 'too-large' })
  }

  #settle(result: BodyResult): void {
    if (this.#result !== undefined) return
    this.#result = result
    if (result.kind !== 'body') this.#free()
    this.#onResult?.(result)
    this.#onResult = undefined
  }

  #free(): void {
    if (this.#buffer === NOTHING) return
    this.#buffer = NOTHING
    this.#reserve(0, true)
  }

  /** A later reader may have set a lower limit than the one the body was collected under. */
  #sized(result: BodyResult): BodyResult {
    return result.kind === 'body' && result.bytes.length > this.#limitBytes ? { kind: 'too-large' } : result
  }
}

// How the body of a request is framed (RFC 9112, section 6). Whatever two readers could understand differently is
// malformed: it is how requests are smuggled past a proxy.

/** How long the body of a request is, where there is no Transfer-Encoding. */
export type Length =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | Malformed

/** How long the body of a request is, from its head. */
export type Framing = Length | { readonly kind: 'chunked' }

interface Malformed {
  readonly kind: 'malformed'
  readonly reason: string
}

const NONE: Length = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }
/** Fifteen digits: the most that a double holds exactly. */
const LENGTH = /^[0-9]{1,15}$/

/** Reads the framing from all the values of the two headers, in the order in which they came. */
export function readFraming(
  contentLengths: readonly string[],
  transferEncodings: readonly string[],
): Framing {
  const [transferEncoding, ...moreEncodings] = transferEncodings
  if (transferEncoding === undefined) return readLength(contentLengths)
  if (moreEncodings.length > 0) return malformed('more than one Transfer-Encoding header')
  if (contentLengths.length > 0) return malformed('both Content-Length and Transfer-Encoding')
  return transferEncoding.toLowerCase() === 'chunked'
    ? CHUNKED
    : malformed('a Transfer-Encoding other than chunked')
}

/** Reads the length from all the values of Content-Length. */
export function readLength(contentLengths: readonly string[]): Length {
  const [contentLength, ...moreLengths] = contentLengths
  if (contentLength === undefined) return NONE
  if (moreLengths.length > 0) return malformed('more than one Content-Length header')
  if (!LENGTH.test(contentLength)) return malformed('a Content-Length that is not a number')
  const bytes = Number(contentLength)
  return bytes === 0 ? NONE : { kind: 'length', bytes }
}

function malformed(reason: string): Malformed {
  return { kind: 'malformed', reason }
}
