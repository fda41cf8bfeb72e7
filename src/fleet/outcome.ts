// The outcome of a write: the stored document, or the reason why nothing was stored. Expected failures are values.
import type { ResourceKind } from '../state/records.ts'
import type { Revision } from '../store/staged.ts'
import type { FieldFault } from './field-fault.ts'
import type { DiscardReason } from './report.ts'

/** The number of the change, or of a state that the outcome was decided on, by the journal (contract 12.3). */
interface Sequenced {
  readonly sequence: number
}

/** No such resource. */
export interface NotFound extends Missing, Sequenced {}

/** The resource that an address names, if it does not exist. */
export interface Missing {
  readonly kind: 'not-found'
  readonly what: ResourceKind
  readonly id: string
}

export interface Conflict extends Sequenced {
  /**
   * `state-conflict`: the resource, or the cluster of a new nodepool, is being deleted; or it is not, and would have to be (contract 11.6,
   * 11.12).
   */
  readonly kind: 'conflict' | 'state-conflict'
  readonly detail: string
}

/** The precondition of the request does not hold for the newest version (contract 12.12). */
export interface Mismatch extends Sequenced {
  readonly kind: 'mismatch'
  readonly detail: string
}

/** The faults of a report that the parser cannot know. */
export interface Invalid extends Sequenced {
  readonly kind: 'invalid'
  readonly faults: readonly FieldFault[]
}

/** Nothing can be stored now. */
export interface Unavailable {
  readonly kind: 'unavailable'
  readonly reason: UnavailableReason
  readonly detail: string
}

export type Refusal = NotFound | Conflict | Mismatch | Invalid | Unavailable

/**
 * Reason why nothing can be stored now (contract 9.2, 9.3). `commits-busy`: too many writes are waiting for the disk. `cascade-busy`: too
 * many are waiting for the deletion of a cluster. `storage-failed`: the process is shutting down. `no-writer`: another server decides
 * (contract 14.4).
 */
export type UnavailableReason =
  | 'disk-full'
  | 'storage-failed'
  | 'commits-busy'
  | 'cascade-busy'
  | 'no-writer'
  | 'memory-bound'

/** The resource or status as served; durable and visible. */
export interface Stored extends Sequenced {
  readonly kind: 'stored'
  /** Id of the resource, also for a status. */
  readonly resourceId: string
  readonly document: Buffer
  /** The revision of a resource; undefined for a status, and if the resource is gone. */
  readonly revision?: Revision | undefined
}

/** A valid report that is not stored (contract 5.3). */
export interface Discarded extends Sequenced {
  readonly kind: 'discarded'
  readonly reason: DiscardReason
}

/** A resource removed by force (contract 11.12). */
export interface Removed extends Sequenced {
  readonly kind: 'removed'
}

/** Callers switch on `kind`. */
export type Outcome = Stored | Discarded | Removed | Refusal
