// A client of a stream over HTTP: events as they come (contract 12.1).
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BASE } from './client.ts'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'

export interface StreamEvent {
  readonly type: string
  readonly sequence: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as they like
  readonly object?: any
  readonly since?: string
  /** Fields of a server-sent event, but `data`. */
  readonly fields: ReadonlyMap<string, string>
}

export interface StreamOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly method?: string
  /** Trusted certificate of the server. */
  readonly ca?: string
}

export class Stream {
  readonly #request: ClientRequest
  readonly #response: IncomingMessage
  readonly #isOfEvents: boolean
  #text = ''
  #isClosed = false
  #wake = () => {}
  /** Events that nobody has asked for. */
  readonly #waiting: StreamEvent[] = []

  private constructor(sent: ClientRequest, response: IncomingMessage) {
    this.#request = sent
    this.#response = response
    this.#isOfEvents = response.headers['content-type'] === 'text/event-stream'
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => this.#receive(chunk))
    response.on('error', () => {})
    response.on('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** Sends a request to a path under the base path. Resolves with the head of its answer. */
  static open(origin: string, path: string, options: StreamOptions = {}): Promise<Stream> {
    const url = new URL(origin)
    const { headers = {}, method = 'GET', ca } = options
    const target = {
      host: url.hostname,
      port: url.port,
      path: BASE + path,
      method,
      headers,
      agent: false as const,
    }
    return new Promise((resolve, reject) => {
      const opened = (response: IncomingMessage) => resolve(new Stream(sent, response))
      const sent = ca === undefined ? request(target, opened) : httpsRequest({ ...target, ca }, opened)
      sent.on('error', reject)
      sent.end()
    })
  }

  get status(): number {
    return this.#response.statusCode ?? 0
  }

  get headers(): IncomingHttpHeaders {
    return this.#response.headers
  }

  /** The text that is no event. */
  get text(): string {
    return this.#text
  }

  /** True if the answer came to its end. */
  get isComplete(): boolean {
    return this.#response.complete
  }

  /** The next event. Fails if the stream ends before it. */
  async next(patience = new Patience()): Promise<StreamEvent> {
    for (;;) {
      const event = this.#waiting.shift()
      if (event !== undefined) return event
      if (this.#isClosed) throw new Error('the stream has ended')
      await this.#more(patience)
    }
  }

  /** The events up to the next BOOKMARK, which is the last. */
  async untilBookmark(): Promise<StreamEvent[]> {
    return this.until(({ type }) => type === 'BOOKMARK')
  }

  async until(isLast: (event: StreamEvent) => boolean): Promise<StreamEvent[]> {
    const patience = new Patience()
    const events: StreamEvent[] = []
    for (;;) {
      const event = await this.next(patience)
      events.push(event)
      if (isLast(event)) return events
    }
  }

  /** The events that have come and nobody has asked for. */
  take(): StreamEvent[] {
    return this.#waiting.splice(0)
  }

  /** The events that are left, once the server has closed the connection. */
  async rest(): Promise<StreamEvent[]> {
    const patience = new Patience()
    while (!this.#isClosed) await this.#more(patience)
    return this.take()
  }

  pause(): void {
    this.#response.pause()
  }

  resume(): void {
    this.#response.resume()
  }

  close(): void {
    this.#request.destroy()
  }

  #receive(chunk: string): void {
    this.#text += chunk
    const isJson = this.#response.headers['content-type']?.endsWith('json') === true && !this.#isOfLines
    if (isJson) return
    const end = this.#isOfEvents ? '\n\n' : '\n'
    const messages = this.#text.split(end)
    this.#text = messages.pop() ?? ''
    for (const message of messages) {
      const event = this.#isOfEvents ? ofEvent(message) : ofLine(message)
      if (event !== undefined) this.#waiting.push(event)
    }
    this.#wake()
  }

  get #isOfLines(): boolean {
    return this.#response.headers['content-type'] === 'application/x-ndjson'
  }

  #more(patience: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it does not come')), patience.leftMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** The time for a whole wait, whatever comes meanwhile: a stream has a BOOKMARK every few seconds. */
class Patience {
  readonly #endsMs = performance.now() + WAIT_HANGS_AFTER_MS

  get leftMs(): number {
    return Math.max(0, this.#endsMs - performance.now())
  }
}

function ofLine(line: string): StreamEvent {
  return { ...JSON.parse(line), fields: new Map() }
}

/** Undefined for a block without data, which is no event. */
function ofEvent(message: string): StreamEvent | undefined {
  const fields = new Map(
    message.split('\n').map(line => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
  )
  const data = fields.get('data')
  if (data === undefined) return undefined
  fields.delete('data')
  return { ...JSON.parse(data), fields }
}
