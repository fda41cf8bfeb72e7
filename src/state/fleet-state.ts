// The fleet's state for readers: all durable records, and nothing else. It changes by a whole group commit at a time, so that all reads
// in one turn of the event loop see the same state (contract 4.8, 7.1). Only a change of thousands of nodepools is applied over several turns,
// during which reads of these nodepools wait.
import type { Entries, ResourceEntry, ResourceVersion } from './entry.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind, StatusDigest } from './records.ts'
import type { RetainedRemovals } from './removals.ts'

/** The effect of one put, for a watcher. */
export type Effect =
  | {
      readonly kind: 'resource'
      /** The number of the change in the journal. */
      readonly sequence: number
      readonly entry: ResourceEntry
      /** The record that was put, so that watchers need not read it from the document. */
      readonly resource: Resource
      readonly previous: ResourceVersion | undefined
    }
  | {
      readonly kind: 'conditions'
      readonly sequence: number
      readonly entry: ResourceEntry
      readonly conditions: readonly ResourceCondition[]
      readonly previous: ResourceVersion
    }
  | {
      readonly kind: 'status'
      readonly sequence: number
      readonly entry: ResourceEntry
      readonly status: AdapterStatus
      /** The members of the status that are at hand. */
      readonly digest: StatusDigest
    }
  | {
      readonly kind: 'removal'
      readonly sequence: number
      /** Its slot is a hole now. Its documents are empty. */
      readonly entry: ResourceEntry
      readonly previous: ResourceVersion
    }

/**
 * The application of a large change, over several turns of the event loop. In between, a nodepool of its cluster may be in either version. All
 * else is as before the change.
 */
export interface Application {
  readonly clusterId: string
  /** Resolves in the turn in which the change is visible. */
  readonly over: Promise<void>
}

/**
 * True if a read may see a part of the change.
 * @param clusterId only nodepools of this cluster are read; undefined for all resources of the kind
 */
export function concerns(application: Application, kind: ResourceKind, clusterId?: string): boolean {
  return kind === 'NodePool' && (clusterId === undefined || clusterId === application.clusterId)
}

/** The state for readers. */
export interface FleetState {
  /** The number of the newest change in it, by the journal (contract 12.3). The same after a restart. */
  readonly sequence: number
  /** The application that is under way. Undefined if all changes are visible as a whole, as nearly always. */
  readonly application: Application | undefined
  /** Bytes of all documents as served. */
  readonly bytes: number
  readonly statusCount: number
  /** The adapters that have reported about resources of this kind. */
  adapters(kind: ResourceKind): Iterable<string>
  resource(kind: ResourceKind, id: string): ResourceEntry | undefined
  /** All resources of a kind by slot. A renumbering begins another object. */
  resources(kind: ResourceKind): Entries
  /** The first resource of a kind whose creation number is at least this one. */
  resourceFrom(kind: ResourceKind, number: number): ResourceEntry | undefined
  /** The resources of a kind in creation order, in an array of their own. */
  living(kind: ResourceKind): readonly ResourceEntry[]
  /** The number of resources of a kind. */
  count(kind: ResourceKind): number
  /** The nodepools of a cluster, in creation order. */
  nodepoolsOf(clusterId: string): Iterable<ResourceEntry>
  /** The last removals. */
  readonly removals: RetainedRemovals
  /** Begins a walk over the resources of a kind that were changed after this change. It must be ended. */
  changesAfter(kind: ResourceKind, sequence: number): ChangeWalk
  /**
   * Calls the watcher for every applied put, in order. The watcher must not throw. During an application it must show nothing of what it is
   * called with.
   */
  watch(watcher: (effect: Effect) => void): void
  /**
   * Keeps the bytes of documents, or of parts of them, for later turns of the event loop. The caller must call the returned function once it
   * does not need them any more.
   */
  retain(pieces: readonly Buffer[]): () => void
  /** Begins to close the holes in the slots of a kind, if they are many. Only one renumbering of a kind at a time. */
  renumber(kind: ResourceKind): Renumbering | undefined
}

/** A walk over changed resources, from the newest change back. Writes may come in between: it may or may not visit what they are about. */
export interface ChangeWalk {
  /** Passes at most so many more resources. Returns false at the end. */
  step(limit: number, use: (entry: ResourceEntry) => void): boolean
  end(): void
}

/** A renumbering of the slots of a kind, some resources at a time. Writes may come in between. */
export interface Renumbering {
  /** The entries by their second slots. After `takeOver` they are `resources(kind)`. */
  readonly entries: Entries
  /** The second slot of an entry, `otherSlot`, once it has one. */
  secondSlotOf(entry: ResourceEntry): number | undefined
  /** Passes `limit` more slots, and gives their entries second slots. Returns false at the end. */
  step(limit: number, visit: (entry: ResourceEntry) => void): boolean
  /** Lets the second slots count. The caller calls it in the turn in which `step` returned false. */
  takeOver(): void
}
