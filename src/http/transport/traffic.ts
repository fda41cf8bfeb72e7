// What a listener has in hand: the requests in flight, the bytes of answers that clients have yet to take, and whether
// it is closing.

/** Counts what is in flight on one listener. */
export class Traffic {
  readonly #inFlightBytes: number
  #requests = 0
  #bytes = 0
  #isClosing = false
  #onIdle: (() => void) | undefined

  /** `inFlightBytes` bounds the bytes of answers that may be streamed at the same time. */
  constructor(inFlightBytes: number) {
    this.#inFlightBytes = inFlightBytes
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** A request has come. */
  begin(): void {
    this.#requests++
  }

  /** A request is answered or its client gone. */
  finish(): void {
    this.#requests--
    if (this.#requests === 0) this.#onIdle?.()
  }

  /** Whether an answer of `bytes` may be streamed now. */
  hasRoomFor(bytes: number): boolean {
    return this.#bytes + bytes <= this.#inFlightBytes
  }

  hold(bytes: number): void {
    this.#bytes += bytes
  }

  release(bytes: number): void {
    this.#bytes -= bytes
  }

  /** From now on every answer closes its connection; resolves when nothing is in flight or the deadline has passed. */
  drain(deadlineMs: number): Promise<void> {
    this.#isClosing = true
    if (this.#requests === 0) return Promise.resolve()
    return new Promise(resolve => {
      const deadline = setTimeout(resolve, deadlineMs)
      this.#onIdle = () => {
        clearTimeout(deadline)
        resolve()
      }
    })
  }
}
