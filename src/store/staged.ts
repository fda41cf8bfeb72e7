// Staged records: records whose change is not durable yet, laid over the visible state. Only the write path sees them, because it decides
// each write against the newest versions. Readers never do.
import { nameKey, type State } from '../state/fleet-state.ts'
import { type Body, documentIn, slotIn } from '../state/layout.ts'
import { type ConditionsPut, type Put, type ResourceId, unhandled } from '../state/put.ts'
import { readResource } from '../state/reader.ts'
import { type AdapterStatus, RESOURCE_KINDS, type Resource, type ResourceKind } from '../state/records.ts'
import type { Group } from './group-commit.ts'

/** The newest versions, staged or durable. A caller must read a record in the turn in which it got it. */
export interface Newest {
  resource(kind: ResourceKind, id: string): Resource | undefined
  /** The document of this resource. Its bytes do not change later. */
  document(resource: ResourceId): Buffer
  status(resourceId: string, adapter: string): AdapterStatus | undefined
  /** In the order of their first reports. */
  statuses(resourceId: string): readonly AdapterStatus[]
  /** The id of the resource with this name, which may be staged; `ownerId` is the cluster of a nodepool (contract 4.3). */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined
  /** The number of adapters that have reported about resources of this kind (contract 5.1). */
  adapters(kind: ResourceKind): number
  hasAdapter(kind: ResourceKind, adapter: string): boolean
}

/** A staged record and its group commit. The body is in the memory of that group. */
interface Version<T> {
  readonly record: T
  readonly body: Body
  readonly group: Group
}

/** The staged versions of one resource and of its statuses. */
interface StagedResource {
  /** The newest group with a write to the resource or a status. */
  group: Group
  resource: Version<Resource> | undefined
  statuses: Map<string, Version<AdapterStatus>> | undefined
  /** The first version of a resource that is not in the state yet. */
  created: Resource | undefined
}

export class Staged implements Newest {
  readonly #state: State
  readonly #byId = new Map<string, StagedResource>()
  /** Ids by name, for resources that are not in the state yet. */
  readonly #names: Record<ResourceKind, Map<string, { readonly id: string; readonly group: Group }>> = {
    Cluster: new Map(),
    NodePool: new Map(),
  }
  /** Adapters that are not in the state yet, with the group of their first report. */
  readonly #adapters: Record<ResourceKind, Map<string, Group>> = { Cluster: new Map(), NodePool: new Map() }

  constructor(state: State) {
    this.#state = state
  }

  resource(kind: ResourceKind, id: string): Resource | undefined {
    const resource = this.#byId.get(id)?.resource?.record ?? this.#visible(id)
    return resource?.kind === kind ? resource : undefined
  }

  document({ kind, id }: ResourceId): Buffer {
    const staged = this.#byId.get(id)?.resource
    if (staged !== undefined) return Buffer.from(documentIn(staged.body))
    const entry = this.#state.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id}`)
    return entry.json
  }

  status(resourceId: string, adapter: string): AdapterStatus | undefined {
    const staged = this.#byId.get(resourceId)?.statuses?.get(adapter)
    return staged?.record ?? this.#state.resourceById(resourceId)?.statusOf(adapter)?.status
  }

  statuses(resourceId: string): readonly AdapterStatus[] {
    const visible = (this.#state.resourceById(resourceId)?.statuses ?? []).map(({ status }) => status)
    const staged = this.#byId.get(resourceId)?.statuses
    if (staged === undefined) return visible
    // A Map keeps the place of a key that is set again.
    const byAdapter = new Map(visible.map(status => [status.adapter, status]))
    for (const [adapter, { record }] of staged) byAdapter.set(adapter, record)
    return [...byAdapter.values()]
  }

  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    return this.#names[kind].get(nameKey(ownerId, name))?.id ?? this.#state.idOfName(kind, ownerId, name)
  }

  adapters(kind: ResourceKind): number {
    return this.#state.adapterCount(kind) + this.#adapters[kind].size
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#state.hasAdapter(kind, adapter) || this.#adapters[kind].has(adapter)
  }

  /** The group that the newest staged write to this resource or its statuses waits for. */
  pending(resourceId: string): Group | undefined {
    return this.#byId.get(resourceId)?.group
  }

  /** The newest body of the resource that a put changes. Undefined for a put of a whole record, which replaces it. */
  currentBody(put: Put): Body | undefined {
    switch (put.kind) {
      case 'conditions': {
        const { id } = put.resource
        return this.#byId.get(id)?.resource?.body ?? this.#state.resourceById(id)?.body
      }
      case 'resource':
      case 'status':
        return undefined
      default:
        return unhandled(put)
    }
  }

  /** The slot of the record that a put replaces, or the next one. */
  slotOf(put: Put): number {
    switch (put.kind) {
      case 'resource':
        return this.#slotOfResource(put.record)
      case 'conditions':
        return this.#slotOfResource(put.resource)
      case 'status':
        return this.#slotOfStatus(put.record)
      default:
        return unhandled(put)
    }
  }

  /** Stages a put. Its body stays in the memory of its group. Throws when the put would break an invariant of the state. */
  add(put: Put, body: Body, group: Group): void {
    switch (put.kind) {
      case 'resource':
        this.#addResource(put.record, body, group)
        return
      case 'conditions':
        this.#addConditions(put, body, group)
        return
      case 'status':
        this.#addStatus(put.record, body, group)
        return
      default:
        unhandled(put)
    }
  }

  /** Removes versions that a group staged and no later group replaced, when the state has them. */
  release(group: Group): void {
    for (const { puts } of group.changes) for (const { put } of puts) this.#release(put, group)
  }

  /** Drops everything. */
  clear(): void {
    this.#byId.clear()
    for (const kind of RESOURCE_KINDS) {
      this.#names[kind].clear()
      this.#adapters[kind].clear()
    }
  }

  #visible(id: string): Resource | undefined {
    const entry = this.#state.resourceById(id)
    return entry && this.#state.recordOf(entry)
  }

  #slotOfResource({ kind, id }: ResourceId): number {
    const staged = this.#byId.get(id)?.resource
    if (staged !== undefined) return slotIn(staged.body)
    return this.#state.resourceById(id)?.slot ?? this.#state.resources(kind).length + this.#names[kind].size
  }

  #slotOfStatus({ resourceId, adapter }: AdapterStatus): number {
    const visible = this.#state.resourceById(resourceId)
    const staged = this.#byId.get(resourceId)?.statuses
    const own = staged?.get(adapter)
    if (own !== undefined) return slotIn(own.body)
    const present = visible?.statusOf(adapter)
    if (present !== undefined) return present.slot
    let slot = visible?.statuses.length ?? 0
    for (const other of staged?.keys() ?? []) if (visible?.statusOf(other) === undefined) slot++
    return slot
  }

  #addResource(resource: Resource, body: Body, group: Group): void {
    const { kind, id, ownerId, name } = resource
    const previous = this.#byId.get(id)?.resource?.record ?? this.#visible(id)
    if (previous === undefined) {
      if (this.idOfName(kind, ownerId, name) !== undefined) throw new Error(`the name ${name} is taken`)
      const owned = ownerId !== undefined
      if (owned !== (kind === 'NodePool') || (owned && this.resource('Cluster', ownerId) === undefined)) {
        throw new Error(`${kind} ${id} has no owner, or one too many`)
      }
      this.#names[kind].set(nameKey(ownerId, name), { id, group })
    } else if (previous.kind !== kind || previous.name !== name || previous.ownerId !== ownerId) {
      throw new Error(`${kind} ${id} would take the place of ${previous.kind} ${previous.name}`)
    }
    const staged = this.#of(id, group)
    staged.resource = { record: resource, body, group }
    if (previous === undefined) staged.created = resource
  }

  #addConditions({ resource: { kind, id }, conditions }: ConditionsPut, body: Body, group: Group): void {
    const staged = this.#of(id, group)
    const naming = this.#state.resourceById(id) ?? staged.created
    if (naming?.kind !== kind) throw new Error(`${kind} ${id} does not exist`)
    staged.resource = { record: readResource(kind, id, body, { naming, conditions }), body, group }
  }

  #addStatus(status: AdapterStatus, body: Body, group: Group): void {
    const { resourceKind, resourceId, adapter } = status
    if (this.resource(resourceKind, resourceId) === undefined) {
      throw new Error(`${resourceKind} ${resourceId} does not exist`)
    }
    const staged = this.#of(resourceId, group)
    staged.statuses ??= new Map()
    staged.statuses.set(adapter, { record: status, body, group })
    if (!this.hasAdapter(resourceKind, adapter)) this.#adapters[resourceKind].set(adapter, group)
  }

  /** The entry of a resource for a write of this group. */
  #of(id: string, group: Group): StagedResource {
    const present = this.#byId.get(id)
    if (present !== undefined) {
      present.group = group
      return present
    }
    const added = { group, resource: undefined, statuses: undefined, created: undefined }
    this.#byId.set(id, added)
    return added
  }

  #release(put: Put, group: Group): void {
    switch (put.kind) {
      case 'resource': {
        const { kind, ownerId, name, id } = put.record
        const key = nameKey(ownerId, name)
        if (this.#names[kind].get(key)?.group === group) this.#names[kind].delete(key)
        this.#releaseResource(id, group)
        return
      }
      case 'conditions':
        this.#releaseResource(put.resource.id, group)
        return
      case 'status':
        this.#releaseStatus(put.record, group)
        return
      default:
        unhandled(put)
    }
  }

  #releaseResource(id: string, group: Group): void {
    const staged = this.#byId.get(id)
    // Groups are released in order, so an entry whose newest group this is has no later version.
    if (staged?.group === group) this.#byId.delete(id)
    else if (staged?.resource?.group === group) staged.resource = undefined
  }

  #releaseStatus({ resourceKind, resourceId, adapter }: AdapterStatus, group: Group): void {
    if (this.#adapters[resourceKind].get(adapter) === group) this.#adapters[resourceKind].delete(adapter)
    const staged = this.#byId.get(resourceId)
    if (staged?.group === group) this.#byId.delete(resourceId)
    else if (staged?.statuses?.get(adapter)?.group === group) staged.statuses.delete(adapter)
  }
}
