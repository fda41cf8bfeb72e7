// Metrics of the fleet: its size and conditions, read from the indexes, and its reports.
import type { Registry } from 'prom-client'
import { type Compatibility, summaryTypes } from '../../fleet/conditions.ts'
import { DISCARD_REASONS, type DiscardReason } from '../../fleet/report.ts'
import type { FleetIndex } from '../../index/fleet-index.ts'
import type { IndexUse } from '../../index/index-use.ts'
import type { FleetState } from '../../state/fleet-state.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import { describeCounter, describeGauge, type Sample, Tally } from './described.ts'

export class ReportMetrics {
  readonly #accepted = { Cluster: 0, NodePool: 0 }
  readonly #discarded = { Cluster: new Tally(DISCARD_REASONS), NodePool: new Tally(DISCARD_REASONS) }

  /** A report was stored (contract 5.4). */
  accepted(kind: ResourceKind): void {
    this.#accepted[kind]++
  }

  /** A report was answered 204 (contract 5.3). */
  discarded(kind: ResourceKind, reason: DiscardReason): void {
    this.#discarded[kind].add(reason)
  }

  register(registers: Registry[]): void {
    describeCounter(registers, {
      name: 'reports_accepted_total',
      help: 'Stored status reports of adapters',
      labelNames: ['kind'],
      read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, this.#accepted[kind]]),
    })
    describeCounter(registers, {
      name: 'reports_discarded_total',
      help: 'Status reports of adapters answered 204 and not stored, by reason',
      labelNames: ['kind', 'reason'],
      read: () =>
        RESOURCE_KINDS.flatMap(kind =>
          [...this.#discarded[kind].entries].map(([reason, count]): Sample => [{ kind, reason }, count]),
        ),
    })
  }
}

/** Bounded: adapters name conditions, and a kind has at most limits.adaptersPerKind adapters (contract 5.1). */
export function describeFleet(
  registers: Registry[],
  state: FleetState,
  index: FleetIndex,
  compatibility: Compatibility,
): void {
  describeGauge(registers, {
    name: 'resources',
    help: 'Resources in the fleet',
    labelNames: ['kind'],
    read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, state.count(kind)]),
  })
  describeGauge(registers, {
    name: 'conditions',
    help: 'Resources by type and status of a condition',
    labelNames: ['kind', 'type', 'status'],
    read: () => RESOURCE_KINDS.flatMap(kind => conditionSamples(kind, index, summaryTypes(compatibility))),
  })
  describeGauge(registers, {
    name: 'statuses',
    help: 'Adapter statuses in the fleet',
    read: () => state.statusCount,
  })
  describeGauge(registers, {
    name: 'served_bytes',
    help: 'Size of all documents as served',
    read: () => state.bytes,
  })
  describeGauge(registers, {
    name: 'index_bytes',
    help: 'Memory of the search indexes; all labels are one group, and so are all conditions and all adapters',
    labelNames: ['kind', 'index'],
    read: () =>
      bytesByGroup(index.memory()).map(({ kind, group, bytes }): Sample => [{ kind, index: group }, bytes]),
  })
  describeLabelKeys(registers, index)
}

/** The label keys with an index, and their bound: a search by a key without one reads records. */
function describeLabelKeys(registers: Registry[], index: FleetIndex): void {
  describeGauge(registers, {
    name: 'indexed_label_keys',
    help: 'Label keys with an index',
    labelNames: ['kind'],
    read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, index.of(kind).labels.size]),
  })
  describeGauge(registers, {
    name: 'indexed_label_keys_max',
    help: 'Most label keys with an index; searches by further keys read records',
    labelNames: ['kind'],
    read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, index.of(kind).labels.maxKeys]),
  })
}

/** Sizes of posting lists, read without visiting any resource. */
function conditionSamples(kind: ResourceKind, index: FleetIndex, standing: readonly string[]): Sample[] {
  const { conditions } = index.of(kind)
  const types = new Set([...standing, ...[...conditions.entries()].map(([type]) => type)])
  return [...types].flatMap(type =>
    (['True', 'False'] as const).map(
      (status): Sample => [{ kind, type, status }, conditions.get(type)?.withStatus(status).size ?? 0],
    ),
  )
}

interface IndexGroup {
  readonly kind: string
  /** The field, or `labels`, `conditions` or `adapters` for all of them. */
  readonly group: string
  readonly bytes: number
}

/**
 * Memory of the indexes by group. All labels are one group, and so are all conditions and all adapters, because names chosen by clients
 * must not become series. These groups exist even if no resource has any.
 */
function bytesByGroup(uses: readonly IndexUse[]): IndexGroup[] {
  const groups = new Map<string, IndexGroup>()
  for (const kind of RESOURCE_KINDS)
    for (const group of ['labels', 'conditions', 'adapters'])
      groups.set(`${kind} ${group}`, { kind, group, bytes: 0 })
  for (const { name, bytes } of uses) {
    const { kind, group } = groupOf(name)
    const before = groups.get(`${kind} ${group}`)?.bytes ?? 0
    groups.set(`${kind} ${group}`, { kind, group, bytes: before + bytes })
  }
  return [...groups.values()]
}

/**
 * `Cluster labels.env` belongs to `labels`, `Cluster generation column` to `generation`. Paths in the spec are groups of their own: the operator
 * has chosen these few.
 */
function groupOf(name: string): { kind: string; group: string } {
  const [kind = '', field = ''] = name.split(' ')
  const [group = ''] = field.split('.')
  if (group === 'spec') return { kind, group: field }
  return { kind, group: group === 'status' ? 'conditions' : group }
}
