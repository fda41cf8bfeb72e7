// The index of the fleet: all indexes of both kinds of resources, kept by every write as it is applied, so that they
// always agree with the visible state.
import type { ResourceKind } from '../store/records.ts'
import type { Applied, FleetState } from '../store/state.ts'
import type { IndexMemory } from './memory.ts'
import type { ResourceIndex } from './resource-index.ts'

export interface FleetIndexOptions {
  readonly memory: IndexMemory
  /** Whether a label key can be searched (contract 8.6): the others are not indexed. */
  readonly isSearchableLabelKey: (key: string) => boolean
}

/** What one index costs. */
export interface IndexUse {
  /** Such as `Cluster labels.env` or `NodePool status.conditions.Ready.last_updated_time`. */
  readonly name: string
  /** In the memory of the kernels and, estimated, on the heap. */
  readonly bytes: number
  /** Slots that have a value. */
  readonly entries: number
}

export class FleetIndex {
  constructor(_options: FleetIndexOptions) {
    throw new Error('not yet')
  }

  /** Builds the indexes of all that the state holds, and keeps them from then on. Once only. */
  attach(_state: FleetState): void {
    throw new Error('not yet')
  }

  /** The indexes of a kind. */
  of(_kind: ResourceKind): ResourceIndex {
    throw new Error('not yet')
  }

  /** Brings the indexes in line with a write that was just applied. */
  update(_applied: Applied): void {
    throw new Error('not yet')
  }

  /** What each index costs. */
  memory(): IndexUse[] {
    throw new Error('not yet')
  }
}
