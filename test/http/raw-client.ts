// A client that sends exactly the bytes it is given and reads answers one by one: what no well-behaved client does has
// to be tested too.
import { connect, type Socket } from 'node:net'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

/** One answer as it came. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case; of several headers of one name the last. */
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
    // A connection that is reset is a closed one.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Bytes received and not yet read as an answer. */
  get pendingBytes(): number {
    return this.#bytes
  }

  /** Sends text one byte for each character. */
  send(text: string | Buffer): this {
    this.#socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  /** Stops taking what comes. */
  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Ends its half: nothing more is sent, and answers are still read. */
  end(): this {
    this.#socket.end()
    return this
  }

  /** Leaves so that the server cannot take it for a client that has only closed its half. */
  reset(): void {
    this.#socket.resetAndDestroy()
  }

  /** Leaves without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** The next answer; `isHead` when it was asked for with HEAD. Fails when the connection closes before its end. */
  async answer(isHead = false): Promise<RawAnswer> {
    const head = await this.#head()
    if (head.status === 100) return this.answer(isHead)
    const length = isHead ? 0 : Number(head.headers.get('content-length') ?? 0)
    await this.#until(() => this.#bytes >= length, `the end of a body of ${length} bytes`)
    return { ...head, body: this.#take(length) }
  }

  /** Resolves when the server has closed the connection. */
  async closed(): Promise<void> {
    while (!this.#isClosed) await this.#more()
  }

  /** Everything that came until the connection was closed. */
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
