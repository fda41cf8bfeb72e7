// The body of one request while it arrives: kept up to a limit, dropped beyond it, and over after the last byte, the
// deadline, or the departure of the client. An answer waits until it is over, so that the client can read it.
import type { TransportLimits } from './limits.ts'
import type { BodyResult } from './transport.ts'

/** Collects the body of one request. */
export class IncomingBody {
  readonly #drainBytes: number
  readonly #declaredBytes: number | undefined
  #limitBytes: number
  #chunks: Buffer[] = []
  #received = 0
  #result: BodyResult | undefined
  #isComplete = false
  #isOver = false
  #onResult: ((result: BodyResult) => void) | undefined
  #onOver: (() => void) | undefined

  /** `declaredBytes` is the Content-Length, or undefined for a chunked body. */
  constructor(limits: TransportLimits, declaredBytes: number | undefined) {
    this.#limitBytes = limits.bodyBytes
    this.#drainBytes = limits.drainBytes
    this.#declaredBytes = declaredBytes
    this.#enforceLimit()
  }

  /** Whether nothing more is waited for: an answer may be sent. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether the client has sent all of it: the connection can take another request. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether what comes is kept: nobody has given up on it. */
  get isKept(): boolean {
    return this.#result === undefined
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

  /** Calls back once, as soon as the body is over; at once when it is. */
  whenOver(callback: () => void): void {
    if (this.#isOver) callback()
    else this.#onOver = callback
  }

  /** Takes what has arrived; the bytes are copied, because the engine takes its buffer back. */
  push(chunk: Uint8Array, isLast: boolean): void {
    if (this.#isOver) return
    this.#received += chunk.byteLength
    this.#isComplete = isLast
    this.#enforceLimit()
    if (this.#result === undefined && chunk.byteLength > 0) this.#chunks.push(Buffer.from(chunk))
    if (!isLast) return
    this.#settle({ kind: 'body', bytes: this.#joined() })
    this.#finish()
  }

  /** There is no room for it: nothing more of it is kept. */
  drop(): void {
    this.#settle({ kind: 'overloaded' })
  }

  /** The deadline has passed. */
  expire(): void {
    this.#settle({ kind: 'timeout' })
    this.#finish()
  }

  /** The client has gone. */
  abort(): void {
    this.#settle({ kind: 'aborted' })
    this.#finish()
  }

  #enforceLimit(): void {
    const expected = Math.max(this.#received, this.#declaredBytes ?? 0)
    if (expected > this.#limitBytes) this.#settle({ kind: 'too-large' })
    if (expected > this.#limitBytes + this.#drainBytes) this.#finish()
  }

  #settle(result: BodyResult): void {
    if (this.#result !== undefined) return
    this.#result = result
    this.#chunks = []
    this.#onResult?.(result)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver?.()
  }

  /** A later reader may have set a lower limit than the one the body was collected under. */
  #sized(result: BodyResult): BodyResult {
    return result.kind === 'body' && result.bytes.length > this.#limitBytes ? { kind: 'too-large' } : result
  }

  #joined(): Buffer {
    const [first] = this.#chunks
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
  }
}
