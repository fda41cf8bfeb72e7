// Progress of the fleet: resources that are not ready and for how long, stale reports, and silent adapters. The first four
// have the names and labels of the original server, because its dashboards and alerts use them.
import type { Registry } from 'prom-client'
import { conditionType } from '../../fleet/adapter-name.ts'
import { type Overdue, overdue } from '../../index/conditions.ts'
import type { FleetIndex } from '../../index/fleet-index.ts'
import type { FleetState } from '../../state/fleet-state.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import { describeCounter, describeGauge, type Sample } from './described.ts'

export interface ProgressSources {
  readonly state: FleetState
  readonly index: FleetIndex
  readonly version: string
  /** The condition that shows if a resource is ready, depending on the clients served. */
  readonly readiness: 'Ready' | 'Reconciled'
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** Time until a resource that is not ready counts as stuck, and age at which a report behind Ready is stale. */
  readonly stuckAfterMs: number
  readonly staleAfterMs: number
}

const RECONCILIATION_LABELS = ['resource_type', 'is_delete', 'component', 'version']

export function describeProgress(registers: Registry[], sources: ProgressSources): void {
  describeReconciliation(registers, sources)
  const { state, index, readiness, staleAfterMs, machineMs } = sources
  describeGauge(registers, {
    name: 'resources_stale',
    help: "Resources whose Ready (Reconciled for today's clients alone) depends on a report older than metrics.staleAfterMs",
    labelNames: ['kind'],
    read: () =>
      RESOURCE_KINDS.map((kind): Sample => {
        const ready = index.of(kind).condition(readiness)
        const before = microsBefore(machineMs(), staleAfterMs)
        return [
          { kind },
          ready === undefined ? 0 : overdue(ready.lastUpdatedTimes, ready.presence, before).count,
        ]
      }),
  })
  describeGauge(registers, {
    name: 'adapter_last_report_timestamp_seconds',
    help: 'Time of the last True or False report of an adapter about any resource of this kind, in seconds since the Unix epoch',
    labelNames: ['kind', 'adapter'],
    read: () => RESOURCE_KINDS.flatMap(kind => lastReports(kind, state, index)),
  })
}

/** The original's four metrics. A resource is pending while it is not ready, and stuck after metrics.stuckAfterMs. */
function describeReconciliation(registers: Registry[], sources: ProgressSources): void {
  const { index, version, readiness, machineMs, stuckAfterMs } = sources
  const sample = (kind: ResourceKind, value: number): Sample => [
    { resource_type: kind.toLowerCase(), is_delete: 'false', component: 'api', version },
    value,
  ]
  const stuck = (kind: ResourceKind): Overdue => {
    const ready = index.of(kind).condition(readiness)
    if (ready === undefined) return { count: 0, oldestMicros: undefined }
    return overdue(
      ready.lastTransitionTimes,
      ready.withStatus('False'),
      microsBefore(machineMs(), stuckAfterMs),
    )
  }
  // Resources that were already not ready at startup do not count as started.
  const before = {
    Cluster: index.of('Cluster').conditions.fallen(readiness),
    NodePool: index.of('NodePool').conditions.fallen(readiness),
  }
  describeCounter(registers, {
    name: 'reconciliation_started_total',
    help: 'Resources created, or no longer ready',
    labelNames: RECONCILIATION_LABELS,
    read: () =>
      RESOURCE_KINDS.map(kind => sample(kind, index.of(kind).conditions.fallen(readiness) - before[kind])),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation',
    help: 'Resources that are not ready',
    labelNames: RECONCILIATION_LABELS,
    read: () =>
      RESOURCE_KINDS.map(kind =>
        sample(kind, index.of(kind).condition(readiness)?.withStatus('False').size ?? 0),
      ),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation_stuck',
    help: 'Resources not ready for longer than metrics.stuckAfterMs',
    labelNames: RECONCILIATION_LABELS,
    read: () => RESOURCE_KINDS.map(kind => sample(kind, stuck(kind).count)),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation_stuck_duration_seconds',
    help: 'Time since the longest-stuck resource was last ready; 0 if none is stuck',
    labelNames: RECONCILIATION_LABELS,
    read: () =>
      RESOURCE_KINDS.map(kind => {
        const { oldestMicros } = stuck(kind)
        return sample(kind, oldestMicros === undefined ? 0 : machineMs() / 1e3 - oldestMicros / 1e6)
      }),
  })
}

/**
 * One series per adapter, at most limits.adaptersPerKind (contract 5.1). An adapter's own condition has the time of its
 * last report (contract 6.10), so the greatest value of that column is its last report overall.
 */
function lastReports(kind: ResourceKind, state: FleetState, index: FleetIndex): Sample[] {
  return [...state.adapters(kind)].flatMap((adapter): Sample[] => {
    const micros = index.of(kind).condition(conditionType(adapter))?.lastUpdatedTimes.greatest()
    return micros === undefined ? [] : [[{ kind, adapter }, micros / 1e6]]
  })
}

/** In whole microseconds since the Unix epoch. */
function microsBefore(nowMs: number, durationMs: number): bigint {
  return BigInt(Math.floor(nowMs - durationMs)) * 1000n
}
