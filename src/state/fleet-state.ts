// The visible state: every record that is durable, and nothing else. It changes only between two turns of the event
// loop, a whole group commit at a time, so that all reads of one turn see one state (contract 4.8, 7.1).

import { bodyOf } from './body.ts'
import { BodySlabs } from './body-slabs.ts'
import { DocumentResource } from './document-resource.ts'
import { type ResourceEntry, type ResourceVersion, StoredResource, type StoredStatus } from './entry.ts'
import { keyOf, type Put } from './put.ts'
import type { AdapterStatus, Resource, ResourceKind } from './records.ts'
import { RememberedConditions } from './remembered-conditions.ts'
import { SlotSet } from './slot-set.ts'

/** What one put did to the state, as a watcher sees it right afterwards. */
export type Applied =
  | {
      readonly kind: 'resource'
      readonly entry: ResourceEntry
      /** What was put; its members need not be read from the entry's document. */
      readonly resource: Resource
      readonly previous: ResourceVersion | undefined
    }
  | {
      readonly kind: 'status'
      readonly entry: ResourceEntry
      readonly status: AdapterStatus
      readonly previous: AdapterStatus | undefined
    }

/** What readers see of the state. */
export interface FleetState {
  /** Bytes of all documents as served. */
  readonly bytes: number
  readonly statusCount: number
  /** The adapters that have reported about resources of this kind. */
  adapters(kind: ResourceKind): Iterable<string>
  resource(kind: ResourceKind, id: string): ResourceEntry | undefined
  /** All of a kind; the index is the slot. */
  resources(kind: ResourceKind): readonly ResourceEntry[]
  /** The nodepools of a cluster, in creation order. */
  nodepoolsOf(clusterId: string): readonly ResourceEntry[]
  /** Calls the watcher for every put, in order, as it is applied; it must not throw. */
  watch(watcher: (applied: Applied) => void): void
}

/** A record on its way into the state. */
export interface Arrival {
  readonly put: Put
  readonly slot: number
  /** The document, which lies in its body. */
  readonly json: Buffer
  readonly sequence: number
  /** The record's checksum in the snapshot, when it was loaded from there. */
  readonly loadedChecksum?: number
}

/** Slots with something to fold into the snapshot, by kind. */
export type DirtySlots = Readonly<Record<ResourceKind, SlotSet>>

/** The state as the store changes it. */
export class State implements FleetState {
  readonly #bodies = new BodySlabs()
  readonly #remembered = new RememberedConditions()
  readonly #byId = new Map<string, StoredResource>()
  readonly #slots: Record<ResourceKind, StoredResource[]> = { Cluster: [], NodePool: [] }
  readonly #nodepools = new Map<string, StoredResource[]>()
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  /** Each adapter by its name, so that all of its statuses share one string. */
  readonly #adapters: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  readonly #watchers: ((applied: Applied) => void)[] = []
  #dirty: DirtySlots = { Cluster: new SlotSet(), NodePool: new SlotSet() }
  #bytes = 0
  #statusCount = 0

  get bytes(): number {
    return this.#bytes
  }

  get statusCount(): number {
    return this.#statusCount
  }

  resource(kind: ResourceKind, id: string): StoredResource | undefined {
    const entry = this.#byId.get(id)
    return entry?.kind === kind ? entry : undefined
  }

  /** The resource with this id, of whichever kind; ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    return this.#byId.get(id)
  }

  /** The record of a resource, whose conditions are remembered for a while: for a decision that a write will follow. */
  recordOf(entry: StoredResource): Resource {
    if (entry.conditions === undefined) this.#remembered.set(entry, entry.resource.conditions)
    return entry.resource
  }

  resources(kind: ResourceKind): readonly StoredResource[] {
    return this.#slots[kind]
  }

  nodepoolsOf(clusterId: string): readonly StoredResource[] {
    return this.#nodepools.get(clusterId) ?? []
  }

  /** The id of the resource with this name; `ownerId` is the cluster of a nodepool (contract 4.3). */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    return this.#names[kind].get(nameKey(ownerId, name))
  }

  adapters(kind: ResourceKind): Iterable<string> {
    return this.#adapters[kind].keys()
  }

  /** How many adapters have reported about resources of this kind. */
  adapterCount(kind: ResourceKind): number {
    return this.#adapters[kind].size
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#adapters[kind].has(adapter)
  }

  watch(watcher: (applied: Applied) => void): void {
    this.#watchers.push(watcher)
  }

  /** Whether the record is already there in this version or a later one: then a replay passes it by. */
  isKnown({ kind, record }: Put, sequence: number): boolean {
    const present =
      kind === 'resource'
        ? this.#byId.get(record.id)
        : this.#byId.get(record.resourceId)?.statusOf(record.adapter)
    return present !== undefined && present.sequence >= sequence
  }

  /** Puts a durable record in its place; returns its document as it lies there. */
  apply(arrival: Arrival): Buffer {
    return arrival.put.kind === 'resource'
      ? this.#applyResource(arrival, arrival.put.record)
      : this.#applyStatus(arrival, arrival.put.record)
  }

  /** Takes the slots to be folded; from now on others gather. */
  takeDirty(): DirtySlots {
    const taken = this.#dirty
    this.#dirty = { Cluster: new SlotSet(), NodePool: new SlotSet() }
    return taken
  }

  /** Gives back slots that could not be folded. */
  giveBackDirty(taken: DirtySlots): void {
    this.#dirty.Cluster.addAll(taken.Cluster)
    this.#dirty.NodePool.addAll(taken.NodePool)
  }

  /**
   * Ends a load, in which records arrived by key: brings nodepools and statuses into the order of their creation, one
   * resource a step, and returns the first place without a record, of which there must be none.
   */
  *finishLoad(): Generator<undefined, string | undefined> {
    for (const nodepools of this.#nodepools.values()) {
      nodepools.sort((a, b) => a.slot - b.slot)
      yield
    }
    for (const kind of ['Cluster', 'NodePool'] as const) {
      const slots = this.#slots[kind]
      for (let slot = 0; slot < slots.length; slot++) {
        const entry = slots[slot]
        if (entry === undefined) return `${kind} number ${slot + 1} in creation order`
        const hole = entry.orderStatuses()
        if (hole !== undefined) return `adapter status number ${hole + 1} of ${kind} ${entry.id}`
        yield
      }
    }
    return undefined
  }

  #applyResource(arrival: Arrival, resource: Resource): Buffer {
    const { put, slot, json, loadedChecksum } = arrival
    const { kind, id } = resource
    const present = this.#byId.get(id)
    if (present !== undefined && (present.kind !== kind || present.slot !== slot))
      throw new Error(`${keyOf(put)} would take the place of ${present.kind} ${id}`)
    const previous = present?.version
    this.#bytes += json.length - (present?.json.length ?? 0)
    const entry = present ?? this.#create(resource, slot)
    this.#write(entry, arrival)
    const isReadBack = resource instanceof DocumentResource && !resource.hasNewConditions
    this.#remembered.set(entry, isReadBack ? undefined : resource.conditions)
    if (loadedChecksum === undefined) this.#dirty[kind].add(slot)
    this.#tell({ kind: 'resource', entry, resource, previous })
    return entry.json
  }

  #create({ kind, id, ownerId, name }: Resource, slot: number): StoredResource {
    if (this.#slots[kind][slot] !== undefined) throw new Error(`${kind} ${id} has the slot of another one`)
    // The owner's string is the one to keep: what was parsed comes as a new one every time.
    const owner = ownerId === undefined ? undefined : (this.#byId.get(ownerId)?.id ?? ownerId)
    const entry = new StoredResource(kind, id, { name, ownerId: owner })
    this.#byId.set(id, entry)
    this.#slots[kind][slot] = entry
    this.#names[kind].set(nameKey(owner, name), id)
    if (owner !== undefined) {
      const siblings = this.#nodepools.get(owner)
      if (siblings === undefined) this.#nodepools.set(owner, [entry])
      else siblings.push(entry)
    }
    return entry
  }

  #applyStatus(arrival: Arrival, status: AdapterStatus): Buffer {
    const { put, json, loadedChecksum } = arrival
    const entry = this.resource(status.resourceKind, status.resourceId)
    if (entry === undefined) throw new Error(`${keyOf(put)} is about a resource that does not exist`)
    const present = entry.statusOf(status.adapter)
    const previous = present?.status
    this.#bytes += json.length - (present?.json.length ?? 0)
    if (present === undefined) this.#statusCount++
    const stored = present ?? entry.addStatus(this.#sharedAdapter(entry.kind, status.adapter))
    this.#write(stored, arrival)
    if (loadedChecksum === undefined) this.#dirty[entry.kind].add(entry.slot)
    this.#tell({ kind: 'status', entry, status, previous })
    return stored.json
  }

  #tell(applied: Applied): void {
    for (const watcher of this.#watchers) watcher(applied)
  }

  #sharedAdapter(kind: ResourceKind, adapter: string): string {
    const known = this.#adapters[kind].get(adapter)
    if (known === undefined) this.#adapters[kind].set(adapter, adapter)
    return known ?? adapter
  }

  #write(entry: StoredResource | StoredStatus, { json, sequence, loadedChecksum }: Arrival): void {
    this.#bodies.put(entry, bodyOf(json))
    entry.noteWritten(sequence)
    if (loadedChecksum !== undefined) entry.noteFolded(sequence, loadedChecksum)
  }
}

/** Names hold no slash, and clusters have no owner. */
export function nameKey(ownerId: string | undefined, name: string): string {
  return ownerId === undefined ? name : `${ownerId}/${name}`
}
