// The write path. Every decision is made here, on one thread, against the newest staged versions, and answered only
// after everything it depends on is durable (contract 4.8).

import { encodeDocument } from '../state/document.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import { formatInstant } from '../wire/instant.ts'
import { conditionType } from './adapter-name.ts'
import { Answers, type DecisionStore, type Precondition, type ResourceAddress } from './answers.ts'
import { type CascadeOptions, Cascades } from './cascades.ts'
import { changeResource, effectivePatch, isGrowing, type Patch } from './change.ts'
import type { ServerClock } from './clock.ts'
import type { Compatibility } from './conditions.ts'
import { type Creation, createResource } from './create.ts'
import { Deleter } from './deleter.ts'
import { planRemovals } from './deletion.ts'
import type { FleetEvent } from './events.ts'
import type { FieldFault } from './field-fault.ts'
import type { IdSource } from './ids.ts'
import type { FleetLimits } from './limits.ts'
import type { Discarded, Invalid, Refusal, Removed, Stored, Unavailable } from './outcome.ts'
import {
  conditionsUnder,
  discardReason,
  finishesDeletion,
  isGrowingStatus,
  type Report,
  statusFromReport,
  withStatus,
} from './report.ts'

export interface FleetOptions {
  readonly store: DecisionStore
  readonly clock: ServerClock
  readonly ids: IdSource
  readonly limits: FleetLimits
  /** The required adapters of `Available` and `Ready`, by kind of resource (contract 6.1, 6.13). */
  readonly requiredAdapters: Readonly<Record<ResourceKind, readonly string[]>>
  /** The generations of clients served (contract 1.5). */
  readonly compatibility: Compatibility
  /** True if there is memory left for creates and growing changes (contract 9.3). */
  readonly hasRoom: () => boolean
  readonly onEvent: (event: FleetEvent) => void
  readonly cascades?: CascadeOptions
}

const MEMORY_FULL: Unavailable = {
  kind: 'unavailable',
  reason: 'memory-bound',
  detail:
    'The server has reached its memory bound; reads, reports and changes that do not grow are still accepted',
}
export class Fleet {
  readonly #options: FleetOptions
  readonly #store: DecisionStore
  readonly #answers: Answers
  readonly #cascades: Cascades
  readonly #deleter: Deleter

  constructor(options: FleetOptions) {
    this.#options = options
    this.#store = options.store
    this.#answers = new Answers(options.store)
    this.#cascades = new Cascades(options.cascades)
    this.#deleter = new Deleter(options, this.#answers, this.#cascades)
  }

  /** Finishes the deletions that take many turns of the event loop, whoever waits for them. No request may follow. */
  async close(): Promise<void> {
    await this.#cascades.over()
  }

  /** Creates a cluster, or a nodepool of `clusterId` (contract 4.1-4.4). */
  create(creation: Creation, clusterId: string | undefined, by: string): Promise<Stored | Refusal> {
    return this.#inOrder(
      () => (clusterId === undefined ? creation.name : this.#clusterName(clusterId)),
      () => this.#create(creation, clusterId, by),
    )
  }

  async #create(creation: Creation, clusterId: string | undefined, by: string): Promise<Stored | Refusal> {
    const kind = clusterId === undefined ? 'Cluster' : 'NodePool'
    if (clusterId !== undefined) {
      const address = { kind: 'Cluster', id: clusterId } as const
      const cluster = this.#answers.find(address)
      if (cluster.kind === 'not-found') return this.#answers.notFound(cluster, address)
      if (cluster.deletedTime !== undefined) return this.#answers.markedForDeletion(cluster)
    }
    const holder = this.#store.newest.idOfName(kind, clusterId, creation.name)
    if (holder !== undefined)
      return this.#answers.conflict(holder, 'conflict', nameTaken(kind, creation.name))
    if (!this.#options.hasRoom()) return MEMORY_FULL
    const now = this.#options.clock.stamp()
    const id = this.#options.ids.next(now)
    const record = createResource(creation, { kind, id, ownerId: clusterId, now, by, ...this.#setting(kind) })
    return this.#answers.put(id, { kind: 'resource', record })
  }

  /** Replaces `spec` or `labels`. A patch without changes has no effect (contract 3.5, 4.5). */
  change(
    address: ResourceAddress,
    patch: Patch,
    by: string,
    precondition?: Precondition,
  ): Promise<Stored | Refusal> {
    return this.#inOrder(
      () => this.#clusterNameOf(address),
      () => this.#change(address, patch, by, precondition),
    )
  }

  async #change(
    address: ResourceAddress,
    patch: Patch,
    by: string,
    precondition: Precondition,
  ): Promise<Stored | Refusal> {
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    if (resource.deletedTime !== undefined) return this.#answers.markedForDeletion(resource)
    if (!this.#answers.holds(precondition, resource)) return this.#answers.mismatch(resource)
    const effective = effectivePatch(resource, patch, this.#options.compatibility)
    if (effective === undefined) return this.#answers.unchanged(resource)
    if (isGrowing(resource, effective) && !this.#options.hasRoom()) return MEMORY_FULL
    const record = changeResource(resource, effective, {
      now: this.#options.clock.stamp(),
      by,
      ...this.#setting(resource.kind),
      statuses: this.#store.newest.statuses(resource.id),
    })
    return this.#answers.put(resource.id, { kind: 'resource', record })
  }

  /** Marks a resource with its children for deletion, and removes whatever awaits nothing (contract 11.1-11.4, 11.8). */
  delete(address: ResourceAddress, by: string, precondition?: Precondition): Promise<Stored | Refusal> {
    return this.#inOrder(
      () => this.#clusterNameOf(address),
      () => this.#deleter.delete(address, by, precondition),
    )
  }

  /** Removes a resource that is being deleted, with its children, whatever is awaited (contract 11.12). */
  forceDelete(
    address: ResourceAddress,
    reason: string,
    by: string,
    precondition?: Precondition,
  ): Promise<Removed | Refusal> {
    return this.#inOrder(
      () => this.#clusterNameOf(address),
      () => this.#deleter.forceDelete(address, { reason, by }, precondition),
    )
  }

  /**
   * Stores an adapter's report together with the resource's new conditions (contract, section 5). The last report that a
   * deletion waits for removes the resource (contract 11.8).
   * docs/contract-notes.md explains the order of the refusals.
   */
  report(address: ResourceAddress, report: Report): Promise<Stored | Discarded | Refusal> {
    return this.#inOrder(
      () => this.#clusterNameOf(address),
      () => this.#report(address, report),
    )
  }

  #report(address: ResourceAddress, report: Report): Promise<Stored | Discarded | Refusal> {
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    const early = this.#refuseFuture(report)
    if (early !== undefined)
      return this.#answers.whenDurable<Invalid>(resource.id, sequence => ({
        kind: 'invalid',
        faults: [early],
        sequence,
      }))
    const statuses = this.#store.newest.statuses(resource.id)
    const previous = statuses.find(({ adapter }) => adapter === report.adapter)
    const available = report.conditions.find(({ type }) => type === 'Available')?.status ?? 'Unknown'
    const { observedGeneration, observedTime } = report
    const judged = { observedGeneration, observedTime, available }
    const reason = discardReason(judged, resource.generation, previous)
    if (reason !== undefined)
      return this.#answers.whenDurable<Discarded>(resource.id, sequence => ({
        kind: 'discarded',
        reason,
        sequence,
      }))
    const refusal = previous === undefined ? this.#refuseNewAdapter(resource, report, statuses) : undefined
    // The refusal depends on the statuses and on all adapters that have reported.
    if (refusal !== undefined) return this.#answers.after(this.#store.settled(), refusal)
    const status = statusFromReport(report, resource, previous)
    const grows = previous !== undefined && isGrowingStatus(status, previous)
    if (grows && !this.#hasRoomFor(report, resource)) return Promise.resolve(MEMORY_FULL)
    if (resource.deletedTime !== undefined) {
      const removals = planRemovals(resource, withStatus(statuses, status), this.#deleter.context)
      if (removals.length > 0) {
        const document = encodeDocument({ kind: 'status', record: status })
        const { id } = resource
        return this.#deleter.remove<Stored>(removals, sequence => ({
          kind: 'stored',
          resourceId: id,
          document,
          sequence,
        }))
      }
    }
    const conditions = conditionsUnder(status, resource, statuses, this.#setting(resource.kind))
    if (conditions === undefined) return this.#answers.put(resource.id, { kind: 'status', record: status })
    return this.#answers.put(
      resource.id,
      { kind: 'status', record: status },
      { kind: 'conditions', resource, conditions },
    )
  }

  /** Decides a write, after a cascade of the cluster that it is about. */
  #inOrder<T>(clusterName: () => string | undefined, decide: () => Promise<T>): Promise<T | Unavailable> {
    return this.#cascades.families.size === 0 ? decide() : this.#cascades.after(clusterName(), decide)
  }

  /** The name of the cluster that an address is about. A nodepool that is not there may be of the one that is losing its nodepools. */
  #clusterNameOf(address: ResourceAddress): string | undefined {
    if (address.kind === 'Cluster') return this.#clusterName(address.id)
    const { newest, beingApplied } = this.#store
    return this.#clusterName(
      address.clusterId ?? newest.resource('NodePool', address.id)?.ownerId ?? beingApplied,
    )
  }

  #clusterName(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#store.newest.resource('Cluster', id)?.name
  }

  /** The settings that conditions depend on. */
  #setting(kind: ResourceKind) {
    const { compatibility, requiredAdapters } = this.#options
    return { compatibility, required: requiredAdapters[kind] }
  }

  /** Above the memory bound the reports that finish a deletion are the way back (contract 9.3). */
  #hasRoomFor(report: Report, resource: Resource): boolean {
    return finishesDeletion(report, resource) || this.#options.hasRoom()
  }

  /** A report from the future would hide every later one (contract 5.3). */
  #refuseFuture(report: Report): FieldFault | undefined {
    const now = this.#options.clock.now()
    const { reportAheadMs } = this.#options.limits
    if (report.observedTime <= now + BigInt(reportAheadMs) * 1000n) return undefined
    const observed = formatInstant(report.observedTime)
    return {
      field: 'observed_time',
      constraint: 'maximum',
      message: `${observed} is more than ${reportAheadMs / 60_000} minutes ahead of the server's clock, ${formatInstant(now)}`,
      value: observed,
    }
  }

  /**
   * Reason to refuse an adapter's first report for a resource (contract 5.1, 6.10, 9.3). An adapter that has reported only
   * `Unknown` counts as having reported; one that has reported only for other resources does not. docs/contract-notes.md
   * says why.
   */
  #refuseNewAdapter(
    resource: Resource,
    report: Report,
    statuses: readonly AdapterStatus[],
  ): Refusal | undefined {
    const { adapter } = report
    const type = conditionType(adapter)
    const rival = statuses.find(status => conditionType(status.adapter) === type)
    const sequence = this.#store.stagedSequence
    if (rival !== undefined)
      return {
        kind: 'conflict',
        detail: `Adapter '${rival.adapter}' already has the condition type ${type}`,
        sequence,
      }
    const { adaptersPerResource, adaptersPerKind } = this.#options.limits
    if (statuses.length >= adaptersPerResource)
      return tooManyAdapters(
        adapter,
        `${adaptersPerResource} adapters have already reported for this resource`,
        sequence,
      )
    const { newest } = this.#store
    if (!newest.hasAdapter(resource.kind, adapter) && newest.adapters(resource.kind) >= adaptersPerKind)
      return tooManyAdapters(
        adapter,
        `${adaptersPerKind} adapters have already reported for this kind of resource`,
        sequence,
      )
    return this.#hasRoomFor(report, resource) ? undefined : MEMORY_FULL
  }
}

function nameTaken(kind: ResourceKind, name: string): string {
  return kind === 'Cluster'
    ? `A cluster with the name '${name}' already exists`
    : `A nodepool with the name '${name}' already exists in this cluster`
}

function tooManyAdapters(adapter: string, reason: string, sequence: number): Invalid {
  const fault = { field: 'adapter', constraint: 'maxItems', message: reason, value: adapter }
  return { kind: 'invalid', faults: [fault], sequence }
}
