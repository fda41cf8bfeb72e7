// Unanswered requests of one node:http connection. To end the connection, the outstanding answers are sent first, and
// nothing is read after the request that ends it (RFC 9112, 9.3.2 and 9.6).
import type { Socket } from 'node:net'

/** A request as seen by its connection. */
export interface Pipelined {
  readonly method: string
  /** True if a part of the answer may have been sent. */
  readonly isAnswering: boolean
  /** True if more of its body is expected. */
  readonly awaitsBody: boolean
  /** True if its answer has no end of its own. */
  readonly isOpenEnded: boolean
  /** Called when no answer can reach the client. */
  disconnect(): void
}

/** Time for a client to read a last answer and close its side. Beyond: the connection is destroyed. */
const FAREWELL_MS = 2000

/** Unanswered requests of one connection, in order. */
export class Pipeline {
  readonly #socket: Socket
  readonly #pending = new Set<Pipelined>()
  /** The last request, if it was answered before its body was complete. */
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

  /** True if nothing more is read. Bytes after the last request of a connection are not a request. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  add(exchange: Pipelined): void {
    this.#pending.add(exchange)
  }

  /** An exchange has ended: its answer has been handed to the system. */
  remove(exchange: Pipelined): void {
    this.#pending.delete(exchange)
    this.#draining = exchange.awaitsBody ? exchange : undefined
    this.#settle()
  }

  /** Makes the request that has just arrived the last one. */
  stopReading(): void {
    this.#isEnding = true
  }

  /**
   * Makes node:http close the connection in steps after the next answer, even if more of the body may arrive. If the
   * connection were closed at once, a client that is still sending would lose the answer (RFC 9112, section 9.6).
   */
  endInSteps(): void {
    this.#isEnding = true
    this.#socket.destroySoon = () => this.#farewell()
  }

  /** Calls back once, as soon as all outstanding answers are sent. */
  whenAnswered(callback: () => void): void {
    this.#onAnswered = callback
    this.#settle()
  }

  /**
   * Ends the connection because of invalid bytes: sends the outstanding answers, then `refusal` if given. A request with
   * a broken body is not answered but refused. False if the connection is already being ended; the parser reports a
   * second error if the client keeps sending, or stops in the middle of a head.
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

  /** Closes this side and drains what still arrives for a moment. */
  #farewell(): void {
    this.#socket.end()
    this.#socket.resume()
    const farewell = setTimeout(() => this.#socket.destroy(), FAREWELL_MS)
    this.#socket.once('close', () => clearTimeout(farewell))
  }

  /** Drops the request whose body cannot be read further. True if its answer is being sent or was sent. */
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
   * The client has closed its half. It may still wait for the answer to a write (RFC 9112, 9.6). Undecided reads and streams are
   * dropped: a disconnected client looks the same, and nothing is lost.
   */
  #halfClose(): void {
    const exchanges = [...this.#pending]
    const isDroppable = ({ method, isAnswering, isOpenEnded }: Pipelined) =>
      isOpenEnded || (!isAnswering && (method === 'GET' || method === 'HEAD'))
    if (exchanges.length > 0 && exchanges.every(isDroppable)) this.#socket.destroy()
  }

  #settle(): void {
    if (this.#pending.size > 0 || this.#socket.destroyed) return
    const callback = this.#onAnswered
    this.#onAnswered = undefined
    callback?.()
  }
}
