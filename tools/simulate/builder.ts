// Builds the fleet: adds the resources of earlier runs to the ledger unchanged, and creates the planned clusters and nodepools
// that are missing.

import { resourcePath } from '../../src/cli/resources/lookup.ts'
import { quoted } from '../../src/cli/resources/selector.ts'
import { type Crew, type Pace, shareOut } from './crew.ts'
import type { Collection, FleetApi, ServedResource } from './fleet-api.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { PlannedCluster, PlannedResource } from './plan.ts'
import { Resident } from './residents.ts'

/** Reads every resource with the simulation's label, and its reports. Resolves with the counts. */
export async function readEarlier(
  api: FleetApi,
  ledger: Ledger,
  crew: Crew,
  namePrefix: string,
): Promise<Readonly<Record<Collection, number>>> {
  const search = `labels.simulation=${quoted(namePrefix)}`
  const readAll = async (collection: Collection) => {
    let found = 0
    for await (const page of api.pages(collection, search)) {
      await shareOut(crew, page, async resource => readResource(api, ledger, resource))
      found += page.length
    }
    return found
  }
  return { clusters: await readAll('clusters'), nodepools: await readAll('nodepools') }
}

async function readResource(api: FleetApi, ledger: Ledger, resource: ServedResource): Promise<void> {
  ledger.add(resource, await api.statuses(resourcePath(resource)))
}

export class Builder {
  readonly #api: FleetApi
  readonly #ledger: Ledger
  readonly #pace: Pace
  #created = 0

  constructor(api: FleetApi, ledger: Ledger, pace: Pace) {
    this.#api = api
    this.#ledger = ledger
    this.#pace = pace
  }

  /** Number of resources created so far; the others existed. */
  get created(): number {
    return this.#created
  }

  /** Ensures that a cluster and its nodepools exist. Resolves with their residents, the cluster's first. */
  async build(planned: PlannedCluster): Promise<readonly [Resident, ...Resident[]]> {
    const create = () => this.#api.createCluster(planned)
    const cluster = this.#ledger.find(planned.name) ?? (await this.#add(create))
    const residents: [Resident, ...Resident[]] = [new Resident(planned, cluster)]
    for (const nodepool of planned.nodepools) residents.push(await this.buildNodepool(cluster, nodepool))
    return residents
  }

  /** The same for one nodepool. */
  async buildNodepool(cluster: LedgerEntry, planned: PlannedResource): Promise<Resident> {
    const create = () => this.#api.createNodepool(cluster.path, planned)
    return new Resident(planned, this.#ledger.find(planned.name, cluster.path) ?? (await this.#add(create)))
  }

  async #add(create: () => ReturnType<FleetApi['createCluster']>): Promise<LedgerEntry> {
    await this.#pace.turn()
    const entry = this.#ledger.add(await create())
    this.#created += 1
    return entry
  }
}
