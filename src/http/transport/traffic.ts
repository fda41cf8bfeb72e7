// What a listener has in hand: connections, requests in flight, the bytes of bodies on their way and of answers that clients
// have yet to take, and whether it is closing.
import { setImmediate as nextTurn } from 'node:timers/promises'
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

// Memory that is held for clients out of one total: bodies on their way, or answers that are yet to be taken. Each client
// has a share, so that one of them cannot take the room of all the others.

/**
 * A total of bytes and what each client holds of it. A client may hold as many bytes as are free: one alone may take half
 * of the total, two of them a third each, and there is always room left for one more (the dynamic thresholds of Choudhury
 * and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 *
 * One item always fits where there is no other. An item larger than the total counts apart, one of them at a time.
 */
export class BytePool {
  readonly limitBytes: number
  readonly #byClient = new Map<string, number>()
  #bytes = 0
  #hasOversized = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** Whether a new item of `bytes` would fit; without a client it counts for the total only. */
  hasRoom(client: string | undefined, bytes: number): boolean {
    if (bytes > this.limitBytes) return !this.#hasOversized
    const ofClient = client === undefined ? 0 : (this.#byClient.get(client) ?? 0)
    return this.#bytes === 0 || this.#bytes + ofClient + bytes <= this.limitBytes
  }

  add(client: string | undefined, bytes: number): void {
    if (bytes > this.limitBytes) this.#hasOversized = true
    else this.#count(client, bytes)
  }

  remove(client: string | undefined, bytes: number): void {
    if (bytes > this.limitBytes) this.#hasOversized = false
    else this.#count(client, -bytes)
  }

  #count(client: string | undefined, bytes: number): void {
    this.#bytes += bytes
    if (client === undefined) return
    const ofClient = (this.#byClient.get(client) ?? 0) + bytes
    if (ofClient === 0) this.#byClient.delete(client)
    else this.#byClient.set(client, ofClient)
  }
}

/** One item in a pool: what a request holds of it. */
export class Holding {
  readonly #pool: BytePool
  #client: string | undefined
  #bytes = 0

  constructor(pool: BytePool) {
    this.#pool = pool
  }

  /**
   * Makes it hold `bytes` in place of what it held; false, and as before, when there is no room for more.
   * @param client the one whose share it counts in, or undefined for the total only
   */
  resize(bytes: number, client?: string): boolean {
    const pool = this.#pool
    pool.remove(this.#client, this.#bytes)
    const hasRoom = bytes <= this.#bytes || pool.hasRoom(client, bytes)
    if (hasRoom) {
      this.#bytes = bytes
      this.#client = client
    }
    pool.add(this.#client, this.#bytes)
    return hasRoom
  }

  release(): void {
    this.#pool.remove(this.#client, this.#bytes)
    this.#bytes = 0
  }
}
