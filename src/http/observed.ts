// Handlers of what is observed of the server: the history of the fleet, and its metrics (contract 15.6, 15.7).
import type { History } from '../api/facets.ts'
import type { ResourceKind } from '../state/records.ts'
import { formatInstant, type Instant } from '../wire/instant.ts'
import type { OperationHandler, Reply } from './call.ts'

/** The fleet at one time. */
export interface HistoryPoint {
  readonly time: Instant
  readonly total: number
  readonly ready: number
  readonly available: number
  readonly deleting: number
}

export interface ObservedContext {
  readonly fleetHistory: {
    /** The oldest first. */
    points(kind: ResourceKind): readonly HistoryPoint[]
  }
  readonly metrics: {
    text(): Promise<string>
    readonly contentType: string
  }
}

const INTERVAL_SECONDS = 10

export function createObserved({ fleetHistory, metrics }: ObservedContext) {
  const history = (kind: ResourceKind): Reply => {
    const points = fleetHistory.points(kind).map(({ time, total, ready, available, deleting }) => {
      return { time: formatInstant(time), total, ready, available, deleting }
    })
    const name = kind === 'Cluster' ? 'ClusterHistory' : 'NodePoolHistory'
    const document: History = { kind: name, interval_seconds: INTERVAL_SECONDS, points }
    return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(document)) }
  }
  return {
    getClusterHistory: () => history('Cluster'),
    getNodePoolHistory: () => history('NodePool'),
    getMetrics: async () => {
      const body = Buffer.from(await metrics.text())
      return { kind: 'document', status: 200, body, mediaType: metrics.contentType }
    },
  } as const satisfies Record<string, OperationHandler>
}
