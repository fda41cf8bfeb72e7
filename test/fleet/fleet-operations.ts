// Random operations on a fleet, most of them sensible, chosen with a view of what the oracle holds.
import type { ReportedStatus, ResourceKind } from '../../src/state/records.ts'
import type { Random } from '../harness/random.ts'
import type { FleetOracle } from './fleet-oracle.ts'

export type Address =
  | { readonly kind: 'Cluster'; readonly id: string }
  | { readonly kind: 'NodePool'; readonly clusterId: string | undefined; readonly id: string }

export type Operation =
  | {
      readonly kind: 'create'
      /** The cluster of a nodepool. */
      readonly clusterId: string | undefined
      readonly name: string
      readonly spec: object
      readonly labels: Record<string, string> | undefined
    }
  | {
      readonly kind: 'patch'
      readonly address: Address
      readonly spec: object | undefined
      readonly labels: Record<string, string> | undefined
    }
  | ReportOperation
  | { readonly kind: 'delete'; readonly address: Address }
  | { readonly kind: 'force-delete'; readonly address: Address; readonly reason: string }
  | { readonly kind: 'read' | 'statuses'; readonly address: Address }
  | {
      readonly kind: 'list'
      /** All clusters, all nodepools, or the nodepools of one cluster. */
      readonly of: 'clusters' | 'nodepools' | { readonly clusterId: string }
      readonly page: number
      readonly pageSize: number
      readonly name: string | undefined
    }

export interface ReportOperation {
  readonly kind: 'report'
  readonly address: Address
  readonly adapter: string
  readonly generation: number
  /** Milliseconds since the Unix epoch. */
  readonly observedMs: number
  readonly available: ReportedStatus
  /** The status of the condition `Finalized`; undefined if the report has none. */
  readonly finalized: ReportedStatus | undefined
}

export interface Answer {
  readonly status: number
  readonly code?: string
  readonly json?: unknown
}

const ADAPTERS = ['dns', 'validator', 'pool', '3scale'] as const

const CLUSTER_NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta']
const NODEPOOL_NAMES = ['one', 'two', 'six']
const UNKNOWN_ID = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'
/** Beyond it most creations make way for deletions. */
const MANY = 12

/** Chooses operations. Remembers ids of what was removed. */
export class Operations {
  readonly #random: Random
  readonly #known: Record<ResourceKind, string[]> = { Cluster: [], NodePool: [] }

  constructor(random: Random) {
    this.#random = random
  }

  next(oracle: FleetOracle, nowMs: number): Operation {
    const random = this.#random
    for (const kind of ['Cluster', 'NodePool'] as const) {
      const known = this.#known[kind]
      const newest = oracle.resources(kind).at(-1)?.id
      if (newest !== undefined && !known.includes(newest)) known.push(newest)
      if (known.length > 40) known.shift()
    }
    const isFull = oracle.resources('Cluster').length > MANY
    const dice = random.below(100)
    if (dice < (isFull ? 2 : 12)) return this.#create(undefined)
    if (dice < 24) return this.#create(this.#id(oracle, 'Cluster'))
    if (dice < 34) return this.#patch(oracle)
    if (dice < 66) return this.#report(oracle, nowMs)
    if (dice < (isFull ? 80 : 76)) return { kind: 'delete', address: this.#address(oracle) }
    if (dice < 84)
      return { kind: 'force-delete', address: this.#address(oracle), reason: random.of(['stuck', 'x', ' ']) }
    if (dice < 89) return { kind: 'read', address: this.#address(oracle) }
    if (dice < 92) return { kind: 'statuses', address: this.#address(oracle) }
    const of = random.of(['clusters', 'nodepools', { clusterId: this.#id(oracle, 'Cluster') }] as const)
    return {
      kind: 'list',
      of,
      page: 1 + random.below(3),
      pageSize: 1 + random.below(8),
      name: random.chance(0.3) ? random.of([...CLUSTER_NAMES, ...NODEPOOL_NAMES]) : undefined,
    }
  }

  #create(clusterId: string | undefined): Operation {
    const random = this.#random
    const name = random.of(clusterId === undefined ? CLUSTER_NAMES : NODEPOOL_NAMES)
    return { kind: 'create', clusterId, name, spec: this.#spec(), labels: this.#labels() }
  }

  #patch(oracle: FleetOracle): Operation {
    const random = this.#random
    return {
      kind: 'patch',
      address: this.#address(oracle),
      spec: random.chance(0.6) ? this.#spec() : undefined,
      labels: this.#labels(),
    }
  }

  #report(oracle: FleetOracle, nowMs: number): Operation {
    const random = this.#random
    const address = this.#address(oracle)
    const generation = oracle.resources(address.kind).find(({ id }) => id === address.id)?.generation ?? 1
    const statuses: readonly ReportedStatus[] = ['True', 'True', 'False', 'Unknown']
    return {
      kind: 'report',
      address,
      adapter: random.of(ADAPTERS),
      generation: Math.max(1, generation + random.of([0, 0, 0, 0, 0, -1, 1])),
      observedMs: nowMs - 1000 * random.of([0, 0, 0, 1, 2, 5]),
      available: random.of(statuses),
      finalized: random.chance(0.6) ? random.of(['True', 'True', 'True', 'False', 'Unknown']) : undefined,
    }
  }

  #address(oracle: FleetOracle): Address {
    const random = this.#random
    if (random.chance(0.5)) return { kind: 'Cluster', id: this.#id(oracle, 'Cluster') }
    const id = this.#id(oracle, 'NodePool')
    if (random.chance(0.5)) return { kind: 'NodePool', clusterId: undefined, id }
    const own = oracle.resources('NodePool').find(nodepool => nodepool.id === id)?.ownerId
    const clusterId = own !== undefined && random.chance(0.9) ? own : this.#id(oracle, 'Cluster')
    return { kind: 'NodePool', clusterId, id }
  }

  /** Mostly a resource that exists, otherwise one that is gone, of the other kind, or unknown. */
  #id(oracle: FleetOracle, kind: ResourceKind): string {
    const random = this.#random
    const present = oracle.resources(kind)
    if (present.length > 0 && random.chance(0.9)) return random.of(present).id
    const known = this.#known[random.chance(0.8) ? kind : kind === 'Cluster' ? 'NodePool' : 'Cluster']
    return known.length > 0 ? random.of(known) : UNKNOWN_ID
  }

  #spec(): object {
    return { n: this.#random.below(3) }
  }

  #labels(): Record<string, string> | undefined {
    if (this.#random.chance(0.4)) return undefined
    return this.#random.of([{}, { a: '1' }, { a: '2', deleted_time: 'x' }])
  }
}
