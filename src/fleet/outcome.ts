// The outcome of a write: the stored document, or the reason why nothing was stored. Expected failures are values.
import type { ResourceKind } from '../state/records.ts'
import type { DiscardReason } from './report.ts'

/** One fault of a request, as a member of `errors[]` (contract 4.7). */
export interface FieldFault {
  /** A path such as `labels.a` or `conditions[1].status`. A missing member is named itself. */
  readonly field: string
  readonly constraint: string
  readonly message: string
  readonly value?: unknown
}

/** No such resource. */
export interface NotFound {
  readonly kind: 'not-found'
  readonly what: ResourceKind
  readonly id: string
}

export type Refusal =
  | NotFound
  | { readonly kind: 'conflict'; readonly detail: string }
  /** The resource, or the cluster of a new nodepool, is being deleted; or it is not, and would have to be (contract 11.6, 11.12). */
  | { readonly kind: 'state-conflict'; readonly detail: string }
  | { readonly kind: 'invalid'; readonly detail: string; readonly faults: readonly FieldFault[] }
  | { readonly kind: 'unavailable'; readonly reason: UnavailableReason; readonly detail: string }

/**
 * Reason why nothing can be stored now (contract 9.2, 9.3). `commits-busy`: too many writes are waiting for the disk.
 * `storage-failed`: the process is shutting down.
 */
export type UnavailableReason = 'disk-full' | 'storage-failed' | 'commits-busy' | 'memory-bound'

/** The resource or status as served; durable and visible. */
export interface Stored {
  readonly kind: 'stored'
  /** Id of the resource, also for a status. */
  readonly resourceId: string
  readonly document: Buffer
}

/** A valid report that is not stored (contract 5.3). */
export interface Discarded {
  readonly kind: 'discarded'
  readonly reason: DiscardReason
}

/** A resource removed by force (contract 11.12). */
export interface Removed {
  readonly kind: 'removed'
}

/** Callers switch on `kind`. */
export type Outcome = Stored | Discarded | Removed | Refusal
