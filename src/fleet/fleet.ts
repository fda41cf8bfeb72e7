// The write path. Every decision is made here, on one thread, against the newest staged versions, and answered only
// after everything it depends on is durable (contract 4.8).

import { encodeDocument } from '../state/document.ts'
import type { Put } from '../state/put.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import { StorageBusyError, StorageFailedError, StorageFullError } from '../store/errors.ts'
import type { Revision } from '../store/staged.ts'
import type { Store } from '../store/store.ts'
import { formatInstant } from '../wire/instant.ts'
import { conditionType } from './adapter-name.ts'
import { changeResource, effectivePatch, isGrowing, type Patch } from './change.ts'
import type { ServerClock } from './clock.ts'
import type { Compatibility } from './conditions.ts'
import { type Creation, createResource } from './create.ts'
import {
  type DeletionContext,
  planDeletion,
  planForcedRemovals,
  planRemovals,
  type Removal,
} from './deletion.ts'
import type { FleetEvent } from './events.ts'
import type { IdSource } from './ids.ts'
import type { FleetLimits } from './limits.ts'
import type {
  Conflict,
  Discarded,
  FieldFault,
  Invalid,
  Mismatch,
  Missing,
  Refusal,
  Removed,
  Stored,
  Unavailable,
} from './outcome.ts'
import {
  conditionsUnder,
  discardReason,
  finishesDeletion,
  isGrowingStatus,
  type Report,
  statusFromReport,
  withStatus,
} from './report.ts'

/** The part of the store that decisions need. */
export type DecisionStore = Pick<
  Store,
  'newest' | 'stage' | 'pending' | 'settled' | 'sequenceOf' | 'stagedSequence'
>

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
}

/** Address of a resource. A nodepool is addressed through its cluster, or with its id alone. */
export type ResourceAddress =
  | { readonly kind: 'Cluster'; readonly id: string }
  | { readonly kind: 'NodePool'; readonly clusterId: string | undefined; readonly id: string }

/** A condition on the newest version of a resource (contract 12.12); undefined for none. */
export type Precondition = ((revision: Revision) => boolean) | undefined

const MEMORY_FULL: Unavailable = {
  kind: 'unavailable',
  reason: 'memory-bound',
  detail:
    'The server has reached its memory bound; reads, reports and changes that do not grow are still accepted',
}
const DISK_FULL: Unavailable = {
  kind: 'unavailable',
  reason: 'disk-full',
  detail: 'The disk is full; writes resume automatically once space is freed; reads continue',
}
const STORAGE_FAILED: Unavailable = {
  kind: 'unavailable',
  reason: 'storage-failed',
  detail: 'Storage has failed and the server is shutting down; nothing was stored',
}
const DISK_BUSY: Unavailable = {
  kind: 'unavailable',
  reason: 'commits-busy',
  detail: 'Too many writes are waiting for the disk; retry',
}

export class Fleet {
  readonly #options: FleetOptions
  readonly #store: DecisionStore

  constructor(options: FleetOptions) {
    this.#options = options
    this.#store = options.store
  }

  /** Creates a cluster, or a nodepool of `clusterId` (contract 4.1-4.4). */
  async create(creation: Creation, clusterId: string | undefined, by: string): Promise<Stored | Refusal> {
    const kind = clusterId === undefined ? 'Cluster' : 'NodePool'
    if (clusterId !== undefined) {
      const address = { kind: 'Cluster', id: clusterId } as const
      const cluster = this.find(address)
      if (cluster.kind === 'not-found') return this.#notFound(cluster, address)
      if (cluster.deletedTime !== undefined) return this.#markedForDeletion(cluster)
    }
    const holder = this.#store.newest.idOfName(kind, clusterId, creation.name)
    if (holder !== undefined) return this.#conflict(holder, 'conflict', nameTaken(kind, creation.name))
    if (!this.#options.hasRoom()) return MEMORY_FULL
    const now = this.#options.clock.stamp()
    const id = this.#options.ids.next(now)
    const record = createResource(creation, { kind, id, ownerId: clusterId, now, by, ...this.#setting(kind) })
    return this.#put(id, { kind: 'resource', record })
  }

  /** Replaces `spec` or `labels`. A patch without changes has no effect (contract 3.5, 4.5). */
  async change(
    address: ResourceAddress,
    patch: Patch,
    by: string,
    precondition?: Precondition,
  ): Promise<Stored | Refusal> {
    const resource = this.find(address)
    if (resource.kind === 'not-found') return this.#notFound(resource, address)
    if (resource.deletedTime !== undefined) return this.#markedForDeletion(resource)
    if (!this.#holds(precondition, resource)) return this.#mismatch(resource)
    const effective = effectivePatch(resource, patch, this.#options.compatibility)
    if (effective === undefined) return this.#unchanged(resource)
    if (isGrowing(resource, effective) && !this.#options.hasRoom()) return MEMORY_FULL
    const record = changeResource(resource, effective, {
      now: this.#options.clock.stamp(),
      by,
      ...this.#setting(resource.kind),
      statuses: this.#store.newest.statuses(resource.id),
    })
    return this.#put(resource.id, { kind: 'resource', record })
  }

  /** Marks a resource with its children for deletion, and removes whatever awaits nothing (contract 11.1-11.4, 11.8). */
  async delete(address: ResourceAddress, by: string, precondition?: Precondition): Promise<Stored | Refusal> {
    const resource = this.find(address)
    if (resource.kind === 'not-found') return this.#notFound(resource, address)
    if (!this.#holds(precondition, resource)) return this.#mismatch(resource)
    const now = this.#options.clock.stamp()
    const { after, marked, removals } = planDeletion(resource, { now, by }, this.#deletionContext())
    if (marked.length === 0 && removals.length === 0) return this.#unchanged(resource)
    const document =
      after === resource
        ? this.#store.newest.document(resource)
        : encodeDocument({ kind: 'resource', record: after })
    const marks = marked.map((record): Put => ({ kind: 'resource', record }))
    const { id } = resource
    const isGone = removals.some(({ resource: gone }) => gone.id === id)
    const present = after === resource ? this.#store.newest.revision(resource) : undefined
    const answer = (sequence: number): Stored => {
      const revision = isGone ? undefined : (present ?? wholeRevision(sequence))
      return { kind: 'stored', resourceId: id, document, sequence, revision }
    }
    return this.#remove(removals, answer, now, marks)
  }

  /** Removes a resource that is being deleted, with its children, whatever is awaited (contract 11.12). */
  async forceDelete(
    address: ResourceAddress,
    reason: string,
    by: string,
    precondition?: Precondition,
  ): Promise<Removed | Refusal> {
    const resource = this.find(address)
    if (resource.kind === 'not-found') return this.#notFound(resource, address)
    const { kind, id } = resource
    if (resource.deletedTime === undefined)
      return this.#conflict(id, 'state-conflict', `${kind} '${id}' is not in Finalizing state`)
    if (!this.#holds(precondition, resource)) return this.#mismatch(resource)
    const removals = planForcedRemovals(resource, this.#deletionContext())
    const outcome = await this.#remove<Removed>(removals, sequence => ({ kind: 'removed', sequence }))
    if (outcome.kind === 'removed') {
      const children = removals.flatMap(({ resource: gone }) => (gone.kind === 'NodePool' ? gone.id : []))
      this.#options.onEvent({
        kind: 'force-deleted',
        resource: { kind, id },
        by,
        reason,
        children: kind === 'Cluster' ? children : [],
      })
    }
    return outcome
  }

  /**
   * Stores an adapter's report together with the resource's new conditions (contract, section 5). The last report that a
   * deletion waits for removes the resource (contract 11.8).
   * docs/contract-notes.md explains the order of the refusals.
   */
  async report(address: ResourceAddress, report: Report): Promise<Stored | Discarded | Refusal> {
    const resource = this.find(address)
    if (resource.kind === 'not-found') return this.#notFound(resource, address)
    const early = this.#refuseFuture(report)
    if (early !== undefined)
      return this.#whenDurable<Invalid>(resource.id, sequence => ({
        kind: 'invalid',
        faults: [early],
        sequence,
      }))
    const previous = this.#store.newest.status(resource.id, report.adapter)
    const available = report.conditions.find(({ type }) => type === 'Available')?.status ?? 'Unknown'
    const { observedGeneration, observedTime } = report
    const judged = { observedGeneration, observedTime, available }
    const reason = discardReason(judged, resource.generation, previous)
    if (reason !== undefined)
      return this.#whenDurable<Discarded>(resource.id, sequence => ({ kind: 'discarded', reason, sequence }))
    const statuses = this.#store.newest.statuses(resource.id)
    const refusal = previous === undefined ? this.#refuseNewAdapter(resource, report, statuses) : undefined
    // The refusal depends on the statuses and on all adapters that have reported.
    if (refusal !== undefined) return this.#after(this.#store.settled(), refusal)
    const status = statusFromReport(report, resource, previous)
    const grows = previous !== undefined && isGrowingStatus(status, previous)
    if (grows && !this.#hasRoomFor(report, resource)) return MEMORY_FULL
    if (resource.deletedTime !== undefined) {
      const removals = planRemovals(resource, withStatus(statuses, status), this.#deletionContext())
      if (removals.length > 0) {
        const document = encodeDocument({ kind: 'status', record: status })
        const { id } = resource
        return this.#remove<Stored>(removals, sequence => ({
          kind: 'stored',
          resourceId: id,
          document,
          sequence,
        }))
      }
    }
    const conditions = conditionsUnder(status, resource, statuses, this.#setting(resource.kind))
    if (conditions === undefined) return this.#put(resource.id, { kind: 'status', record: status })
    return this.#put(
      resource.id,
      { kind: 'status', record: status },
      { kind: 'conditions', resource, conditions },
    )
  }

  /** The newest version of a resource, staged or durable. For decisions only, never shown. */
  find(address: ResourceAddress): Resource | Missing {
    const { newest } = this.#store
    if (address.kind === 'Cluster')
      return newest.resource('Cluster', address.id) ?? { kind: 'not-found', what: 'Cluster', id: address.id }
    const { clusterId, id } = address
    if (clusterId !== undefined && newest.resource('Cluster', clusterId) === undefined)
      return { kind: 'not-found', what: 'Cluster', id: clusterId }
    const nodepool = newest.resource('NodePool', id)
    if (nodepool !== undefined && (clusterId ?? nodepool.ownerId) === nodepool.ownerId) return nodepool
    return { kind: 'not-found', what: 'NodePool', id }
  }

  /** The settings that conditions depend on. */
  #setting(kind: ResourceKind) {
    const { compatibility, requiredAdapters } = this.#options
    return { compatibility, required: requiredAdapters[kind] }
  }

  #deletionContext(): DeletionContext {
    const { compatibility, requiredAdapters } = this.#options
    return { newest: this.#store.newest, compatibility, requiredAdapters }
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

  /** Stages puts that concern one resource as one change. Returns the document of the first. */
  async #put(resourceId: string, ...puts: [Put, ...Put[]]): Promise<Stored | Refusal> {
    const staged = this.#store.stage(puts)
    const sequence = this.#store.stagedSequence
    try {
      const [document] = await staged
      if (document === undefined) throw new Error('the store has no document of a durable put')
      const revision = puts[0].kind === 'resource' ? wholeRevision(sequence) : undefined
      return { kind: 'stored', resourceId, document, sequence, revision }
    } catch (error) {
      return refusalFor(error)
    }
  }

  /** Stages removals and the marks before them as one change. Emits the events of removals once they are durable. */
  async #remove<T extends Stored | Removed>(
    removals: readonly Removal[],
    answerOf: (sequence: number) => T,
    time = this.#options.clock.stamp(),
    marks: readonly Put[] = [],
  ): Promise<T | Unavailable> {
    const gone = removals.map(({ resource }): Put => ({ kind: 'removal', resource, time }))
    const staged = this.#store.stage([...marks, ...gone])
    const answer = answerOf(this.#store.stagedSequence)
    const outcome = await this.#after(staged, answer)
    if (outcome.kind === answer.kind)
      for (const removal of removals) this.#options.onEvent({ kind: 'removed', ...removal })
    return outcome
  }

  /** The removal of the resource, or the creation of its cluster, may not be durable yet. */
  #notFound({ what, id }: Missing, address: ResourceAddress): Promise<Refusal> {
    const { clusterId = id } = address.kind === 'NodePool' ? address : {}
    const pending = Promise.all([this.#store.pending(id), this.#store.pending(clusterId)])
    const sequence = Math.max(this.#store.sequenceOf(id), this.#store.sequenceOf(clusterId))
    return this.#after(pending, { kind: 'not-found', what, id, sequence })
  }

  /** True if the newest version, which may be staged, is one that the client has in mind. */
  #holds(precondition: Precondition, resource: Resource): boolean {
    return precondition === undefined || precondition(this.#store.newest.revision(resource))
  }

  #mismatch({ kind, id }: Resource): Promise<Refusal> {
    const detail = `${kind} '${id}' has been changed: If-Match does not name its present version`
    return this.#whenDurable<Mismatch>(id, sequence => ({ kind: 'mismatch', detail, sequence }))
  }

  #markedForDeletion({ kind, id }: Resource): Promise<Refusal> {
    return this.#conflict(id, 'state-conflict', `${kind} '${id}' is marked for deletion`)
  }

  #conflict(resourceId: string, kind: Conflict['kind'], detail: string): Promise<Refusal> {
    return this.#whenDurable<Conflict>(resourceId, sequence => ({ kind, detail, sequence }))
  }

  /** Answers a request that changes nothing with the version it met, not with one that arrived while it waited. */
  #unchanged(resource: Resource): Promise<Stored | Refusal> {
    const { id } = resource
    const { newest } = this.#store
    const document = newest.document(resource)
    const revision = newest.revision(resource)
    const answer = (sequence: number): Stored => ({
      kind: 'stored',
      resourceId: id,
      document,
      sequence,
      revision,
    })
    return this.#whenDurable(id, answer)
  }

  /** Delays an answer that depends on the newest version of a resource until that version is durable (contract 4.8). */
  #whenDurable<T>(resourceId: string, answerOf: (sequence: number) => T): Promise<T | Unavailable> {
    return this.#after(this.#store.pending(resourceId), answerOf(this.#store.sequenceOf(resourceId)))
  }

  async #after<T>(durable: Promise<unknown> | undefined, answer: T): Promise<T | Unavailable> {
    try {
      await durable
      return answer
    } catch (error) {
      return refusalFor(error)
    }
  }
}

/** The refusal for a write that failed in the store. */
function refusalFor(error: unknown): Unavailable {
  if (error instanceof StorageFullError) return DISK_FULL
  if (error instanceof StorageBusyError) return DISK_BUSY
  if (error instanceof StorageFailedError) return STORAGE_FAILED
  throw error
}

/** The revision after a change that brought the whole resource. */
function wholeRevision(sequence: number): Revision {
  return { headSequence: sequence, conditionsSequence: sequence }
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
