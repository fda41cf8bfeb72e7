// What a listener has in hand: connections, requests in flight, the bytes of bodies on their way and of answers that clients
// have yet to take, and whether it is closing.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { BytePool } from './byte-pool.ts'
import type { TransportLimits } from './limits.ts'

export type TrafficLimits = Pick<
  TransportLimits,
  'inFlightBytes' | 'bodiesBytes' | 'connections' | 'requestsInFlight'
>

/** Counts what is in flight on one listener. */
export class Traffic {
  /** Memory of bodies that are on their way or being decided on. */
  readonly bodies: BytePool
  /** Answers whose clients have yet to take them. */
  readonly answers: BytePool
  readonly #limits: TrafficLimits
  #connections = 0
  #requests = 0
  #whole = 0
  #isClosing = false
  /** Told of everything that a closing listener waits for. */
  #onLess: () => void = () => {}

  constructor(limits: TrafficLimits) {
    this.#limits = limits
    this.bodies = new BytePool(limits.bodiesBytes)
    this.answers = new BytePool(limits.inFlightBytes)
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** A connection has come; whether there is room for it. */
  connect(): boolean {
    this.#connections++
    return this.#connections <= this.#limits.connections
  }

  /** A connection has gone, one that there was no room for included. */
  disconnect(): void {
    this.#connections--
    this.#onLess()
  }

  /** Whether one more request may be decided now. */
  get hasRoomForRequest(): boolean {
    return this.#whole < this.#limits.requestsInFlight
  }

  /** A request is whole: it has no body, or all of it has come. */
  beginWhole(): void {
    this.#whole++
  }

  /** A request that was whole is decided or its client gone. */
  finishWhole(): void {
    this.#whole--
  }

  /** A request has come. */
  begin(): void {
    this.#requests++
  }

  /** A request is answered or its client gone. */
  finish(): void {
    this.#requests--
    this.#onLess()
  }

  /**
   * From now on every answer closes its connection. Resolves in a moment at which nothing is in flight and every
   * connection has had `lingerMs` for a last request, or when the deadline has passed.
   */
  async drain(lingerMs: number, deadlineMs: number): Promise<void> {
    this.#isClosing = true
    let [isLingering, isLate] = [true, false]
    const linger = setTimeout(() => {
      isLingering = false
      this.#onLess()
    }, lingerMs)
    const deadline = setTimeout(() => {
      isLate = true
      this.#onLess()
    }, deadlineMs)
    // An answer that has just been given is still on its way through its turn of the event loop.
    await nextTurn()
    while (!isLate && (this.#requests > 0 || (isLingering && this.#connections > 0))) {
      await new Promise<void>(resolve => {
        this.#onLess = resolve
      })
      await nextTurn()
    }
    clearTimeout(linger)
    clearTimeout(deadline)
  }
}
