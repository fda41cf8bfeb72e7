// The body of one request while it arrives. Kept in one buffer up to a limit, and released as soon as it is no longer
// needed. Later bytes are only counted (contract 4.11).
import type { TransportLimits } from './limits.ts'
import type { BodyResult } from './transport.ts'

/** Reserves `bytes` of memory in total. `isWhole`: no more will be needed. False if there is no room. */
export type Reserve = (bytes: number, isWhole: boolean) => boolean

/** Initial buffer of a body that arrives in many pieces. */
const FIRST_BYTES = 4096
/** Minimum count for a dropped piece, because each costs a callback of the engine. */
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

  /** True once the client has sent all of it: the connection can take another request. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** True if nothing of it has arrived. */
  get isUntouched(): boolean {
    return this.#received === 0
  }

  /** True while received bytes are kept. */
  get isKept(): boolean {
    return this.#result === undefined
  }

  /** True if the rest is short enough, and not late, so that it can be read and dropped. */
  get isDrainable(): boolean {
    const rest = (this.#declaredBytes ?? this.#received) - this.#received
    return !this.#isLate && Math.max(rest, this.#dropped) <= this.#drainBytes
  }

  /** The body, if it has at most `limitBytes`, or the reason why not. */
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

  /** Takes a piece. Copies the bytes, because the engine reuses its buffer. */
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

  /** Frees the memory. Nothing more is kept. */
  letGo(): void {
    this.#settle(LET_GO)
    if (this.#result?.kind === 'body') this.#result = LET_GO
    this.#free()
  }

  /** Gives up on the body because memory ran out. */
  drop(): void {
    this.#settle({ kind: 'overloaded' })
  }

  /** Gives up on the body because the deadline has passed. */
  expire(): void {
    this.#isLate = true
    this.#settle({ kind: 'timeout' })
  }

  /** The client has disconnected. */
  abort(): void {
    this.#settle({ kind: 'aborted' })
  }

  /**
   * Grows the buffer to at least `end` bytes: at most twice what has arrived, never more than declared. So a
   * Content-Length alone costs nothing, and a one-byte piece costs little.
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

  /** A later reader may set a lower limit than the one in force while the body arrived. */
  #sized(result: BodyResult): BodyResult {
    return result.kind === 'body' && result.bytes.length > this.#limitBytes ? { kind: 'too-large' } : result
  }
}

// Framing of a request body (RFC 9112, section 6). Anything that two parsers could read differently is malformed,
// because request smuggling past a proxy exploits such differences.

/** Length of a body without Transfer-Encoding. */
export type Length =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | Malformed

/** Framing of a body, from the request head. */
export type Framing = Length | { readonly kind: 'chunked' }

interface Malformed {
  readonly kind: 'malformed'
  readonly reason: string
}

const NONE: Length = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }
/** Fifteen digits always fit exactly into a double. */
const LENGTH = /^[0-9]{1,15}$/

/** Reads the framing from all values of the two headers, in order of arrival. */
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
    : malformed('Transfer-Encoding other than chunked')
}

/** Reads the length from all values of Content-Length. */
export function readLength(contentLengths: readonly string[]): Length {
  const [contentLength, ...moreLengths] = contentLengths
  if (contentLength === undefined) return NONE
  if (moreLengths.length > 0) return malformed('more than one Content-Length header')
  if (!LENGTH.test(contentLength)) return malformed('Content-Length is not a number')
  const bytes = Number(contentLength)
  return bytes === 0 ? NONE : { kind: 'length', bytes }
}

function malformed(reason: string): Malformed {
  return { kind: 'malformed', reason }
}
