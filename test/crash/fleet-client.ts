// A client with little work of its own: what it does between two answers is time in which the server is not under load.
import { Agent, request } from 'node:http'
import type { Static } from 'typebox'
import type * as resources from '../../src/api/resources.ts'
import type * as statuses from '../../src/api/statuses.ts'

const BASE = '/api/hyperfleet/v1'

type NodePool = Static<typeof resources.NodePool>

export type ShownCondition = Static<typeof resources.ResourceCondition>
export type ShownStatus = Static<typeof statuses.AdapterStatus>

/** A cluster or nodepool of these tests as served. A cluster has no owner. */
export interface ShownResource extends Omit<NodePool, 'kind' | 'owner_references' | 'spec'> {
  readonly kind: 'Cluster' | 'NodePool'
  readonly owner_references?: NodePool['owner_references']
  readonly spec: { readonly n: number }
}

export interface List<T> {
  readonly total: number
  readonly items: readonly T[]
}

export interface Reply {
  readonly status: number
  readonly body: string
  /** The number of the change or of the state (contract 12.3). */
  readonly sequence: number
}

/** The connection broke before the whole answer was there: nobody knows whether the request was done. */
export class Unanswered extends Error {}

export class FleetClient {
  readonly #port: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })

  constructor(origin: string) {
    this.#port = new URL(origin).port
  }

  /** Rejects with Unanswered when the server is gone. */
  send(method: string, path: string, content?: object): Promise<Reply> {
    const body = content === undefined ? undefined : JSON.stringify(content)
    const headers =
      body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    return new Promise((resolve, reject) => {
      const refuse = (error: Error) => reject(new Unanswered(error.message))
      const options = { host: '127.0.0.1', port: this.#port, path: BASE + path, method, headers }
      const sent = request({ ...options, agent: this.#agent }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', refuse)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            sequence: Number(response.headers['x-hyperfleet-sequence']),
          }),
        )
      })
      sent.on('error', refuse)
      sent.end(body)
    })
  }

  /** Reads a path that must exist. The contract's tests check the shapes of answers. */
  async read<T>(path: string): Promise<T> {
    const { status, body } = await this.send('GET', path)
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${body}`)
    return JSON.parse(body) as T
  }

  /** All items of a list, page by page. */
  async readAll<T>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T[]> {
    const items: T[] = []
    for (let page = 1; ; page++) {
      const query = new URLSearchParams({ ...parameters, page: String(page), pageSize: '1000' })
      const list = await this.read<List<T>>(`${path}?${query}`)
      items.push(...list.items)
      if (items.length >= list.total || list.items.length === 0) return items
    }
  }

  close(): void {
    this.#agent.destroy()
  }
}
