// The visible state: every record that is durable, and nothing else. It changes only between two turns of the event
// loop, a whole group commit at a time, so that all reads of one turn see one state (contract 4.8, 7.1).
import { keyOf, type Put } from './keys.ts'
import type { AdapterStatus, Resource, ResourceKind } from './records.ts'
import { SlotSet } from './slot-set.ts'

/** An adapter's last report and its document as served. Both are replaced, never changed. */
export interface StatusEntry {
  readonly status: AdapterStatus
  readonly json: Buffer
}

/** A resource as one write left it. */
export interface ResourceVersion {
  readonly resource: Resource
  /** The document as served. */
  readonly json: Buffer
}

/** A resource's place in the state; what is in it is replaced, never changed. */
export interface ResourceEntry extends ResourceVersion {
  /** Its number among the resources of its kind, in creation order, from 0. It never changes. */
  readonly slot: number
  /** By adapter, in the order of their first reports. */
  readonly statuses: ReadonlyMap<string, StatusEntry>
}

/** What one put did to the state, as a watcher sees it right afterwards. */
export type Applied =
  | {
      readonly kind: 'resource'
      readonly entry: ResourceEntry
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
  resource(kind: ResourceKind, id: string): ResourceEntry | undefined
  /** All of a kind; the index is the slot. */
  resources(kind: ResourceKind): readonly ResourceEntry[]
  /** The nodepools of a cluster, in creation order. */
  nodepoolsOf(clusterId: string): readonly ResourceEntry[]
  /** Calls the watcher for every put, in order, as it is applied; it must not throw. */
  watch(watcher: (applied: Applied) => void): void
}

/**
 * Where a record stands between the journal and the snapshot. All versions of a record share one, because a
 * checkpoint that folded a version may find it replaced by the time it is done.
 */
export interface Folding {
  /** The number of the journal entry that the present version came with. */
  sequence: number
  /** Number and checksum of the version in the snapshot; 0 and undefined when there is none. */
  foldedSequence: number
  foldedChecksum: number | undefined
}

export interface StoredStatus extends StatusEntry {
  readonly slot: number
  readonly folding: Folding
}

export interface StoredResource extends ResourceEntry {
  resource: Resource
  json: Buffer
  readonly folding: Folding
  readonly statuses: Map<string, StoredStatus>
}

/** A record on its way into the state. */
export interface Arrival {
  readonly put: Put
  readonly slot: number
  readonly json: Buffer
  readonly sequence: number
  /** The record's checksum in the snapshot, when it was loaded from there. */
  readonly loadedChecksum?: number
}

/** Slots with something to fold into the snapshot, by kind. */
export type DirtySlots = Readonly<Record<ResourceKind, SlotSet>>

/** The state as the store changes it. */
export class State implements FleetState {
  readonly #byId = new Map<string, StoredResource>()
  readonly #slots: Record<ResourceKind, StoredResource[]> = { Cluster: [], NodePool: [] }
  readonly #nodepools = new Map<string, StoredResource[]>()
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  readonly #adapters: Record<ResourceKind, Set<string>> = { Cluster: new Set(), NodePool: new Set() }
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

  get dirtyCount(): number {
    return this.#dirty.Cluster.size + this.#dirty.NodePool.size
  }

  resource(kind: ResourceKind, id: string): StoredResource | undefined {
    const entry = this.#byId.get(id)
    return entry?.resource.kind === kind ? entry : undefined
  }

  /** The resource with this id, of whichever kind; ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    return this.#byId.get(id)
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

  /** The adapters that have reported about resources of this kind. */
  adapters(kind: ResourceKind): ReadonlySet<string> {
    return this.#adapters[kind]
  }

  watch(watcher: (applied: Applied) => void): void {
    this.#watchers.push(watcher)
  }

  /** Whether the record is already there in this version or a later one: then a replay passes it by. */
  isKnown(put: Put, sequence: number): boolean {
    const entry = this.#byId.get(put.kind === 'resource' ? put.record.id : put.record.resourceId)
    const present = put.kind === 'resource' ? entry : entry?.statuses.get(put.record.adapter)
    return present !== undefined && present.folding.sequence >= sequence
  }

  /** Puts a durable record in its place. */
  apply(arrival: Arrival): void {
    const applied =
      arrival.put.kind === 'resource'
        ? this.#applyResource(arrival, arrival.put.record)
        : this.#applyStatus(arrival, arrival.put.record)
    for (const watcher of this.#watchers) watcher(applied)
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
        const hole = orderStatuses(entry.statuses)
        if (hole !== undefined) return `adapter status number ${hole + 1} of ${kind} ${entry.resource.id}`
        yield
      }
    }
    return undefined
  }

  #applyResource(arrival: Arrival, resource: Resource): Applied {
    const { json, sequence, loadedChecksum } = arrival
    const entry = this.#byId.get(resource.id)
    this.#bytes += json.length - (entry?.json.length ?? 0)
    if (loadedChecksum === undefined) this.#dirty[resource.kind].add(arrival.slot)
    if (entry === undefined)
      return { kind: 'resource', entry: this.#create(arrival, resource), previous: undefined }
    const previous = { resource: entry.resource, json: entry.json }
    if (previous.resource.kind !== resource.kind || entry.slot !== arrival.slot) {
      throw new Error(
        `${keyOf(arrival.put)} would take the place of ${previous.resource.kind} ${resource.id}`,
      )
    }
    entry.resource = resource
    entry.json = json
    entry.folding.sequence = sequence
    return { kind: 'resource', entry, previous }
  }

  #create(arrival: Arrival, resource: Resource): StoredResource {
    const { slot, json } = arrival
    const entry: StoredResource = { slot, resource, json, statuses: new Map(), folding: foldingOf(arrival) }
    const { kind, id, ownerId, name } = resource
    if (this.#slots[kind][slot] !== undefined) throw new Error(`${kind} ${id} has the slot of another one`)
    this.#byId.set(id, entry)
    this.#slots[kind][slot] = entry
    this.#names[kind].set(nameKey(ownerId, name), id)
    if (ownerId !== undefined) {
      const siblings = this.#nodepools.get(ownerId)
      if (siblings === undefined) this.#nodepools.set(ownerId, [entry])
      else siblings.push(entry)
    }
    return entry
  }

  #applyStatus(arrival: Arrival, status: AdapterStatus): Applied {
    const { json, slot, sequence, loadedChecksum } = arrival
    const entry = this.resource(status.resourceKind, status.resourceId)
    if (entry === undefined) throw new Error(`${keyOf(arrival.put)} is about a resource that does not exist`)
    const previous = entry.statuses.get(status.adapter)
    const folding = previous?.folding ?? foldingOf(arrival)
    folding.sequence = sequence
    entry.statuses.set(status.adapter, { slot, status, json, folding })
    this.#bytes += json.length - (previous?.json.length ?? 0)
    if (previous === undefined) this.#statusCount++
    this.#adapters[status.resourceKind].add(status.adapter)
    if (loadedChecksum === undefined) this.#dirty[status.resourceKind].add(entry.slot)
    return { kind: 'status', entry, status, previous: previous?.status }
  }
}

function foldingOf({ sequence, loadedChecksum }: Arrival): Folding {
  return {
    sequence,
    foldedSequence: loadedChecksum === undefined ? 0 : sequence,
    foldedChecksum: loadedChecksum,
  }
}

/** Orders statuses by slot, and returns the first slot that is missing. */
function orderStatuses(statuses: Map<string, StoredStatus>): number | undefined {
  let place = 0
  for (const { slot } of statuses.values()) if (slot === place) place++
  if (place === statuses.size) return undefined
  const sorted = [...statuses].sort(([, a], [, b]) => a.slot - b.slot)
  statuses.clear()
  for (const [adapter, status] of sorted) statuses.set(adapter, status)
  const hole = sorted.findIndex(([, status], slot) => status.slot !== slot)
  return hole === -1 ? undefined : hole
}

/** Names hold no slash, and clusters have no owner. */
export function nameKey(ownerId: string | undefined, name: string): string {
  return `${ownerId ?? ''}/${name}`
}
