// Whether the fleet gets on: what is not ready and for how long, whose reports have grown old, and which adapters have fallen
// silent. Names and labels of the first four are those of the original server, whose dashboards and alerts ask for them.
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
  /** The condition that says whether a resource is as it should be: the one that the clients read. */
  readonly readiness: 'Ready' | 'Reconciled'
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** How long a resource may be not ready, and how old the oldest report behind Ready may be. */
  readonly stuckAfterMs: number
  readonly staleAfterMs: number
}

const RECONCILIATION_LABELS = ['resource_type', 'is_delete', 'component', 'version']

export function describeProgress(registers: Registry[], sources: ProgressSources): void {
  describeReconciliation(registers, sources)
  const { state, index, readiness, staleAfterMs, machineMs } = sources
  describeGauge(registers, {
    name: 'resources_stale',
    help: "Resources whose Ready (Reconciled for today's clients alone) rests on a report older than metrics.staleAfterMs",
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
    help: 'When an adapter last reported True or False about any resource of this kind, in seconds since the Unix epoch',
    labelNames: ['kind', 'adapter'],
    read: () => RESOURCE_KINDS.flatMap(kind => lastReports(kind, state, index)),
  })
}

/** The original's four: a resource is pending while it is not ready, and stuck after metrics.stuckAfterMs of that. */
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
  // What was not ready at the start did not begin in this process.
  const before = {
    Cluster: index.of('Cluster').conditions.fallen(readiness),
    NodePool: index.of('NodePool').conditions.fallen(readiness),
  }
  describeCounter(registers, {
    name: 'reconciliation_started_total',
    help: 'Resources that were made, or were ready and are not any more',
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
    help: 'Resources that have not been ready for longer than metrics.stuckAfterMs',
    labelNames: RECONCILIATION_LABELS,
    read: () => RESOURCE_KINDS.map(kind => sample(kind, stuck(kind).count)),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation_stuck_duration_seconds',
    help: 'How long the one that has been stuck for longest has not been ready; 0 when none is',
    labelNames: RECONCILIATION_LABELS,
    read: () =>
      RESOURCE_KINDS.map(kind => {
        const { oldestMicros } = stuck(kind)
        return sample(kind, oldestMicros === undefined ? 0 : machineMs() / 1e3 - oldestMicros / 1e6)
      }),
  })
}

/**
 * One series for each adapter, of which there are at most limits.adaptersPerKind (contract 5.1). An adapter's own condition has
 * the time of its last report (contract 6.10), so that the greatest of a column says it.
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
