// Metrics of deletion: the resources that are being deleted, their age, and the removals by their cause (contract, section 11).
import type { Registry } from 'prom-client'
import { type FleetEvent, REMOVAL_CAUSES } from '../../fleet/events.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import type { Deletions } from './deletions.ts'
import { describeCounter, describeGauge, type Sample, Tally } from './described.ts'

export class RemovalMetrics {
  readonly #removed = { Cluster: new Tally(REMOVAL_CAUSES), NodePool: new Tally(REMOVAL_CAUSES) }

  note(event: FleetEvent): void {
    if (event.kind === 'removed') this.#removed[event.resource.kind].add(event.cause)
  }

  register(registers: Registry[]): void {
    describeCounter(registers, {
      name: 'removals_total',
      help: 'Removed resources: finalized by their adapters, at_once because no adapter was awaited, or forced',
      labelNames: ['kind', 'how'],
      read: () =>
        RESOURCE_KINDS.flatMap(kind =>
          [...this.#removed[kind].entries].map(([how, count]): Sample => [{ kind, how }, count]),
        ),
    })
  }
}

/** @param machineMs the machine's clock in milliseconds since the Unix epoch */
export function describeDeletions(
  registers: Registry[],
  deletions: Deletions,
  machineMs: () => number,
): void {
  describeGauge(registers, {
    name: 'resources_deleting',
    help: 'Resources that are being deleted',
    labelNames: ['kind'],
    read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, deletions.count(kind)]),
  })
  describeGauge(registers, {
    name: 'oldest_deletion_age_seconds',
    help: 'Time since the deletion of the resource that has been being deleted for longest; 0 if there is none',
    labelNames: ['kind'],
    read: () => RESOURCE_KINDS.map((kind): Sample => [{ kind }, oldestAgeS(deletions, kind, machineMs())]),
  })
}

/** In seconds; 0 if nothing is being deleted. */
export function oldestAgeS(deletions: Deletions, kind: ResourceKind, nowMs: number): number {
  const oldest = deletions.oldest(kind)
  return oldest === undefined ? 0 : Math.max(0, nowMs / 1e3 - Number(oldest) / 1e6)
}
