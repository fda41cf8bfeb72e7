// Requests of either server whose answers are read; the measured ones are not.
import type { Address } from '../load/traffic/connection.ts'
import { CLUSTERS_PATH } from '../load/workloads.ts'

/** Largest page of every generation of the original. */
const PAGE_SIZE = 100

interface ServedCluster {
  readonly id: string
  readonly name: string
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] }
}

interface ServedList {
  readonly total: number
  readonly items: readonly ServedCluster[]
}

export class Api {
  readonly origin: string

  constructor({ host = '127.0.0.1', port }: Address) {
    this.origin = `http://${host}:${port}`
  }

  /** Creates a cluster. Resolves with the types of its conditions. */
  async create(body: string): Promise<readonly string[]> {
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }
    const cluster = (await this.#ask('', 201, init)) as ServedCluster // the form of every generation
    return (cluster.status?.conditions ?? []).map(({ type }) => type)
  }

  /** Number of clusters that a search finds. */
  async count(search?: string): Promise<number> {
    return (await this.#list({ ...(search === undefined ? {} : { search }), page: '1' }, 1)).total
  }

  async idsByName(clusters: number): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>()
    for (let page = 1; (page - 1) * PAGE_SIZE < clusters; page++)
      for (const { name, id } of (await this.#list({ page: String(page) }, PAGE_SIZE)).items)
        ids.set(name, id)
    return ids
  }

  async #list(parameters: Readonly<Record<string, string>>, size: number): Promise<ServedList> {
    // The generations have different names for the size of a page, and ignore the other name.
    const query = new URLSearchParams({ ...parameters, size: String(size), pageSize: String(size) })
    return (await this.#ask(`?${query}`, 200)) as ServedList // the form of every generation
  }

  async #ask(target: string, status: number, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(`${this.origin}${CLUSTERS_PATH}${target}`, init)
    if (response.status === status) return response.json()
    throw new Error(
      `a request was answered ${response.status} instead of ${status}: ${await response.text()}`,
    )
  }
}
