// Answers of writes: finds what a write is about, and delays its answer until all that it was decided on is durable (contract 4.8).
import type { Put } from '../state/put.ts'
import type { Resource } from '../state/records.ts'
import { FencedError, StorageBusyError, StorageFailedError, StorageFullError } from '../store/errors.ts'
import type { Revision } from '../store/staged.ts'
import type { Store } from '../store/store.ts'
import type { Conflict, Mismatch, Missing, Refusal, Stored, Unavailable } from './outcome.ts'

/** The part of the store that decisions need. */
export type DecisionStore = Pick<
  Store,
  'newest' | 'stage' | 'prepare' | 'pending' | 'settled' | 'sequenceOf' | 'stagedSequence' | 'beingApplied'
>

/** Address of a resource. A nodepool is addressed through its cluster, or with its id alone. */
export type ResourceAddress =
  | { readonly kind: 'Cluster'; readonly id: string }
  | { readonly kind: 'NodePool'; readonly clusterId: string | undefined; readonly id: string }

/** A condition on the newest version of a resource (contract 12.12); undefined for none. */
export type Precondition = ((revision: Revision) => boolean) | undefined

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

const NO_WRITER: Unavailable = {
  kind: 'unavailable',
  reason: 'no-writer',
  detail: 'Another server of the cluster decides about writes; nothing was stored',
}

export class Answers {
  readonly #store: DecisionStore

  constructor(store: DecisionStore) {
    this.#store = store
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

  /** Stages puts that concern one resource as one change. Returns the document of the first. */
  async put(resourceId: string, ...puts: [Put, ...Put[]]): Promise<Stored | Refusal> {
    const staged = this.#store.stage(puts)
    const sequence = this.#store.stagedSequence
    try {
      const document = await staged
      const revision = puts[0].kind === 'resource' ? wholeRevision(sequence) : undefined
      return { kind: 'stored', resourceId, document, sequence, revision }
    } catch (error) {
      return refusalFor(error)
    }
  }

  /** The removal of the resource, or the creation of its cluster, may not be durable yet. */
  notFound({ what, id }: Missing, address: ResourceAddress): Promise<Refusal> {
    const { clusterId = id } = address.kind === 'NodePool' ? address : {}
    const pending = Promise.all([this.#store.pending(id), this.#store.pending(clusterId)])
    const sequence = Math.max(this.#store.sequenceOf(id), this.#store.sequenceOf(clusterId))
    return this.after(pending, { kind: 'not-found', what, id, sequence })
  }

  /** True if the newest version, which may be staged, is one that the client has in mind. */
  holds(precondition: Precondition, resource: Resource): boolean {
    return precondition === undefined || precondition(this.#store.newest.revision(resource))
  }

  mismatch({ kind, id }: Resource): Promise<Refusal> {
    const detail = `${kind} '${id}' has been changed: If-Match does not name its present version`
    return this.whenDurable<Mismatch>(id, sequence => ({ kind: 'mismatch', detail, sequence }))
  }

  markedForDeletion({ kind, id }: Resource): Promise<Refusal> {
    return this.conflict(id, 'state-conflict', `${kind} '${id}' is marked for deletion`)
  }

  notFinalizing({ kind, id }: Resource): Promise<Refusal> {
    return this.conflict(id, 'state-conflict', `${kind} '${id}' is not in Finalizing state`)
  }

  conflict(resourceId: string, kind: Conflict['kind'], detail: string): Promise<Refusal> {
    return this.whenDurable<Conflict>(resourceId, sequence => ({ kind, detail, sequence }))
  }

  /** Answers a request that changes nothing with the version it met, not with one that arrived while it waited. */
  unchanged(resource: Resource): Promise<Stored | Refusal> {
    const { id } = resource
    const { newest } = this.#store
    const document = newest.document(resource)
    const revision = newest.revision(resource)
    return this.whenDurable<Stored>(id, sequence => ({
      kind: 'stored',
      resourceId: id,
      document,
      sequence,
      revision,
    }))
  }

  /** Delays an answer that depends on the newest version of a resource until that version is durable (contract 4.8). */
  whenDurable<T>(resourceId: string, answerOf: (sequence: number) => T): Promise<T | Unavailable> {
    return this.after(this.#store.pending(resourceId), answerOf(this.#store.sequenceOf(resourceId)))
  }

  async after<T>(durable: Promise<unknown> | undefined, answer: T): Promise<T | Unavailable> {
    try {
      await durable
      return answer
    } catch (error) {
      return refusalFor(error)
    }
  }
}

/** The refusal for a write that failed in the store. */
export function refusalFor(error: unknown): Unavailable {
  if (error instanceof StorageFullError) return DISK_FULL
  if (error instanceof StorageBusyError) return DISK_BUSY
  if (error instanceof StorageFailedError) return STORAGE_FAILED
  if (error instanceof FencedError) return NO_WRITER
  throw error
}

/** The revision after a change that brought the whole resource. */
export function wholeRevision(sequence: number): Revision {
  return { headSequence: sequence, conditionsSequence: sequence }
}
