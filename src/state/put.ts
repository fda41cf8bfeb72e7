// Puts: the steps of a change. A new kind of put does not compile until every place that visits puts handles it.
import type { Instant } from '../wire/instant.ts'
import type { Body } from './layout.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceHead } from './records.ts'

/** Stores a whole resource, which is new or replaces its earlier version. */
export interface ResourcePut {
  readonly kind: 'resource'
  readonly record: Resource
}

/** Replaces the conditions of a resource, and nothing else of it. */
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

/** A put of a whole resource or status, without a word on how it is stored. */
export type RecordPut = ResourcePut | StatusPut

export type ResourceId = Pick<Resource, 'kind' | 'id'>

/** The resource that a put is about. */
export function resourceOf(put: Put): ResourceId {
  switch (put.kind) {
    case 'resource':
      return put.record
    case 'conditions':
    case 'removal':
      return put.resource
    case 'status':
      return { kind: put.record.resourceKind, id: put.record.resourceId }
    default:
      return unhandled(put)
  }
}

/** A put and the bodies that it brings. */
export interface PlacedPut {
  readonly put: Put
  /** The head of a resource, or a status; otherwise empty. */
  readonly body: Body
  /** The conditions of a resource in their compact form; empty if the put has none. */
  readonly conditions: Body
}

/** Puts that become durable and visible together (contract 5.7), each of a different record. */
export interface Change {
  /** The number of the change's journal entry. */
  readonly sequence: number
  /** The greatest server time written up to this change. */
  readonly latestTime: Instant | undefined
  readonly puts: readonly PlacedPut[]
}

/** The head of a resource, as stored. */
export interface StoredHead {
  readonly kind: 'head'
  readonly record: ResourceHead
}

/** The conditions of a resource, as stored. */
export interface StoredConditions {
  readonly kind: 'conditions'
  readonly resource: ResourceId
}

/** The records that the disk has, whichever put wrote them. Members are read from the body on demand. */
export type StoredPart = StoredHead | StoredConditions | StatusPut

/** A record as stored, with the number of the journal entry that brought it. */
export interface StoredRecord<P extends StoredPart | RemovalPut = StoredPart> {
  readonly key: string
  readonly put: P
  readonly sequence: number
  readonly body: Body
}

/** A record of the journal: a stored one, or the end of a resource. */
export type JournalRecord = StoredRecord | StoredRecord<RemovalPut>

export function isRemoval(record: JournalRecord): record is StoredRecord<RemovalPut> {
  return record.put.kind === 'removal'
}

/** A whole resource or status with the records that store it: a head and its conditions, or a status. */
export interface WholeRecord {
  readonly key: string
  readonly put: RecordPut
  readonly records: readonly StoredRecord[]
}

/** Ends a switch over kinds. A kind that no case handles is a type error at the call. */
export function unhandled(put: never): never {
  throw new Error(`a put of unknown kind: ${Object.keys(put)}`)
}
