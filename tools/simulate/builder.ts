// Builds the fleet up: the planned clusters and nodepools that are not there yet are created, those that are there are
// used again.

import type { Pace } from './crew.ts'
import type { FleetApi } from './fleet-api.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'
import type { PlannedCluster, PlannedResource } from './plan.ts'
import { Resident } from './residents.ts'

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

  /** Resources created so far; the others were there. */
  get created(): number {
    return this.#created
  }

  /** Makes sure of a cluster with its nodepools; gives those that live in it, itself first. */
  async build(planned: PlannedCluster): Promise<readonly Resident[]> {
    const create = () => this.#api.createCluster(planned)
    const cluster = this.#ledger.find(planned.name) ?? (await this.#add(create))
    const residents = [new Resident(planned, cluster)]
    for (const nodepool of planned.nodepools) residents.push(await this.#buildNodepool(cluster, nodepool))
    return residents
  }

  async #buildNodepool(cluster: LedgerEntry, planned: PlannedResource): Promise<Resident> {
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
