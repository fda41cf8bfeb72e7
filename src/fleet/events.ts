// Events of the fleet, for the log and the metrics. Each is emitted once its change is durable.
import type { ResourceId } from '../state/put.ts'

/**
 * The cause of a removal (contract 11.8, 11.12). `finalized`: the last awaited adapter has finished. `at_once`: no adapter was
 * awaited. `forced`: a force deletion of the resource or of its cluster.
 */
export const REMOVAL_CAUSES = ['finalized', 'at_once', 'forced'] as const
export type RemovalCause = (typeof REMOVAL_CAUSES)[number]

export type FleetEvent =
  /** One resource has been removed. */
  | { readonly kind: 'removed'; readonly resource: ResourceId; readonly cause: RemovalCause }
  /** A force deletion, for the audit (contract 11.12). Its removals have events of their own. */
  | {
      readonly kind: 'force-deleted'
      readonly resource: ResourceId
      readonly by: string
      readonly reason: string
      /** The ids of the nodepools that were removed with their cluster. */
      readonly children: readonly string[]
    }
