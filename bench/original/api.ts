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

  /** Ids of the clusters with these names, which are all that there are. */
  async idsOf(names: readonly string[]): Promise<readonly string[]> {
    const ids = new Map<string, string>()
    for (let page = 1; (page - 1) * PAGE_SIZE < names.length; page++) {
      // The generation of March ignores the order, and its pages may overlap.
      const { items } = await this.#list({ page: String(page), order: 'name asc' }, PAGE_SIZE)
      for (const { name, id } of items) ids.set(name, id)
    }
    return Promise.all(names.map(name => ids.get(name) ?? this.#idOf(name)))
  }

  async #idOf(name: string): Promise<string> {
    const { items } = await this.#list({ search: `name = '${name}'` }, 1)
    const [cluster] = items
    if (cluster === undefined) throw new Error(`the cluster ${name} cannot be found`)
    return cluster.id
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
