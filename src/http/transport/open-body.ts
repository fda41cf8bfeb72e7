// The sending side of a body without a length, the same on both engines: a client that is behind is waited for, and cut off once it has
// taken nothing for the answer deadline.
import type { SlowClient, SlowClients } from './slow-clients.ts'
import type { BodyWriter, OpenBody, OpenEnd } from './transport.ts'

/** The part of the engine. None of it is called after the client has disconnected, or after `end`. */
export interface OpenChannel {
  /** Sends bytes, and keeps no reference to them. Returns false if the client did not take all at once. */
  write(bytes: Buffer): boolean
  /** Ends the body, and closes the connection once the client has taken everything. */
  end(): void
  /** Closes the connection at once. */
  cutOff(): void
  /** Frees what the channel holds. Called once, when nothing can be sent any more. */
  free(): void
}

/** The other side of a connection. */
export type Peer = Pick<SlowClient, 'address' | 'port'>

export class OpenBodyWriter implements BodyWriter, SlowClient {
  readonly address: string
  readonly port: number | undefined
  readonly #body: OpenBody
  readonly #channel: OpenChannel
  readonly #slowClients: SlowClients
  #isBehind = false
  #isEnding = false
  #isStalled = false
  #isOver = false

  /** @param slowClients finds out that the client takes nothing */
  constructor(body: OpenBody, channel: OpenChannel, peer: Peer, slowClients: SlowClients) {
    this.address = peer.address
    this.port = peer.port
    this.#body = body
    this.#channel = channel
    this.#slowClients = slowClients
  }

  /** Begins the body in the turn of its head. For the engine. */
  begin(): void {
    this.#body.begin(this)
  }

  write(bytes: Buffer): boolean {
    if (this.#isOver || this.#isEnding || bytes.length === 0) return !this.#isBehind
    const isTaken = this.#channel.write(bytes)
    if (!isTaken && !this.#isBehind) this.#fallBehind()
    return isTaken
  }

  end(): void {
    if (this.#isOver || this.#isEnding) return
    this.#isEnding = true
    if (!this.#isBehind) this.#channel.end()
  }

  cutOff(): void {
    if (this.#isOver) return
    this.#isEnding = true
    this.#channel.cutOff()
  }

  /** The client has taken something, so that there is room again. For the engine. */
  catchUp(): void {
    if (!this.#isBehind || this.#isOver) return
    this.#isBehind = false
    this.#slowClients.remove(this)
    if (this.#isEnding) this.#channel.end()
    else this.#body.ready()
  }

  /** The client has taken nothing for the deadline. */
  stalled(): void {
    this.#isStalled = true
    this.cutOff()
  }

  /** Nothing can be sent any more. For the exchange. */
  over(end: OpenEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#slowClients.remove(this)
    this.#channel.free()
    this.#body.over(this.#isStalled ? 'stalled' : end)
  }

  #fallBehind(): void {
    this.#isBehind = true
    this.#slowClients.add(this)
  }
}
