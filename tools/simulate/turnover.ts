// The turnover of the fleet: deletes a share of the clusters and nodepools, lets their adapters finish, and creates the same again
// (contract, section 11). The plan decides what is deleted, and in which order.
import { adaptersOf } from './adapters.ts'
import type { Builder } from './builder.ts'
import type { Pace } from './crew.ts'
import type { LedgerEntry } from './ledger.ts'
import type { PlannedCluster, PlannedResource } from './plan.ts'
import { RandomStream } from './random.ts'
import { finalReport } from './reports.ts'
import { Resident, type Stage } from './residents.ts'

/** A cluster with its nodepools. */
export interface Family {
  readonly planned: PlannedCluster
  readonly cluster: Resident
  readonly nodepools: readonly Resident[]
}

export interface TurnoverCounts {
  deleted: number
  removedByForce: number
}

const REASON = 'the server awaits an adapter that the simulation does not play'

export class Turnover {
  readonly counts: TurnoverCounts = { deleted: 0, removedByForce: 0 }
  readonly #stage: Stage
  readonly #pace: Pace
  readonly #builder: Builder
  readonly #share: number

  /** @param share from 0 to 1 */
  constructor(stage: Stage, pace: Pace, builder: Builder, share: number) {
    this.#stage = stage
    this.#pace = pace
    this.#builder = builder
    this.#share = share
  }

  /** Replaces the cluster, or some of its nodepools, or nothing. */
  async renew({ planned, cluster, nodepools }: Family): Promise<void> {
    const random = new RandomStream(...planned.key, 'turnover')
    if (random.chance(this.#share)) {
      const children = [...nodepools, ...this.#othersOf(cluster.entry, nodepools)]
      // The adapters of the nodepools finish first, or the last nodepool takes its cluster along.
      const members = random.chance(0.5) ? [...children, cluster] : [cluster, ...children]
      const renew = () => this.#builder.build(planned)
      return this.#replace(cluster, members, random.chance(0.5), renew)
    }
    for (const nodepool of nodepools)
      if (random.chance(this.#share)) {
        const renew = async () => [await this.#builder.buildNodepool(cluster.entry, nodepool.planned)]
        await this.#replace(nodepool, [nodepool], random.chance(0.5), renew)
      }
  }

  /** The nodepools of a cluster that are not in the plan: a run with another seed has made them. */
  #othersOf(cluster: LedgerEntry, planned: readonly Resident[]): Resident[] {
    const known = new Set(planned.map(({ entry }) => entry))
    const others = [...this.#stage.ledger.nodepoolsOf(cluster)].filter(entry => !known.has(entry))
    return others.map(entry => new Resident(plannedLike(entry), entry))
  }

  /** Finishes what an earlier run has left behind: nodepools before their clusters. */
  async finish(entry: LedgerEntry): Promise<void> {
    const { api, ledger } = this.#stage
    // A cluster goes with its last nodepool once its own adapters have finished.
    if (!(await api.exists(entry.path))) return ledger.noteRemoval(entry)
    await this.#end(entry, [new Resident(plannedLike(entry), entry)])
  }

  /**
   * @param members the resource, and the nodepools that are deleted with it, in the order in which they are finished
   * @param isEarly true to use the names again before the removal: they are free from the deletion on (contract 4.3)
   */
  async #replace(
    resident: Resident,
    members: readonly Resident[],
    isEarly: boolean,
    renew: () => Promise<readonly Resident[]>,
  ): Promise<void> {
    await this.#delete(resident, members)
    const early = isEarly ? await renew() : []
    await this.#end(resident.entry, members)
    for (const renewed of isEarly ? early : await renew()) await this.#greet(renewed)
  }

  async #delete({ entry, planned }: Resident, members: readonly Resident[]): Promise<void> {
    const { api, ledger } = this.#stage
    await this.#pace.turn()
    const answered = await api.remove(entry.path)
    for (const member of members) ledger.noteDeletion(member.entry)
    this.counts.deleted += members.length
    if (answered === undefined || ledger.awaited(entry).length === 0) return
    const { deleted_time, generation } = answered
    ledger.expect(
      deleted_time !== undefined && generation === entry.generation,
      () => `${entry.path} has generation ${generation} and deleted_time ${deleted_time} after its deletion`,
    )
    ledger.expect(
      await api.refusesChange(entry.path, planned.spec(entry.generation)),
      () => `${entry.path} takes a change while it is being deleted`,
    )
  }

  /** Lets the adapters of all members finish, and checks that they are gone. */
  async #end(top: LedgerEntry, members: readonly Resident[]): Promise<void> {
    const { api, ledger } = this.#stage
    const awaited = members.map(member => ({ member, adapters: ledger.awaited(member.entry) }))
    for (const { member, adapters } of awaited)
      for (const profile of adaptersOf(member.entry.kind).filter(({ name }) => adapters.includes(name))) {
        await this.#pace.turn()
        await member.report(finalReport(profile, member.entry.generation), this.#stage)
      }
    const canEnd = awaited.every(({ member, adapters }) => arePlayed(member.entry, adapters))
    if (await api.exists(top.path)) {
      ledger.expect(!canEnd, () => `${top.path} is still there after all of its adapters have finished`)
      await api.removeByForce(top.path, REASON)
      this.counts.removedByForce += 1
    }
    for (const { entry } of members) {
      ledger.expect(!(await api.exists(entry.path)), () => `${entry.path} is still there after its removal`)
      ledger.noteRemoval(entry)
    }
  }

  /** Sends the first reports. */
  async #greet(resident: Resident): Promise<void> {
    while (resident.behind > 0) {
      await this.#pace.turn()
      await resident.play(this.#stage)
    }
  }
}

function arePlayed({ kind }: LedgerEntry, adapters: readonly string[]): boolean {
  const played = adaptersOf(kind).map(({ name }) => name)
  return adapters.every(adapter => played.includes(adapter))
}

/** A plan for the reports about a resource of an earlier run, whose plan is unknown. */
function plannedLike({ kind, name, labels }: LedgerEntry): PlannedResource {
  return { kind, name, labels: Object.fromEntries(labels), key: [0, name], spec: () => ({}) }
}
