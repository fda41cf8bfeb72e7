// The index of the fleet: all indexes of both kinds of resources. Every write updates them as it is applied, so they always
// agree with the visible state.

import type { ResourceEntry } from '../state/entry.ts'
import type { Effect, FleetState } from '../state/fleet-state.ts'
import { unhandled } from '../state/put.ts'
import type { ResourceKind } from '../state/records.ts'
import type { ConditionIndex } from './conditions.ts'
import { ResourceIndex, type ResourceIndexOptions } from './resource-index.ts'
import { POSTING_LIST_HEAP_BYTES, type ValueIndex } from './value-index.ts'

/** Entries indexed in one turn of the event loop: about ten milliseconds of work. */
const ENTRIES_PER_TURN = 1000

export class FleetIndex {
  readonly #byKind: Readonly<Record<ResourceKind, ResourceIndex>>
  /** Slots indexed so far, by kind. A write to a later slot is ignored: the build reads its result. */
  readonly #built: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }

  private constructor(state: FleetState, options: ResourceIndexOptions) {
    this.#byKind = {
      Cluster: new ResourceIndex('Cluster', state, options),
      NodePool: new ResourceIndex('NodePool', state, options),
    }
    state.watch(effect => this.#update(effect))
  }

  /** Indexes everything in a state, and follows its writes from then on. */
  static attach(state: FleetState, options: ResourceIndexOptions): FleetIndex {
    const index = new FleetIndex(state, options)
    index.#build(Number.POSITIVE_INFINITY)
    return index
  }

  /** The same over many turns of the event loop, so that health checks are answered while a large fleet loads. */
  static async attachInTurns(state: FleetState, options: ResourceIndexOptions): Promise<FleetIndex> {
    const index = new FleetIndex(state, options)
    while (!index.#build(ENTRIES_PER_TURN)) await new Promise(setImmediate)
    return index
  }

  /** The indexes of a kind. */
  of(kind: ResourceKind): ResourceIndex {
    return this.#byKind[kind]
  }

  /** Lists the memory of each index. */
  memory(): IndexUse[] {
    return [...indexUses(this.#byKind.Cluster), ...indexUses(this.#byKind.NodePool)]
  }

  /** Indexes up to `limit` more entries. Returns whether that completes the build. */
  #build(limit: number): boolean {
    let left = limit
    for (const kind of ['Cluster', 'NodePool'] as const) {
      const index = this.#byKind[kind]
      for (; this.#built[kind] < index.slotCount; this.#built[kind]++) {
        if (left-- === 0) return false
        const entry = index.entryAt(this.#built[kind])
        index.update(entry, entry.resource, undefined)
      }
    }
    this.#built.Cluster = Number.POSITIVE_INFINITY
    this.#built.NodePool = Number.POSITIVE_INFINITY
    return true
  }

  #update(effect: Effect): void {
    switch (effect.kind) {
      case 'resource':
        this.#indexOf(effect.entry)?.update(effect.entry, effect.resource, effect.previous)
        return
      case 'conditions':
        this.#indexOf(effect.entry)?.updateConditions(effect.entry, effect.conditions, effect.previous)
        return
      // Statuses have no index: their effect on a resource comes with its conditions.
      case 'status':
      case 'removal':
        return
      default:
        unhandled(effect)
    }
  }

  /** The index of an entry; undefined if the build has not reached it yet. */
  #indexOf({ kind, slot }: ResourceEntry): ResourceIndex | undefined {
    return slot < this.#built[kind] ? this.#byKind[kind] : undefined
  }
}

/** The memory of one index of a kind of resource. */
export interface IndexUse {
  /** Such as `Cluster labels.env` or `NodePool status.conditions.Ready.last_updated_time`. */
  readonly name: string
  /** In linear memory and, estimated, on the heap. The values themselves belong to the records. */
  readonly bytes: number
  /** Number of slots with a value. */
  readonly entries: number
}

interface Sized {
  readonly bytes: number
  readonly size: number
}

/** The memory of every index of a kind, named by its field. */
export function indexUses(index: ResourceIndex): IndexUse[] {
  const named = (uses: readonly IndexUse[]) =>
    uses.map(use => ({ ...use, name: `${index.kind} ${use.name}` }))
  return named([
    valueUse('name', index.names),
    valueUse('owner_id', index.owners),
    valueUse('created_by', index.creators),
    valueUse('updated_by', index.updaters),
    valueUse('generation', index.generations),
    columnUse('generation column', index.generationColumn),
    columnUse('created_time', index.createdTimes),
    columnUse('updated_time', index.updatedTimes),
    ...[...index.labels.entries()].map(([key, label]) => ({
      name: `labels.${key}`,
      bytes: label.bytes,
      entries: label.presence.size,
    })),
    ...[...index.conditions.entries()].flatMap(([type, condition]) => conditionUses(type, condition)),
  ])
}

function conditionUses(type: string, condition: ConditionIndex): IndexUse[] {
  const name = `status.conditions.${type}`
  const lists = [condition.presence, condition.withStatus('True'), condition.withStatus('False')]
  const bytes = lists.reduce((sum, list) => sum + list.bytes + POSTING_LIST_HEAP_BYTES, 0)
  return [
    { name, bytes, entries: condition.presence.size },
    columnUse(`${name}.last_updated_time`, condition.lastUpdatedTimes),
    columnUse(`${name}.last_transition_time`, condition.lastTransitionTimes),
    columnUse(`${name}.observed_generation`, condition.observedGenerations),
  ]
}

function valueUse(name: string, index: ValueIndex<string> | ValueIndex<number>): IndexUse {
  return { name, bytes: index.bytes, entries: index.slotCount }
}

function columnUse(name: string, column: Sized): IndexUse {
  return { name, bytes: column.bytes, entries: column.size }
}
