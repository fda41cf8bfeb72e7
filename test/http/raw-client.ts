// A client that sends exactly the given bytes and reads answers one by one, for behaviour that no normal HTTP client
// shows.
import { connect, type Socket } from 'node:net'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

/** One answer as received. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case; the last value of a repeated header. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

/** A connection to 127.0.0.1. */
export class RawClient {
  readonly #socket: Socket
  #chunks: Buffer[] = []
  #bytes = 0
  #isClosed = false
  #wake: () => void = () => {}

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true)
    this.#socket.on('data', chunk => {
      this.#chunks.push(chunk)
      this.#bytes += chunk.length
      this.#wake()
    })
    // A reset connection counts as closed.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Bytes received but not yet parsed as an answer. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /** Sends text, one byte per character. */
  send(text: string | Buffer): this {
    this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause()
  }

  /** Reads some bytes while it is paused, if as many are there. */
  sip(bytes: number): void {
    this.#socket.read(bytes)
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Closes its half: sends nothing more, but still reads answers. */
  end(): this {
    this.#socket.end()
    return this
  }

  /** Disconnects, so that the server does not mistake it for a client that has only closed its half. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** Disconnects abruptly. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** The next answer; `isHead` if the request was HEAD. Fails if the connection closes too early. */
  async answer(isHead = false): Promise<RawAnswer> {
    const head = await this.#head()
    if (head.status === 100) return this.answer(isHead)
    const length = isHead ? 0 : Number(head.headers.get('content-length') ?? 0)
    await this.#until(() => this.#bytes >= length, `the end of a body of ${length} bytes`)
    return { ...head, body: this.#take(length) }
  }

  /** Resolves once the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#more()
  }

  /** Everything received until the connection closed. */
  async rest(): Promise<string> {
    await this.closed()
    return this.#take(this.#bytes).toString('latin1')
  }

  async #head(): Promise<{ status: number; headers: Map<string, string> }> {
    const isThere = () => this.#joined().includes('\r\n\r\n')
    await this.#until(isThere, 'the head of an answer')
    const end = this.#joined().indexOf('\r\n\r\n') + 4
    const [statusLine = '', ...lines] = this.#take(end).toString('latin1').trimEnd().split('\r\n')
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
    }
    return { status: Number(statusLine.split(' ')[1]), headers }
  }

  async #until(isThere: () => boolean, what: string): Promise<void> {
    while (!isThere()) {
      if (this.#isClosed) throw new Error(`the connection closed before ${what}`)
      await this.#more()
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error('nothing comes')), WAIT_HANGS_AFTER_MS)
      this.#wake = () => {
        clearTimeout(patience)
        resolve()
      }
    })
  }

  #joined(): Buffer {
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }

  #take(bytes: number): Buffer {
    const all = this.#joined()
    this.#chunks = [all.subarray(bytes)]
    this.#bytes -= bytes
    return all.subarray(0, bytes)
  }
}
