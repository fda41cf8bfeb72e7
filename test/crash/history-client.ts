// A client of clusters that it shares with all others: writes to them and reads them in every way there is.
import type { Draw } from '../search/random-state.ts'
import {
  type FleetClient,
  type List,
  type ShownResource,
  type ShownStatus,
  Unanswered,
} from './fleet-client.ts'
import type { History } from './history.ts'
import * as register from './register.ts'

export interface HistoryClientOptions {
  readonly client: FleetClient
  readonly history: History
  readonly draw: Draw
  /** Their ids. */
  readonly clusters: readonly string[]
  /** A number that nobody else ever gets, greater than all before it. */
  readonly nextNumber: () => number
}

export class HistoryClient {
  readonly #options: HistoryClientOptions
  /** About the newest generation seen: what searches ask about. */
  #generation = 1
  #report = 0

  constructor(options: HistoryClientOptions) {
    this.#options = options
  }

  /** Creates the clusters of a history, each with a report of every adapter. */
  static async found(client: FleetClient, history: History, count: number): Promise<string[]> {
    const ids: string[] = []
    for (let i = 0; i < count; i++) {
      const body = { kind: 'Cluster', name: `shared-${i}`, spec: { n: 0 }, labels: { shared: 'yes' } }
      const { id } = shown((await client.send('POST', '/clusters', body)).body)
      for (const adapter of register.ADAPTERS)
        await client.send('POST', `/clusters/${id}/statuses`, reportBody(adapter, 0))
      history.begin(id, { generation: 1, n: 0, reports: { dns: 0, validator: 0 } })
      ids.push(id)
    }
    return ids
  }

  /** Writes until the server is gone. */
  write(): Promise<void> {
    const { draw, clusters } = this.#options
    return untilUnanswered(() => {
      const cluster = clusters[draw(clusters.length)] ?? ''
      const share = draw(10)
      if (share < 4) return this.#change(cluster)
      return share < 9 ? this.#reportAbout(cluster) : this.#changeNothing(cluster)
    })
  }

  /** Reads until the server is gone. */
  read(): Promise<void> {
    const { draw, clusters } = this.#options
    return untilUnanswered(() => {
      const cluster = clusters[draw(clusters.length)] ?? ''
      switch (draw(5)) {
        case 0:
          return this.#readList()
        case 1:
          return this.#searchGeneration()
        case 2:
          return this.#searchReports()
        case 3:
          return this.#readStatuses(cluster)
        default:
          return this.#readOne(cluster)
      }
    })
  }

  async #change(cluster: string): Promise<void> {
    const { client, history, nextNumber } = this.#options
    const n = nextNumber()
    await history.write(
      cluster,
      `change spec to ${n}`,
      async () =>
        shown((await client.send('PATCH', `/clusters/${cluster}`, { spec: { n } })).body).generation,
      generation => register.change(n, generation),
    )
  }

  async #reportAbout(cluster: string): Promise<void> {
    const { client, history, draw, nextNumber } = this.#options
    const adapter = this.#adapter()
    // Some come too late to be stored.
    const number = Math.max(0, nextNumber() - (draw(3) === 0 ? 20 : 0))
    await history.write(
      cluster,
      `report ${number} of ${adapter}`,
      async () =>
        (await client.send('POST', `/clusters/${cluster}/statuses`, reportBody(adapter, number))).status,
      status => register.report(adapter, number, status),
    )
  }

  /** Its answer shows the newest version, and so is a read (contract 3.5, 4.8). */
  async #changeNothing(cluster: string): Promise<void> {
    const { client, history } = this.#options
    await history.read(
      'change nothing',
      async () =>
        shown((await client.send('PATCH', `/clusters/${cluster}`, { labels: { shared: 'yes' } })).body),
      answer => [[cluster, this.#see(answer)]],
    )
  }

  async #readOne(cluster: string): Promise<void> {
    const { client, history } = this.#options
    await history.read(
      'read by id',
      () => client.read<ShownResource>(`/clusters/${cluster}`),
      answer => [[cluster, this.#see(answer)]],
    )
  }

  async #readStatuses(cluster: string): Promise<void> {
    const { client, history } = this.#options
    await history.read(
      'read the statuses',
      () => client.read<List<ShownStatus>>(`/clusters/${cluster}/statuses`),
      ({ items }) => [[cluster, register.readReports(register.reportsOf(items))]],
    )
  }

  #readList(): Promise<void> {
    return this.#find('list', "labels.shared = 'yes'", () => undefined)
  }

  #searchGeneration(): Promise<void> {
    const generation = this.#generation
    return this.#find('search by generation', `generation > ${generation}`, () =>
      register.notAbove(generation),
    )
  }

  #searchReports(): Promise<void> {
    const [adapter, number] = [this.#adapter(), this.#report]
    const search = `${register.reportField(adapter)} >= '${register.reportTime(number)}'`
    return this.#find('search by report', search, () => register.notReported(adapter, number))
  }

  /** @param missing what it says about a cluster that it is not found */
  async #find(name: string, search: string, missing: () => register.Apply | undefined): Promise<void> {
    const { client, history, clusters } = this.#options
    await history.read(
      `${name} ${search}`,
      () => client.read<List<ShownResource>>(`/clusters?search=${encodeURIComponent(search)}`),
      ({ items }) => {
        const found = new Map(items.map(item => [item.id, this.#see(item)]))
        return clusters.flatMap((cluster): [string, register.Apply][] => {
          const apply = found.get(cluster) ?? missing()
          if (apply === undefined) throw new Error(`${name} does not show ${cluster}`)
          return [[cluster, apply]]
        })
      },
    )
  }

  #see(resource: ShownResource): register.Apply {
    const state = register.stateOf(resource)
    this.#generation = Math.max(this.#generation, state.generation)
    this.#report = Math.max(this.#report, state.reports.dns, state.reports.validator)
    return register.read(state)
  }

  #adapter(): register.Adapter {
    return register.ADAPTERS[this.#options.draw(register.ADAPTERS.length)] ?? 'dns'
  }
}

async function untilUnanswered(act: () => Promise<void>): Promise<void> {
  try {
    for (;;) await act()
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
  }
}

/** The contract's tests check the shapes of answers. */
function shown(body: string): ShownResource {
  return JSON.parse(body) as ShownResource
}

function reportBody(adapter: string, number: number): object {
  const condition = (type: string) => ({ type, status: 'True' })
  return {
    adapter,
    observed_generation: 1,
    observed_time: register.reportTime(number),
    conditions: [condition('Available'), condition('Applied'), condition('Health')],
  }
}
