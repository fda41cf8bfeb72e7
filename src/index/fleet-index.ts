// The index of the fleet: all indexes of both kinds of resources, kept by every write as it is applied, so that they
// always agree with the visible state.
import type { ResourceKind } from '../store/records.ts'
import type { Applied, FleetState } from '../store/state.ts'
import { type IndexUse, indexUses } from './index-use.ts'
import { ResourceIndex, type ResourceIndexOptions } from './resource-index.ts'

export class FleetIndex {
  readonly #byKind: Readonly<Record<ResourceKind, ResourceIndex>>

  private constructor(state: FleetState, options: ResourceIndexOptions) {
    this.#byKind = {
      Cluster: new ResourceIndex('Cluster', state, options),
      NodePool: new ResourceIndex('NodePool', state, options),
    }
  }

  /** Builds the indexes of all that a loaded state holds, and keeps them from then on. */
  static attach(state: FleetState, options: ResourceIndexOptions): FleetIndex {
    const index = new FleetIndex(state, options)
    for (const kind of ['Cluster', 'NodePool'] as const) {
      for (const entry of state.resources(kind)) index.of(kind).update(entry, undefined)
    }
    state.watch(applied => index.#update(applied))
    return index
  }

  /** The indexes of a kind. */
  of(kind: ResourceKind): ResourceIndex {
    return this.#byKind[kind]
  }

  /** What each index costs. */
  memory(): IndexUse[] {
    return [...indexUses(this.#byKind.Cluster), ...indexUses(this.#byKind.NodePool)]
  }

  /** An adapter's status by itself is in no index: what it says of the resource comes with the resource. */
  #update(applied: Applied): void {
    if (applied.kind === 'status') return
    const { entry, previous } = applied
    this.#byKind[entry.resource.kind].update(entry, previous)
  }
}
