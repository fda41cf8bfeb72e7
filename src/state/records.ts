// The records of the fleet. The store keeps them, the fleet decides on them, searches read them. They are immutable: a change creates a new
// record, which replaces the old one.
import type { Instant } from '../wire/instant.ts'
import type { JsonSpan } from '../wire/json-paths.ts'

export const RESOURCE_KINDS = ['Cluster', 'NodePool'] as const
export type ResourceKind = (typeof RESOURCE_KINDS)[number]
export type ConditionStatus = 'True' | 'False'
export type ReportedStatus = ConditionStatus | 'Unknown'

/** A condition of a resource, condensed from the adapters' reports (contract, section 6). */
export interface ResourceCondition {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration: number
  readonly createdTime: Instant
  readonly lastUpdatedTime: Instant
  readonly lastTransitionTime: Instant
}

/** A condition as an adapter reported it (contract 5.4). */
export interface AdapterCondition {
  readonly type: string
  readonly status: ReportedStatus
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime: Instant
}

/** A cluster or a nodepool. */
export interface Resource {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  /** The id of the cluster that a nodepool belongs to; undefined for clusters. */
  readonly ownerId: string | undefined
  readonly generation: number
  /** JSON text as the client wrote it (contract 3.8). */
  readonly spec: string
  /** The spec in bytes, if they are at hand. Like the resource, they are good for one turn of the event loop. */
  readonly specJson?: JsonSpan | undefined
  /** Undefined when the client never set any. Unset labels are not shown, empty ones are. */
  readonly labels: ReadonlyMap<string, string> | undefined
  readonly createdTime: Instant
  readonly updatedTime: Instant
  readonly createdBy: string
  readonly updatedBy: string
  /** The moment and the author of its deletion. Both or neither are set (contract 11.2). */
  readonly deletedTime: Instant | undefined
  readonly deletedBy: string | undefined
  readonly conditions: readonly ResourceCondition[]
  /** Time of the last change of `generation`, initially `createdTime`. Never shown (contract 3.5, 6.13). */
  readonly specChangedTime: Instant
}

/** The members of a resource that creations and patches write. Its conditions are stored beside them. */
export type ResourceHead = Omit<Resource, 'conditions'>

/** A resource as a plain object, which reads no document later, with these conditions and this spec in place of its own. */
export function plainResource(
  resource: Resource,
  conditions = resource.conditions,
  spec = resource.spec,
): Resource {
  return {
    kind: resource.kind,
    id: resource.id,
    name: resource.name,
    ownerId: resource.ownerId,
    generation: resource.generation,
    spec,
    labels: resource.labels,
    createdTime: resource.createdTime,
    updatedTime: resource.updatedTime,
    createdBy: resource.createdBy,
    updatedBy: resource.updatedBy,
    deletedTime: resource.deletedTime,
    deletedBy: resource.deletedBy,
    conditions,
    specChangedTime: resource.specChangedTime,
  }
}

/** The last accepted report of one adapter about one resource. */
export interface AdapterStatus {
  readonly resourceKind: ResourceKind
  readonly resourceId: string
  readonly adapter: string
  readonly observedGeneration: number
  readonly conditions: readonly AdapterCondition[]
  /** JSON text as the adapter wrote it. Undefined if it sent none. */
  readonly metadata: string | undefined
  readonly data: string | undefined
  readonly createdTime: Instant
  readonly lastReportTime: Instant
  /** The condition `Available`, if it can be read without the others. */
  readonly available?: AdapterCondition | undefined
  /** The status of `Available`, if it is at hand without reading anything. */
  readonly availableStatus?: ReportedStatus | undefined
}

/** The members of a status on which conditions depend. */
export interface StatusDigest {
  /** The status of `Available`. */
  readonly available: ReportedStatus
  readonly observedGeneration: number
  readonly createdTime: Instant
  readonly lastReportTime: Instant
}

/** A record while it is built. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
