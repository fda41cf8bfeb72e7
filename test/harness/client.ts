// Client for tests. Sends any request, byte by byte if necessary, and checks every answer against the OpenAPI document
// and the rules for all answers (contract 1.3, 2.3, section 9).
import assert from 'node:assert/strict'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { type AnswerChecker, createAnswerChecker } from './answer-checker.ts'

export const BASE = '/api/hyperfleet/v1'

export interface TestAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body as JSON, or undefined when there is none. Tests look into it as they like. */
  // biome-ignore lint/suspicious/noExplicitAny: the shapes are checked against the OpenAPI document already
  readonly json: any
}

export interface Sending {
  readonly method?: string
  readonly headers?: Record<string, string>
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: unknown
}

export class TestClient {
  readonly #origin: string
  readonly #headers: Record<string, string>
  readonly #agent = new Agent({ keepAlive: true })
  #checker: AnswerChecker | undefined

  /** @param headers sent with every request */
  constructor(origin: string, headers: Record<string, string> = {}) {
    this.#origin = origin
    this.#headers = headers
  }

  get(path: string, headers?: Record<string, string>): Promise<TestAnswer> {
    return this.send(path, { headers: headers ?? {} })
  }

  /** A list with its parameters properly encoded. */
  list(path: string, parameters: Record<string, string | number>): Promise<TestAnswer> {
    const query = Object.entries(parameters)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&')
    return this.get(query === '' ? path : `${path}?${query}`)
  }

  post(path: string, body: unknown): Promise<TestAnswer> {
    return this.send(path, { method: 'POST', body })
  }

  put(path: string, body: unknown): Promise<TestAnswer> {
    return this.send(path, { method: 'PUT', body })
  }

  patch(path: string, body: unknown): Promise<TestAnswer> {
    return this.send(path, { method: 'PATCH', body })
  }

  delete(path: string): Promise<TestAnswer> {
    return this.send(path, { method: 'DELETE' })
  }

  forceDelete(path: string, reason: unknown = 'stuck'): Promise<TestAnswer> {
    return this.post(`${path}/force-delete`, { reason })
  }

  /** Sends a request to a path under the base path, or to a whole path that begins with `/api`. */
  async send(path: string, sending: Sending): Promise<TestAnswer> {
    const whole = path.startsWith('/api') ? path : BASE + path
    const answer = await this.#exchange(whole, sending)
    this.#checker ??= createAnswerChecker((await this.#exchange(`${BASE}/openapi`, {})).json)
    const [target = '', query = ''] = whole.split('?')
    const isPartial = new URLSearchParams(query).has('fields')
    this.#checker(sending.method ?? 'GET', target, answer, isPartial)
    return answer
  }

  /** Creates a cluster that must succeed; gives it as served. */
  async cluster(name: string, extra: Record<string, unknown> = {}) {
    const answer = await this.post('/clusters', { kind: 'Cluster', name, spec: {}, ...extra })
    assert.equal(answer.status, 201, answer.text)
    return answer.json
  }

  /** Creates a nodepool that must succeed; gives it as served. */
  async nodepool(clusterId: string, name: string, extra: Record<string, unknown> = {}) {
    const path = `/clusters/${clusterId}/nodepools`
    const answer = await this.post(path, { kind: 'NodePool', name, spec: {}, ...extra })
    assert.equal(answer.status, 201, answer.text)
    return answer.json
  }

  close(): void {
    this.#agent.destroy()
  }

  #exchange(path: string, { method = 'GET', headers = {}, body }: Sending): Promise<TestAnswer> {
    const bytes = toBytes(body)
    const type = bytes === undefined ? {} : { 'content-type': 'application/json' }
    const isSized = bytes !== undefined && !('transfer-encoding' in headers)
    const length = isSized ? { 'content-length': String(bytes.length) } : {}
    const all = { ...type, ...length, ...this.#headers, ...headers }
    return new Promise((resolve, reject) => {
      const url = new URL(this.#origin)
      const sent = request(
        { host: url.hostname, port: url.port, path, method, headers: all, agent: this.#agent },
        response => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString('utf8')
            const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== ''
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text,
              json: isJson ? JSON.parse(text) : undefined,
            })
          })
        },
      )
      sent.on('error', reject)
      sent.end(bytes)
    })
  }
}

function toBytes(body: unknown): Buffer | undefined {
  if (body === undefined) return undefined
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** A report with the three mandatory conditions (contract 5.2). */
export function report(
  adapter: string,
  available: 'True' | 'False' | 'Unknown',
  generation: number,
  time: string,
  extra: Record<string, unknown> = {},
) {
  return {
    adapter,
    observed_generation: generation,
    observed_time: time,
    conditions: [
      { type: 'Available', status: available, reason: 'Tested', message: 'As the test has it' },
      { type: 'Applied', status: 'True' },
      { type: 'Health', status: 'True' },
    ],
    ...extra,
  }
}

/** A report of an adapter that has cleaned up, as adapters send it (contract 11.7). */
export function finalized(
  adapter: string,
  generation: number,
  time: string,
  {
    available = 'False',
    status = 'True',
  }: { available?: 'True' | 'False' | 'Unknown'; status?: string } = {},
) {
  const body = report(adapter, available, generation, time)
  return { ...body, conditions: [...body.conditions, { type: 'Finalized', status }] }
}
