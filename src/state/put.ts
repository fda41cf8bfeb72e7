// Puts: the steps of a change. A new kind of put does not compile until every place that visits puts handles it.
import type { Instant } from '../wire/instant.ts'
import type { Body } from './layout.ts'
import type { AdapterStatus, Resource, ResourceCondition } from './records.ts'

/** Stores a whole resource, which is new or replaces its earlier version. */
export interface ResourcePut {
  readonly kind: 'resource'
  readonly record: Resource
}

/** Replaces the conditions of a resource. The rest of its document keeps its bytes. */
export interface ConditionsPut {
  readonly kind: 'conditions'
  readonly resource: ResourceId
  readonly conditions: readonly ResourceCondition[]
}

/** Stores an adapter's status, which replaces the adapter's earlier one. */
export interface StatusPut {
  readonly kind: 'status'
  readonly record: AdapterStatus
}

/**
 * Removes a resource and all of its statuses. A nodepool is removed by a put of its own, before its cluster's in the same change
 * (contract 11.8, 11.11).
 */
export interface RemovalPut {
  readonly kind: 'removal'
  readonly resource: ResourceId
  /** The server's time of the removal. Undefined in a put that was read from disk. */
  readonly time: Instant | undefined
}

export type Put = ResourcePut | ConditionsPut | StatusPut | RemovalPut

/** A put of a whole record. Records are read from disk as such puts, whichever put wrote them. */
export type RecordPut = ResourcePut | StatusPut

export type ResourceId = Pick<Resource, 'kind' | 'id'>

/** A put and the resulting body. */
export interface PlacedPut {
  readonly put: Put
  readonly body: Body
}

/** Puts that become durable and visible together (contract 5.7), each of a different record. */
export interface Change {
  /** The number of the change's journal entry. */
  readonly sequence: number
  /** The greatest server time written up to this change. */
  readonly latestTime: Instant | undefined
  readonly puts: readonly PlacedPut[]
}

/** A record as stored, with the number of the journal entry that brought it. */
export interface StoredRecord<P extends RecordPut | RemovalPut = RecordPut> {
  readonly key: string
  /** Read from the document on demand. */
  readonly put: P
  readonly sequence: number
  readonly body: Body
}

/** A record of the journal: a whole record, or the end of one. */
export type JournalRecord = StoredRecord | StoredRecord<RemovalPut>

export function isRemoval(record: JournalRecord): record is StoredRecord<RemovalPut> {
  return record.put.kind === 'removal'
}

/** Ends a switch over kinds. A kind that no case handles is a type error at the call. */
export function unhandled(put: never): never {
  throw new Error(`a put of unknown kind: ${Object.keys(put)}`)
}
