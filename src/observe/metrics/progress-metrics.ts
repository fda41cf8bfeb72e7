// Progress of the fleet: resources that are not ready and for how long, stale reports, and silent adapters. The first four
// have the names and labels of the original server, because its dashboards and alerts use them.
import type { Registry } from 'prom-client'
import { conditionType } from '../../fleet/adapter-name.ts'
import type { Compatibility } from '../../fleet/conditions.ts'
import type { Bitmap } from '../../index/bitmap.ts'
import { type ConditionIndex, type Overdue, overdue, overdueIn } from '../../index/conditions.ts'
import type { FleetIndex } from '../../index/fleet-index.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import type { FleetState } from '../../state/fleet-state.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import { oldestAgeS } from './deletion-metrics.ts'
import type { Deletions } from './deletions.ts'
import { describeCounter, describeGauge, type Sample } from './described.ts'

/** The condition that shows if a resource is ready, depending on the clients served. */
export type Readiness = 'Ready' | 'Reconciled'

export function readinessUnder(compatibility: Compatibility): Readiness {
  return compatibility === 'current' ? 'Reconciled' : 'Ready'
}

export interface ProgressSources {
  readonly state: FleetState
  readonly index: FleetIndex
  readonly deletions: Deletions
  readonly version: string
  readonly readiness: Readiness
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

/** Resources of a kind that have not reached what was asked for. */
interface Pending {
  /** Since the start of the process. */
  started(kind: ResourceKind): number
  count(kind: ResourceKind): number
  /** Those that have been pending for longer than metrics.stuckAfterMs. */
  stuck(kind: ResourceKind): number
  /** The age of the longest-stuck one; 0 if none is stuck. */
  stuckSeconds(kind: ResourceKind): number
}

/**
 * The original's four metrics. A resource is pending while it is not ready, and stuck after metrics.stuckAfterMs. One that is being
 * deleted counts apart, and is pending until its removal.
 */
function describeReconciliation(registers: Registry[], sources: ProgressSources): void {
  const pending = { false: pendingLife(sources), true: pendingDeletion(sources) }
  const samples = (of: keyof Pending) => () =>
    RESOURCE_KINDS.flatMap(kind =>
      (['false', 'true'] as const).map((is_delete): Sample => {
        const labels = { resource_type: kind.toLowerCase(), is_delete, component: 'api' }
        return [{ ...labels, version: sources.version }, pending[is_delete][of](kind)]
      }),
    )
  describeCounter(registers, {
    name: 'reconciliation_started_total',
    help: 'Resources created, no longer ready, or deleted',
    labelNames: RECONCILIATION_LABELS,
    read: samples('started'),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation',
    help: 'Resources that are not ready, or being deleted',
    labelNames: RECONCILIATION_LABELS,
    read: samples('count'),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation_stuck',
    help: 'Resources not ready, or being deleted, for longer than metrics.stuckAfterMs',
    labelNames: RECONCILIATION_LABELS,
    read: samples('stuck'),
  })
  describeGauge(registers, {
    name: 'resource_pending_reconciliation_stuck_duration_seconds',
    help: 'Time since the longest-stuck resource was last ready, or was deleted; 0 if none is stuck',
    labelNames: RECONCILIATION_LABELS,
    read: samples('stuckSeconds'),
  })
}

/** Resources that are not being deleted and not ready. */
function pendingLife({ index, readiness, deletions, machineMs, stuckAfterMs }: ProgressSources): Pending {
  const fallen = (kind: ResourceKind) => index.of(kind).conditions.fallen(readiness) - deletions.fallen(kind)
  // Resources that were already not ready at startup do not count as started.
  const before = { Cluster: fallen('Cluster'), NodePool: fallen('NodePool') }
  const overdue = (kind: ResourceKind): Overdue => {
    const ready = index.of(kind).condition(readiness)
    if (ready === undefined) return { count: 0, oldestMicros: undefined }
    const within = livingNotReady(ready, index.of(kind), deletions.ids(kind))
    const found = overdueIn(ready.lastTransitionTimes, within, microsBefore(machineMs(), stuckAfterMs))
    within.free()
    return found
  }
  return {
    started: kind => fallen(kind) - before[kind],
    count(kind) {
      const ready = index.of(kind).condition(readiness)
      if (ready === undefined) return 0
      const within = livingNotReady(ready, index.of(kind), deletions.ids(kind))
      const count = within.count()
      within.free()
      return count
    },
    stuck: kind => overdue(kind).count,
    stuckSeconds(kind) {
      const { oldestMicros } = overdue(kind)
      return oldestMicros === undefined ? 0 : machineMs() / 1e3 - oldestMicros / 1e6
    },
  }
}

/** The slots of resources that are not ready and not being deleted. The caller frees the bitmap. */
function livingNotReady(ready: ConditionIndex, index: ResourceIndex, deleting: Iterable<string>): Bitmap {
  const slots = ready.withStatus('False').toBitmap()
  for (const id of deleting) {
    const slot = index.slotOfId(id)
    if (slot !== undefined) slots.delete(slot)
  }
  return slots
}

function pendingDeletion({ deletions, machineMs, stuckAfterMs }: ProgressSources): Pending {
  const stuck = (kind: ResourceKind) => deletions.countBefore(kind, microsBefore(machineMs(), stuckAfterMs))
  return {
    started: kind => deletions.started(kind),
    count: kind => deletions.count(kind),
    stuck,
    stuckSeconds: kind => (stuck(kind) === 0 ? 0 : oldestAgeS(deletions, kind, machineMs())),
  }
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
