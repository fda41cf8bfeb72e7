// The visible state: all durable records, and nothing else. It changes by a whole group commit at a time, so that all reads in one turn of
// the event loop see the same state (contract 4.8, 7.1).

import { keyOf } from './document.ts'
import {
  ConditionsCache,
  type ResourceEntry,
  type ResourceVersion,
  SlotSet,
  StoredResource,
  type StoredStatus,
} from './entry.ts'
import { type Body, documentLength, slotIn } from './layout.ts'
import {
  type Change,
  type Put,
  type RecordPut,
  type ResourceId,
  type StoredRecord,
  unhandled,
} from './put.ts'
import {
  type AdapterStatus,
  RESOURCE_KINDS,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from './records.ts'
import { BodySlabs } from './slabs.ts'

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
      readonly previous: AdapterStatus | undefined
    }

/** The state for readers. */
export interface FleetState {
  /** Bytes of all documents as served. */
  readonly bytes: number
  readonly statusCount: number
  /** The adapters that have reported about resources of this kind. */
  adapters(kind: ResourceKind): Iterable<string>
  resource(kind: ResourceKind, id: string): ResourceEntry | undefined
  /** All resources of a kind. The index is the slot. */
  resources(kind: ResourceKind): readonly ResourceEntry[]
  /** The nodepools of a cluster, in creation order. */
  nodepoolsOf(clusterId: string): readonly ResourceEntry[]
  /** Calls the watcher for every applied put, in order. The watcher must not throw. */
  watch(watcher: (effect: Effect) => void): void
}

/** Slots with records to fold into the snapshot, by kind. */
export type DirtySlots = Readonly<Record<ResourceKind, SlotSet>>

/** The state for the store. Only the store changes it. */
export class State implements FleetState {
  readonly #bodies = new BodySlabs()
  readonly #cache = new ConditionsCache()
  readonly #byId = new Map<string, StoredResource>()
  readonly #slots: Record<ResourceKind, StoredResource[]> = { Cluster: [], NodePool: [] }
  readonly #nodepools = new Map<string, StoredResource[]>()
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  /** Each adapter by its name, so that all of its statuses share one string. */
  readonly #adapters: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  readonly #watchers: ((effect: Effect) => void)[] = []
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

  /** The resource with this id, of any kind. Ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    return this.#byId.get(id)
  }

  /** The current record. Its parsed conditions are cached for the write that follows. */
  recordOf(entry: StoredResource): Resource {
    if (entry.conditions === undefined) this.#cache.set(entry, entry.resource.conditions)
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

  /** The number of adapters that have reported about resources of this kind. */
  adapterCount(kind: ResourceKind): number {
    return this.#adapters[kind].size
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#adapters[kind].has(adapter)
  }

  watch(watcher: (effect: Effect) => void): void {
    this.#watchers.push(watcher)
  }

  /** Makes a durable change visible. Returns the document of each put, whose bytes never change. */
  apply({ puts, sequence }: Change): Buffer[] {
    return puts.map(({ put, body }) => this.#apply(put, body, sequence))
  }

  /**
   * Loads a stored record, before the state has watchers. Skips it if the state has this version or a later one.
   *
   * @param checksum the checksum of the record's value in the snapshot; undefined for a record of the journal
   */
  load({ put, body, sequence }: Omit<StoredRecord, 'key'>, checksum?: number): void {
    const stored = this.#find(put)
    if (stored !== undefined && stored.sequence >= sequence) return
    const { entry, place } = this.#placeFor(put, body)
    this.#write(place, body, sequence)
    if (checksum === undefined) this.#dirty[entry.kind].add(entry.slot)
    else place.noteFolded(sequence, checksum)
  }

  /**
   * Completes a load, in which records came in key order: sorts nodepools and statuses by their creation, one resource per step. Returns
   * the first place without a record. A sound folder has no such place.
   */
  *finishLoad(): Generator<undefined, string | undefined> {
    for (const nodepools of this.#nodepools.values()) {
      nodepools.sort((a, b) => a.slot - b.slot)
      yield
    }
    for (const kind of RESOURCE_KINDS) {
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

  /** Takes the slots to fold. Later changes are collected in a new set. */
  takeDirty(): DirtySlots {
    const taken = this.#dirty
    this.#dirty = { Cluster: new SlotSet(), NodePool: new SlotSet() }
    return taken
  }

  /** Gives back slots that could not be folded. */
  giveBackDirty(taken: DirtySlots): void {
    for (const kind of RESOURCE_KINDS) this.#dirty[kind].addAll(taken[kind])
  }

  #apply(put: Put, body: Body, sequence: number): Buffer {
    switch (put.kind) {
      case 'resource':
        return this.#applyResource(put.record, body, sequence)
      case 'conditions':
        return this.#applyConditions(put.resource, put.conditions, body, sequence)
      case 'status':
        return this.#applyStatus(put.record, body, sequence)
      default:
        return unhandled(put)
    }
  }

  #applyResource(resource: Resource, body: Body, sequence: number): Buffer {
    const previous = this.#byId.get(resource.id)?.version
    const entry = this.#entryFor(resource, body)
    this.#write(entry, body, sequence)
    this.#cache.set(entry, resource.conditions)
    this.#dirty[entry.kind].add(entry.slot)
    this.#tell({ kind: 'resource', sequence, entry, resource, previous })
    return entry.json
  }

  #applyConditions(
    { kind, id }: ResourceId,
    conditions: readonly ResourceCondition[],
    body: Body,
    sequence: number,
  ): Buffer {
    const entry = this.resource(kind, id)
    if (entry?.slot !== slotIn(body))
      throw new Error(`${kind} ${id} is not in the slot of its new conditions`)
    const previous = entry.version
    this.#write(entry, body, sequence)
    this.#cache.set(entry, conditions)
    this.#dirty[kind].add(entry.slot)
    this.#tell({ kind: 'conditions', sequence, entry, conditions, previous })
    return entry.json
  }

  #applyStatus(status: AdapterStatus, body: Body, sequence: number): Buffer {
    const entry = this.#subjectOf(status)
    const present = entry.statusOf(status.adapter)
    const previous = present?.status
    const stored = present ?? this.#addStatus(entry, status.adapter)
    this.#write(stored, body, sequence)
    this.#dirty[entry.kind].add(entry.slot)
    this.#tell({ kind: 'status', sequence, entry, status, previous })
    return stored.json
  }

  /** The present place of a stored record. */
  #find(put: RecordPut): StoredResource | StoredStatus | undefined {
    switch (put.kind) {
      case 'resource':
        return this.#byId.get(put.record.id)
      case 'status':
        return this.#byId.get(put.record.resourceId)?.statusOf(put.record.adapter)
      default:
        return unhandled(put)
    }
  }

  /** The place of a stored record, which is created if it is new, and its resource. */
  #placeFor(put: RecordPut, body: Body): { entry: StoredResource; place: StoredResource | StoredStatus } {
    switch (put.kind) {
      case 'resource': {
        const entry = this.#entryFor(put.record, body)
        return { entry, place: entry }
      }
      case 'status': {
        const { adapter } = put.record
        const entry = this.#subjectOf(put.record)
        return { entry, place: entry.statusOf(adapter) ?? this.#addStatus(entry, adapter) }
      }
      default:
        return unhandled(put)
    }
  }

  /** The place of a resource, which is created if it is new. Throws when a present one has another slot or kind. */
  #entryFor(resource: Resource, body: Body): StoredResource {
    const present = this.#byId.get(resource.id)
    const slot = slotIn(body)
    if (present === undefined) return this.#create(resource, slot)
    if (present.kind !== resource.kind || present.slot !== slot)
      throw new Error(`${resource.kind}/${resource.id} would take the place of ${present.kind} ${present.id}`)
    return present
  }

  #create({ kind, id, ownerId, name }: Resource, slot: number): StoredResource {
    if (this.#slots[kind][slot] !== undefined) throw new Error(`${kind} ${id} has the slot of another one`)
    // All nodepools of a cluster share the string of its id, because parsing creates a new one every time.
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

  /** The resource that a status is about. */
  #subjectOf(status: AdapterStatus): StoredResource {
    const entry = this.resource(status.resourceKind, status.resourceId)
    if (entry !== undefined) return entry
    throw new Error(`${keyOf({ kind: 'status', record: status })} is about a resource that does not exist`)
  }

  #addStatus(entry: StoredResource, adapter: string): StoredStatus {
    this.#statusCount++
    const adapters = this.#adapters[entry.kind]
    const shared = adapters.get(adapter) ?? adapter
    adapters.set(shared, shared)
    return entry.addStatus(shared)
  }

  #write(place: StoredResource | StoredStatus, body: Body, sequence: number): void {
    this.#bytes += documentLength(body) - documentLength(place)
    this.#bodies.put(place, body)
    place.noteWritten(sequence)
  }

  #tell(effect: Effect): void {
    for (const watcher of this.#watchers) watcher(effect)
  }
}

/** Names have no slash, and clusters have no owner. */
export function nameKey(ownerId: string | undefined, name: string): string {
  return ownerId === undefined ? name : `${ownerId}/${name}`
}
