// The door to a state without a disk: applies puts as the store would, with numbers and sequences in order. Also plain copies of
// records, whose members can be compared and spread. In a record read from a document they are getters.
import { initialConditions } from '../../src/fleet/conditions.ts'
import { encodePut } from '../../src/state/document.ts'
import type { Entries, ResourceEntry } from '../../src/state/entry.ts'
import { type Put, type RecordPut, type ResourceId, unhandled } from '../../src/state/put.ts'
import {
  type AdapterStatus,
  plainResource,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from '../../src/state/records.ts'
import { State } from '../../src/state/state.ts'
import type { Instant } from '../../src/wire/instant.ts'

/** The entries of all slots. A hole is undefined. */
export function bySlot(entries: Entries): (ResourceEntry | undefined)[] {
  return Array.from({ length: entries.length }, (_, slot) => entries.at(slot))
}

export class StateBuilder {
  readonly state: State
  #sequence = 0

  constructor(retainedRemovals?: number) {
    this.state = new State(retainedRemovals)
  }

  /** The number of the last change. */
  get sequence(): number {
    return this.#sequence
  }

  /** Puts a whole record, as a change of its own. */
  put(record: Resource | AdapterStatus): void {
    this.apply(putOf(record))
  }

  /** Puts the conditions of a resource that is there, as a change of its own. */
  putConditions(resource: Resource, conditions: readonly ResourceCondition[]): void {
    this.apply({ kind: 'conditions', resource, conditions })
  }

  /** Removes a resource, as a change of its own. */
  remove(resource: ResourceId): void {
    this.apply({ kind: 'removal', resource, time: undefined })
  }

  /** Applies puts as one change. */
  apply(...puts: readonly Put[]): void {
    const sequence = ++this.#sequence
    for (const put of puts) {
      const placed = encodePut(put, this.#numberOf(put))
      this.state.apply([{ sequence, latestTime: undefined, puts: [placed] }])
    }
  }

  #numberOf(put: Put): number {
    switch (put.kind) {
      case 'resource': {
        const { kind, id } = put.record
        return this.state.resource(kind, id)?.number ?? this.state.nextNumber(kind)
      }
      case 'status': {
        const { resourceKind, resourceId, adapter } = put.record
        const entry = this.state.resource(resourceKind, resourceId)
        return entry?.statusOf(adapter)?.number ?? entry?.statuses.length ?? 0
      }
      case 'conditions':
      case 'removal':
        return 0
      default:
        return unhandled(put)
    }
  }
}

export function putOf(record: Resource | AdapterStatus): RecordPut {
  return 'adapter' in record ? { kind: 'status', record } : { kind: 'resource', record }
}

export function plainStatus(status: AdapterStatus): AdapterStatus {
  return {
    resourceKind: status.resourceKind,
    resourceId: status.resourceId,
    adapter: status.adapter,
    observedGeneration: status.observedGeneration,
    conditions: status.conditions,
    metadata: status.metadata,
    data: status.data,
    createdTime: status.createdTime,
    lastReportTime: status.lastReportTime,
  }
}

/** A put with a plain copy of its record. */
export function plainPut(put: RecordPut): RecordPut {
  return putOf('adapter' in put.record ? plainStatus(put.record) : plainResource(put.record))
}

/** The conditions of a new resource under the documents' compatibility, with nobody required. */
export function newConditions(kind: ResourceKind, createdTime: Instant): ResourceCondition[] {
  return initialConditions({ kind, createdTime, compatibility: 'documents', required: [] })
}
