// What is staged and not yet durable, laid over the visible state. Only the write path looks at it: it decides each
// write against the newest version of what the write touches, and no reader sees any of it.

import { nameKey, type State } from '../state/fleet-state.ts'
import type { Put } from '../state/put.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import type { Group } from './group.ts'

/** The newest versions, staged ones included: the write path's view. */
export interface Newest {
  resource(kind: ResourceKind, id: string): Resource | undefined
  status(resourceId: string, adapter: string): AdapterStatus | undefined
  /** In the order of their first reports. */
  statuses(resourceId: string): readonly AdapterStatus[]
  /** The id of the resource with this name, reserved ones included; `ownerId` is a nodepool's cluster (contract 4.3). */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined
  /** How many different adapters have reported about resources of this kind (contract 5.1). */
  adapters(kind: ResourceKind): number
  hasAdapter(kind: ResourceKind, adapter: string): boolean
}

/** Something staged, and the group commit that it waits for. */
interface Staged<T> {
  readonly value: T
  readonly group: Group
}

interface StagedRecord<T> extends Staged<T> {
  readonly slot: number
}

export class Overlay implements Newest {
  readonly #state: State
  readonly #resources = new Map<string, StagedRecord<Resource>>()
  /** By resource id, then by adapter. */
  readonly #statuses = new Map<string, Map<string, StagedRecord<AdapterStatus>>>()
  /** The ids of new resources by name: there is one for each resource that the state does not hold yet. */
  readonly #names: Record<ResourceKind, Map<string, Staged<string>>> = {
    Cluster: new Map(),
    NodePool: new Map(),
  }
  /** Adapters that the state does not know yet, with the group that brings the first report. */
  readonly #adapters: Record<ResourceKind, Map<string, Group>> = { Cluster: new Map(), NodePool: new Map() }
  /** By resource id: the newest group with a write to it or to one of its statuses. */
  readonly #pending = new Map<string, Group>()

  constructor(state: State) {
    this.#state = state
  }

  resource(kind: ResourceKind, id: string): Resource | undefined {
    const resource = this.#resources.get(id)?.value ?? this.#visible(id)
    return resource?.kind === kind ? resource : undefined
  }

  status(resourceId: string, adapter: string): AdapterStatus | undefined {
    const staged = this.#statuses.get(resourceId)?.get(adapter)
    return staged?.value ?? this.#state.resourceById(resourceId)?.statusOf(adapter)?.status
  }

  statuses(resourceId: string): readonly AdapterStatus[] {
    const visible = (this.#state.resourceById(resourceId)?.statuses ?? []).map(({ status }) => status)
    const staged = this.#statuses.get(resourceId)
    if (staged === undefined) return visible
    // A Map keeps the place of a key that is set again.
    const byAdapter = new Map(visible.map(status => [status.adapter, status]))
    for (const [adapter, { value }] of staged) byAdapter.set(adapter, value)
    return [...byAdapter.values()]
  }

  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    const staged = this.#names[kind].get(nameKey(ownerId, name))
    return staged?.value ?? this.#state.idOfName(kind, ownerId, name)
  }

  adapters(kind: ResourceKind): number {
    return this.#state.adapterCount(kind) + this.#adapters[kind].size
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#state.hasAdapter(kind, adapter) || this.#adapters[kind].has(adapter)
  }

  /** The group that the newest staged write to this resource or its statuses waits for. */
  pending(resourceId: string): Group | undefined {
    return this.#pending.get(resourceId)
  }

  /** The slot of the record that the put replaces, or the next one. */
  slotOf(put: Put): number {
    if (put.kind === 'status') return this.#slotOfStatus(put.record)
    const { kind, id } = put.record
    const present = this.#resources.get(id) ?? this.#state.resourceById(id)
    return present?.slot ?? this.#state.resources(kind).length + this.#names[kind].size
  }

  /** Lays a put over the state. Throws when it would break what is promised about the state. */
  add(put: Put, slot: number, group: Group): void {
    if (put.kind === 'resource') this.#addResource(put.record, slot, group)
    else this.#addStatus(put.record, slot, group)
  }

  /** Takes away what a group staged and no later one replaced, now that the state holds it. */
  release(group: Group): void {
    for (const { puts } of group.changes) {
      for (const { put } of puts) {
        if (put.kind === 'resource') this.#releaseResource(put.record, group)
        else this.#releaseStatus(put.record, group)
      }
    }
  }

  /** Drops everything staged. */
  clear(): void {
    this.#resources.clear()
    this.#statuses.clear()
    this.#pending.clear()
    for (const kind of ['Cluster', 'NodePool'] as const) {
      this.#names[kind].clear()
      this.#adapters[kind].clear()
    }
  }

  #visible(id: string): Resource | undefined {
    const entry = this.#state.resourceById(id)
    return entry && this.#state.recordOf(entry)
  }

  #slotOfStatus({ resourceId, adapter }: AdapterStatus): number {
    const visible = this.#state.resourceById(resourceId)
    const staged = this.#statuses.get(resourceId)
    const present = staged?.get(adapter) ?? visible?.statusOf(adapter)
    if (present !== undefined) return present.slot
    let slot = visible?.statuses.length ?? 0
    for (const other of staged?.keys() ?? []) if (visible?.statusOf(other) === undefined) slot++
    return slot
  }

  #addResource(resource: Resource, slot: number, group: Group): void {
    const { kind, id, ownerId, name } = resource
    const previous = this.#resources.get(id)?.value ?? this.#visible(id)
    if (previous === undefined) {
      if (this.idOfName(kind, ownerId, name) !== undefined) throw new Error(`the name ${name} is taken`)
      const owned = ownerId !== undefined
      if (owned !== (kind === 'NodePool') || (owned && this.resource('Cluster', ownerId) === undefined)) {
        throw new Error(`${kind} ${id} has no owner, or one too many`)
      }
      this.#names[kind].set(nameKey(ownerId, name), { value: id, group })
    } else if (previous.kind !== kind || previous.name !== name || previous.ownerId !== ownerId) {
      throw new Error(`${kind} ${id} would take the place of ${previous.kind} ${previous.name}`)
    }
    this.#resources.set(id, { value: resource, slot, group })
    this.#pending.set(id, group)
  }

  #addStatus(status: AdapterStatus, slot: number, group: Group): void {
    const { resourceKind, resourceId, adapter } = status
    if (this.resource(resourceKind, resourceId) === undefined) {
      throw new Error(`${resourceKind} ${resourceId} does not exist`)
    }
    const layer = this.#statuses.get(resourceId) ?? new Map<string, StagedRecord<AdapterStatus>>()
    this.#statuses.set(resourceId, layer.set(adapter, { value: status, slot, group }))
    if (!this.hasAdapter(resourceKind, adapter)) this.#adapters[resourceKind].set(adapter, group)
    this.#pending.set(resourceId, group)
  }

  #releaseResource({ kind, id, ownerId, name }: Resource, group: Group): void {
    const key = nameKey(ownerId, name)
    if (this.#resources.get(id)?.group === group) this.#resources.delete(id)
    if (this.#names[kind].get(key)?.group === group) this.#names[kind].delete(key)
    if (this.#pending.get(id) === group) this.#pending.delete(id)
  }

  #releaseStatus({ resourceKind, resourceId, adapter }: AdapterStatus, group: Group): void {
    const layer = this.#statuses.get(resourceId)
    if (layer?.get(adapter)?.group === group) layer.delete(adapter)
    if (layer?.size === 0) this.#statuses.delete(resourceId)
    if (this.#adapters[resourceKind].get(adapter) === group) this.#adapters[resourceKind].delete(adapter)
    if (this.#pending.get(resourceId) === group) this.#pending.delete(resourceId)
  }
}
