// The last hour of the fleet: its size and conditions in a ring of points, one each ten seconds, counted from the sizes of posting lists
// (contract 15.6).
import { type Compatibility, summaryTypes } from '../fleet/conditions.ts'
import type { HistoryPoint } from '../http/observed.ts'
import type { FleetIndex } from '../index/fleet-index.ts'
import type { FleetState } from '../state/fleet-state.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'

export const INTERVAL_MS = 10_000
/** Points of an hour. */
export const MAX_POINTS = 360

export class FleetHistory {
  readonly #index: FleetIndex
  readonly #compatibility: Compatibility
  readonly #points: Record<ResourceKind, HistoryPoint[]> = { Cluster: [], NodePool: [] }

  constructor(index: FleetIndex, compatibility: Compatibility) {
    this.#index = index
    this.#compatibility = compatibility
  }

  /** The points of the last hour, the oldest first. */
  points(kind: ResourceKind): readonly HistoryPoint[] {
    return this.#points[kind]
  }

  /** Adds a point for each kind. */
  note(time: Instant): void {
    for (const kind of RESOURCE_KINDS) {
      const points = this.#points[kind]
      points.push(this.#pointOf(kind, time))
      if (points.length > MAX_POINTS) points.shift()
    }
  }

  /** Notes the present, and then each ten seconds until it is closed. A point during the application of a large change shows its end. */
  follow(now: () => Instant, state: Pick<FleetState, 'application'>): { close(): void } {
    const note = async () => {
      const time = now()
      for (let { application } = state; application !== undefined; { application } = state)
        await application.over
      this.note(time)
    }
    void note()
    const timer = setInterval(() => void note(), INTERVAL_MS)
    timer.unref()
    return { close: () => clearInterval(timer) }
  }

  #pointOf(kind: ResourceKind, time: Instant): HistoryPoint {
    const index = this.#index.of(kind)
    const [available = '', ready = ''] = summariesOf(this.#compatibility)
    const isTrue = (type: string) => index.condition(type)?.withStatus('True').size ?? 0
    return {
      time,
      total: index.count,
      ready: isTrue(ready),
      available: isTrue(available),
      deleting: index.deleters.presence.size,
    }
  }
}

/** The conditions that a point counts as available and ready. */
function summariesOf(compatibility: Compatibility): readonly string[] {
  const isCurrent = !summaryTypes(compatibility).some(type => type === 'Ready')
  return isCurrent ? ['LastKnownReconciled', 'Reconciled'] : ['Available', 'Ready']
}
