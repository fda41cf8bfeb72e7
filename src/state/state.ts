// The state for the store, which alone changes it: `apply` makes what is new visible, `load` takes what was stored.
import { keyOf } from './document.ts'
import { ConditionsCache, StoredResource, type StoredStatus } from './entry.ts'
import type { Effect, FleetState, Renumbering } from './fleet-state.ts'
import { type Body, documentLength, numberIn } from './layout.ts'
import {
  type Change,
  isRemoval,
  type JournalRecord,
  type Put,
  type RecordPut,
  type ResourceId,
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
import { SlotSet, Slots } from './slots.ts'

/** Resources whose records the snapshot does not have as they are. */
export interface Dirty {
  /** By kind, and in creation order. Some may be removed meanwhile. */
  readonly changed: readonly StoredResource[]
  /** In the order of their removal, nodepools before their cluster. */
  readonly removed: readonly StoredResource[]
}

/** An adapter's name, shared by all of its statuses, and their number. */
interface AdapterUse {
  readonly name: string
  statuses: number
}

export class State implements FleetState {
  readonly #bodies = new BodySlabs()
  readonly #cache = new ConditionsCache()
  readonly #byId = new Map<string, StoredResource>()
  readonly #slots: Readonly<Record<ResourceKind, Slots>> = {
    Cluster: new Slots('Cluster'),
    NodePool: new Slots('NodePool'),
  }
  readonly #nodepools = new Map<string, StoredResource[]>()
  /** Ids by name, of resources that are not being deleted. */
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  readonly #adapters: Record<ResourceKind, Map<string, AdapterUse>> = {
    Cluster: new Map(),
    NodePool: new Map(),
  }
  readonly #watchers: ((effect: Effect) => void)[] = []
  readonly #dirty: Record<ResourceKind, SlotSet> = { Cluster: new SlotSet(), NodePool: new SlotSet() }
  #removed: StoredResource[] = []
  /** During a load: ids of missing resources, with the key of a status about each. A later removal must explain them. */
  readonly #missing = new Map<string, string>()
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

  resources(kind: ResourceKind): readonly (StoredResource | undefined)[] {
    return this.#slots[kind].entries
  }

  living(kind: ResourceKind): readonly StoredResource[] {
    return this.#slots[kind].entries.filter(entry => entry !== undefined)
  }

  count(kind: ResourceKind): number {
    return this.#slots[kind].count
  }

  /** The creation number of the next resource of a kind. */
  nextNumber(kind: ResourceKind): number {
    return this.#slots[kind].nextNumber
  }

  nodepoolsOf(clusterId: string): readonly StoredResource[] {
    return this.#nodepools.get(clusterId) ?? []
  }

  /** The id of the resource with this name that is not being deleted; `ownerId` is the cluster of a nodepool (contract 4.3). */
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

  /** A slab is never reused, so its readers keep their bytes. */
  retain(_pieces: readonly Buffer[]): () => void {
    return () => {}
  }

  watch(watcher: (effect: Effect) => void): void {
    this.#watchers.push(watcher)
  }

  renumber(kind: ResourceKind): Renumbering | undefined {
    const slots = this.#slots[kind]
    if (!slots.isSparse) return undefined
    slots.beginRenumbering()
    return {
      entries: slots.next,
      secondSlotOf: entry => slots.secondSlotOf(entry),
      step: (limit, visit) => slots.renumber(limit, visit),
      takeOver: () => {
        const dirty = this.#takeDirtyOf(kind)
        slots.takeOver()
        for (const entry of dirty) this.#dirty[kind].add(entry.slot)
      },
    }
  }

  /** Makes a durable change visible. Returns the document of each put, whose bytes never change; a removal has an empty one. */
  apply({ puts, sequence }: Change): Buffer[] {
    return puts.map(({ put, body }) => this.#apply(put, body, sequence))
  }

  /**
   * Loads a stored record, before the state has watchers. Skips it if the state has this version or a later one.
   *
   * @param checksum the checksum of the record's value in the snapshot; undefined for a record of the journal
   */
  load(record: JournalRecord, checksum?: number): void {
    if (isRemoval(record)) {
      this.#loadRemoval(record.put.resource)
      return
    }
    const { key, put, body, sequence } = record
    const stored = this.#find(put)
    if (stored !== undefined && stored.sequence >= sequence) return
    if (checksum === undefined && this.#isOfMissing(put, key)) return
    const place = this.#placeFor(put, body)
    this.#write(place, body, sequence)
    if (checksum !== undefined) place.noteFolded(sequence, checksum)
  }

  /**
   * Completes a load, in which records came in key order: gives resources their slots, sorts nodepools and statuses by their creation,
   * one resource per step. Returns the first missing record. A sound folder has all. Throws when two records contradict each other.
   */
  *finishLoad(): Generator<undefined, string | undefined> {
    for (const [id, key] of this.#missing) return `resource ${id}, which ${key} is about,`
    for (const kind of RESOURCE_KINDS) yield* this.#slots[kind].order()
    for (const [clusterId, nodepools] of this.#nodepools) {
      if (this.resource('Cluster', clusterId) === undefined)
        return `Cluster ${clusterId}, which has nodepools,`
      nodepools.sort((a, b) => a.slot - b.slot)
      yield
    }
    for (const kind of RESOURCE_KINDS) {
      for (const entry of this.#slots[kind].entries) {
        if (entry === undefined) continue
        const hole = entry.orderStatuses()
        if (hole !== undefined) return `adapter status number ${hole + 1} of ${kind} ${entry.id}`
        if (!entry.isMarked) this.#loadName(entry)
        if (entry.isDirty || entry.statuses.some(status => status.isDirty)) this.#dirty[kind].add(entry.slot)
        yield
      }
    }
    return undefined
  }

  /** Takes the resources to fold. Later changes are collected for the next time. */
  takeDirty(): Dirty {
    const changed = RESOURCE_KINDS.flatMap(kind => this.#takeDirtyOf(kind))
    const removed = this.#removed
    this.#removed = []
    return { changed, removed }
  }

  /** Gives back resources that could not be folded. */
  giveBackDirty({ changed, removed }: Dirty): void {
    for (const entry of changed) if (!entry.isRemoved) this.#dirty[entry.kind].add(entry.slot)
    this.#removed = [...removed, ...this.#removed]
  }

  #takeDirtyOf(kind: ResourceKind): StoredResource[] {
    const dirty = this.#dirty[kind]
    const { entries } = this.#slots[kind]
    const taken: StoredResource[] = []
    for (let slot = dirty.next(0); slot !== undefined; slot = dirty.next(slot + 1)) {
      const entry = entries[slot]
      if (entry !== undefined) taken.push(entry)
    }
    this.#dirty[kind] = new SlotSet()
    return taken
  }

  #apply(put: Put, body: Body, sequence: number): Buffer {
    switch (put.kind) {
      case 'resource':
        return this.#applyResource(put.record, body, sequence)
      case 'conditions':
        return this.#applyConditions(put.resource, put.conditions, body, sequence)
      case 'status':
        return this.#applyStatus(put.record, body, sequence)
      case 'removal':
        return this.#applyRemoval(put.resource, sequence)
      default:
        return unhandled(put)
    }
  }

  #applyResource(resource: Resource, body: Body, sequence: number): Buffer {
    const present = this.#byId.get(resource.id)
    const previous = present?.version
    const entry = this.#entryFor(resource, body)
    if (present === undefined) this.#slots[entry.kind].add(entry, numberIn(body))
    this.#write(entry, body, sequence)
    if (resource.deletedTime !== undefined) this.#freeName(entry)
    else if (present === undefined) this.#takeName(entry)
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
    if (entry?.number !== numberIn(body))
      throw new Error(`${kind} ${id} does not have the number of its new conditions`)
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

  #applyRemoval({ kind, id }: ResourceId, sequence: number): Buffer {
    const entry = this.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id} to remove`)
    const previous = entry.version
    this.#remove(entry)
    this.#tell({ kind: 'removal', sequence, entry, previous })
    return entry.json
  }

  /** A checkpoint that did not complete may have removed the resource from the snapshot already. */
  #loadRemoval({ kind, id }: ResourceId): void {
    this.#missing.delete(id)
    const entry = this.resource(kind, id)
    if (entry !== undefined) this.#remove(entry)
  }

  /** True for a status about a resource that is not in the state, which is noted. */
  #isOfMissing(put: RecordPut, key: string): boolean {
    if (put.kind !== 'status' || this.#byId.has(put.record.resourceId)) return false
    this.#missing.set(put.record.resourceId, key)
    return true
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

  /** The place of a stored record, which is created if it is new. */
  #placeFor(put: RecordPut, body: Body): StoredResource | StoredStatus {
    switch (put.kind) {
      case 'resource': {
        const present = this.#byId.get(put.record.id)
        const entry = this.#entryFor(put.record, body)
        if (present === undefined) this.#slots[entry.kind].collect(entry)
        return entry
      }
      case 'status': {
        const { adapter } = put.record
        const entry = this.#subjectOf(put.record)
        return entry.statusOf(adapter) ?? this.#addStatus(entry, adapter)
      }
      default:
        return unhandled(put)
    }
  }

  /** The place of a resource, which is created if it is new. Throws when a present one has another number or kind. */
  #entryFor(resource: Resource, body: Body): StoredResource {
    const present = this.#byId.get(resource.id)
    if (present === undefined) return this.#create(resource)
    if (present.kind !== resource.kind || present.number !== numberIn(body))
      throw new Error(`${resource.kind}/${resource.id} would take the place of ${present.kind} ${present.id}`)
    return present
  }

  #create({ kind, id, ownerId, name }: Resource): StoredResource {
    // All nodepools of a cluster share the string of its id, because parsing creates a new one every time.
    const owner = ownerId === undefined ? undefined : (this.#byId.get(ownerId)?.id ?? ownerId)
    const entry = new StoredResource(this.#slots[kind], id, { name, ownerId: owner })
    this.#byId.set(id, entry)
    if (owner !== undefined) {
      const siblings = this.#nodepools.get(owner)
      if (siblings === undefined) this.#nodepools.set(owner, [entry])
      else siblings.push(entry)
    }
    return entry
  }

  #takeName({ kind, id, name, ownerId }: StoredResource): void {
    this.#names[kind].set(nameKey(ownerId, name), id)
  }

  /** Throws when another resource has the name. */
  #loadName(entry: StoredResource): void {
    const { kind, id, name, ownerId } = entry
    const holder = this.idOfName(kind, ownerId, name)
    if (holder !== undefined) throw new Error(`${kind} ${id} and ${kind} ${holder} have the same name`)
    this.#takeName(entry)
  }

  /** Frees the name of a resource, unless another one has it meanwhile. */
  #freeName({ kind, id, name, ownerId }: StoredResource): void {
    const key = nameKey(ownerId, name)
    if (this.#names[kind].get(key) === id) this.#names[kind].delete(key)
  }

  /** Removes a resource and its statuses, and frees their memory. */
  #remove(entry: StoredResource): void {
    const { kind, id } = entry
    if (this.#nodepools.has(id)) throw new Error(`${kind} ${id} has nodepools`)
    this.#byId.delete(id)
    this.#slots[kind].remove(entry)
    this.#freeName(entry)
    this.#leaveSiblings(entry)
    for (const status of entry.statuses) this.#removeStatus(kind, status)
    this.#erase(entry)
    this.#removed.push(entry)
  }

  /** A cascade removes the newest nodepool first, so the search from the end is short. */
  #leaveSiblings(entry: StoredResource): void {
    if (entry.ownerId === undefined) return
    const siblings = this.#nodepools.get(entry.ownerId) ?? []
    siblings.splice(siblings.lastIndexOf(entry), 1)
    if (siblings.length === 0) this.#nodepools.delete(entry.ownerId)
  }

  #removeStatus(kind: ResourceKind, status: StoredStatus): void {
    this.#statusCount--
    const use = this.#adapters[kind].get(status.adapter)
    if (use !== undefined && --use.statuses === 0) this.#adapters[kind].delete(status.adapter)
    this.#erase(status)
  }

  #erase(place: StoredResource | StoredStatus): void {
    this.#bytes -= documentLength(place)
    this.#bodies.remove(place)
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
    const use = adapters.get(adapter)
    if (use === undefined) adapters.set(adapter, { name: adapter, statuses: 1 })
    else use.statuses++
    return entry.addStatus(use?.name ?? adapter)
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
