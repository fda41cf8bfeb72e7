// The requests of one connection of node:http that are not answered yet. Whatever ends the connection waits until the
// answers that are owed are out, and nothing is read behind the request that ends it (RFC 9112, 9.3.2 and 9.6).
import type { Socket } from 'node:net'

/** A request as its connection sees it. */
export interface Pipelined {
  readonly method: string
  /** Whether a part of the answer may be out already. */
  readonly isAnswering: boolean
  /** Whether more of its body is to come. */
  readonly awaitsBody: boolean
  /** No answer will reach the client. */
  disconnect(): void
}

/** How long a client may take to read a last answer and to close its side; beyond: the connection is destroyed. */
const FAREWELL_MS = 2000

/** The unanswered requests of one connection, in their order. */
export class Pipeline {
  readonly #socket: Socket
  readonly #pending = new Set<Pipelined>()
  /** The last one, when it has been answered before all of its body has come. */
  #draining: Pipelined | undefined
  #isEnding = false
  #isRefused = false
  #onAnswered: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.once('end', () => this.#halfClose())
    socket.once('close', () => {
      for (const exchange of this.#pending) exchange.disconnect()
      this.#draining?.disconnect()
    })
  }

  /** Whether nothing more is read: what comes behind the last request of a connection is no request. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  add(exchange: Pipelined): void {
    this.#pending.add(exchange)
  }

  /** An exchange is over: its answer has been handed to the system. */
  remove(exchange: Pipelined): void {
    this.#pending.delete(exchange)
    this.#draining = exchange.awaitsBody ? exchange : undefined
    this.#settle()
  }

  /** The request that has just come is the last one. */
  stopReading(): void {
    this.#isEnding = true
  }

  /**
   * Has node:http close the connection in steps after the answer that is about to be sent, though more of the body may come:
   * a client that is still sending would lose the answer if the connection were closed under it (RFC 9112, section 9.6).
   */
  endInSteps(): void {
    this.#isEnding = true
    this.#socket.destroySoon = () => this.#farewell()
  }

  /** Calls back once, as soon as every answer that is owed is out. */
  whenAnswered(callback: () => void): void {
    this.#onAnswered = callback
    this.#settle()
  }

  /**
   * Ends the connection because of bytes that are no request: after the answers that are owed, with `refusal` where
   * there is one. A request whose own body is broken is not answered but refused. False when it is being ended so already:
   * what a client still sends, or its end in the middle of a head, is refused by the parser once more.
   */
  refuse(refusal: Buffer | undefined): boolean {
    if (this.#isRefused) return false
    this.#isRefused = true
    this.#isEnding = true
    const isCut = this.#dropBroken()
    this.whenAnswered(() => {
      if (refusal !== undefined && !isCut) this.#socket.write(refusal)
      this.#farewell()
    })
    return true
  }

  /** Closes this side, and takes what still comes for a moment. */
  #farewell(): void {
    this.#socket.end()
    this.#socket.resume()
    const farewell = setTimeout(() => this.#socket.destroy(), FAREWELL_MS)
    this.#socket.once('close', () => clearTimeout(farewell))
  }

  /** Gives up the request whose body cannot be read on; whether its answer is on its way already, or out. */
  #dropBroken(): boolean {
    const last = [...this.#pending].at(-1)
    if (last === undefined) return this.#draining?.awaitsBody === true
    if (!last.awaitsBody) return false
    const { isAnswering } = last
    last.disconnect()
    this.#pending.delete(last)
    return isAnswering
  }

  /**
   * The client has closed its half. It may wait for the answer to a write (RFC 9112, 9.6); reads that are still being
   * decided are given up, because a client that has gone looks the same, and nothing is lost with them.
   */
  #halfClose(): void {
    const exchanges = [...this.#pending]
    const isUndecidedRead = ({ method, isAnswering }: Pipelined) =>
      !isAnswering && (method === 'GET' || method === 'HEAD')
    if (exchanges.length > 0 && exchanges.every(isUndecidedRead)) this.#socket.destroy()
  }

  #settle(): void {
    if (this.#pending.size > 0 || this.#socket.destroyed) return
    const callback = this.#onAnswered
    this.#onAnswered = undefined
    callback?.()
  }
}
