// Clients for overload tests: some send almost nothing for a long time, others send requests all the time.
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** Result of one request. */
export interface Outcome {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: string
  readonly durationMs: number
}

/** Sends requests over persistent connections, one at a time on each. */
export class Poller {
  readonly #origin: URL
  readonly #agent: Agent

  constructor(origin: string, connections: number) {
    this.#origin = new URL(origin)
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  ask(path: string, body?: object): Promise<Outcome> {
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const headers = bytes && { 'content-type': 'application/json', 'content-length': bytes.length }
    const startedMs = performance.now()
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: this.#origin.hostname,
          port: this.#origin.port,
          path,
          method: bytes === undefined ? 'GET' : 'POST',
          agent: this.#agent,
          ...(headers && { headers }),
        },
        answer => {
          let text = ''
          answer.setEncoding('utf8')
          answer.on('data', (chunk: string) => {
            text += chunk
          })
          answer.on('error', reject)
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              retryAfter: answer.headers['retry-after'],
              body: text,
              durationMs: performance.now() - startedMs,
            }),
          )
        },
      )
      sent.on('error', reject)
      sent.end(bytes)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** A connection that sends a text, then one byte after another, and reconnects when it is closed. */
export class SlowSender {
  readonly #port: number
  readonly #opening: string
  #socket: Socket | undefined
  #isOver = false
  #cutOffs = 0

  constructor(port: number, opening: string) {
    this.#port = port
    this.#opening = opening
    this.#open()
  }

  /** Number of times the server has closed the connection. */
  get cutOffs(): number {
    return this.#cutOffs
  }

  drip(): void {
    if (this.#socket?.writable) this.#socket.write('x')
  }

  stop(): void {
    this.#isOver = true
    this.#socket?.destroy()
  }

  #open(): void {
    const socket = connect(this.#port, '127.0.0.1', () => socket.write(this.#opening))
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', () => {})
    socket.on('close', () => {
      if (this.#isOver) return
      this.#cutOffs++
      this.#open()
    })
  }
}

/** The percentile of the numbers at this share. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
