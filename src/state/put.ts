// Puts: the steps of a change. A new kind of put does not compile until every place that visits puts handles it.
import type { Instant } from '../wire/instant.ts'
import type { Body } from './layout.ts'
import type { AdapterStatus, Resource, ResourceCondition } from './records.ts'

/** Stores a whole resource, which is new or replaces its earlier version. */
export interface ResourcePut {
  readonly kind: 'resource'
  readonly record: Resource
}

/** Gives a resource other conditions. The rest of its document keeps its bytes. */
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

export type Put = ResourcePut | ConditionsPut | StatusPut

/** A put with its whole record: a record is read back from disk as one, whatever put wrote it. */
export type RecordPut = ResourcePut | StatusPut

export type ResourceId = Pick<Resource, 'kind' | 'id'>

/** A put and the body that it comes to. */
export interface PlacedPut {
  readonly put: Put
  readonly body: Body
}

/** Puts that become durable and visible together (contract 5.7), each of another record. */
export interface Change {
  /** The number of the change's journal entry. */
  readonly sequence: number
  /** The greatest server time that was written up to this change. */
  readonly latestTime: Instant | undefined
  readonly puts: readonly PlacedPut[]
}

/** A record as it is stored, with the number of the journal entry that brought it. */
export interface StoredRecord {
  readonly key: string
  /** Read from the document on demand. */
  readonly put: RecordPut
  readonly sequence: number
  readonly body: Body
}

/** Ends a switch over kinds. A kind that no case handles is a type error at the call. */
export function unhandled(put: never): never {
  throw new Error(`a put of an unknown kind: ${Object.keys(put)}`)
}
