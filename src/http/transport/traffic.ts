// Load of a listener: connections, requests in flight, bytes of bodies being received and of answers not yet taken by
// clients, and if it is closing.
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TransportLimits } from './limits.ts'

export type TrafficLimits = Pick<
  TransportLimits,
  'inFlightBytes' | 'bodiesBytes' | 'connections' | 'requestsInFlight'
>

/** Counts what is in flight on one listener. */
export class Traffic {
  /** Memory of bodies being received or decided on. */
  readonly bodies: BytePool
  /** Answers that clients have not taken yet. */
  readonly answers: BytePool
  readonly #limits: TrafficLimits
  #connections = 0
  #requests = 0
  #whole = 0
  #isClosing = false
  /** Called when any of the counts that a closing listener waits for decreases. */
  #onLess: () => void = () => {}

  constructor(limits: TrafficLimits) {
    this.#limits = limits
    this.bodies = new BytePool(limits.bodiesBytes)
    this.answers = new BytePool(limits.inFlightBytes)
  }

  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Counts a new connection. False if there is no room for it. */
  connect(): boolean {
    this.#connections++
    return this.#connections <= this.#limits.connections
  }

  /** Counts a closed connection, including one that had no room. */
  disconnect(): void {
    this.#connections--
    this.#onLess()
  }

  /** True if one more request may be decided now. */
  get hasRoomForRequest(): boolean {
    return this.#whole < this.#limits.requestsInFlight
  }

  /** Counts a request that is complete: it has no body, or all of it has arrived. */
  beginWhole(): void {
    this.#whole++
  }

  /** A complete request is decided, or its client has disconnected. */
  finishWhole(): void {
    this.#whole--
  }

  /** Counts a new request. */
  begin(): void {
    this.#requests++
  }

  /** A request is answered, or its client has disconnected. */
  finish(): void {
    this.#requests--
    this.#onLess()
  }

  /**
   * From now on every answer closes its connection. Resolves when nothing is in flight and every connection has had
   * `lingerMs` for a last request, or when the deadline has passed.
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
    // The latest answer may need one more turn of the event loop to leave.
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

// Memory held for clients within one total: bodies being received, or answers not yet taken. Each client has a share,
// so that one client cannot use up the memory of all others.

/**
 * A total of bytes, and each client's part of it. A client may hold as many bytes as are free: a single client gets
 * half of the total, two get a third each, and there is always room for one more (the dynamic thresholds of Choudhury
 * and Hahne, IEEE/ACM Transactions on Networking 6(2), 1998).
 *
 * One item always fits into an empty pool. An item larger than the total counts separately, one at a time.
 */
export class BytePool {
  readonly limitBytes: number
  readonly #byClient = new Map<string, number>()
  #bytes = 0
  #hasOversized = false

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  /** True if a new item of `bytes` fits. Without a client it counts only towards the total. */
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

/** One item in a pool: the bytes held by one request. */
export class Holding {
  readonly #pool: BytePool
  #client: string | undefined
  #bytes = 0

  constructor(pool: BytePool) {
    this.#pool = pool
  }

  /**
   * Changes the size to `bytes`. False, without any change, if there is no room to grow.
   * @param client client whose share it counts towards; undefined for the total only
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
