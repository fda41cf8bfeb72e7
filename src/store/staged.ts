// Staged records: records whose change is not durable yet, laid over the visible state. Only the write path sees them, because it decides
// each write against the newest versions. Readers never do.

import { encodeConditions } from '../state/document.ts'
import type { ResourceVersion } from '../state/entry.ts'
import { type Body, bytesIn, documentIn, numberIn } from '../state/layout.ts'
import {
  type ConditionsPut,
  type PlacedPut,
  type Put,
  type RecordPut,
  type ResourceId,
  unhandled,
} from '../state/put.ts'
import {
  type AdapterStatus,
  plainResource,
  RESOURCE_KINDS,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from '../state/records.ts'
import type { State } from '../state/state.ts'
import type { Group } from './group-commit.ts'

/** The newest versions, staged or durable. A caller must read a record in the turn in which it got it. */
export interface Newest {
  resource(kind: ResourceKind, id: string): Resource | undefined
  /** The document of this resource. Its bytes do not change later. */
  document(resource: ResourceId): Buffer
  /** The changes that brought the parts of this resource. */
  revision(resource: ResourceId): Revision
  /** In the order of their first reports. */
  statuses(resourceId: string): readonly AdapterStatus[]
  /** The nodepools of a cluster, in creation order. None may be created or removed before the last one is read. */
  nodepoolsOf(clusterId: string): Iterable<Resource>
  /** True if the cluster has more nodepools than this. */
  hasMoreNodepools(clusterId: string, than: number): boolean
  /** True if the cluster has a nodepool other than `except`. */
  hasNodepools(clusterId: string, except?: string): boolean
  /**
   * The id of the resource with this name, which may be staged but is not being deleted; `ownerId` is the cluster of a nodepool
   * (contract 4.3).
   */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined
  /** The number of adapters that have reported about resources of this kind (contract 5.1). */
  adapters(kind: ResourceKind): number
  hasAdapter(kind: ResourceKind, adapter: string): boolean
}

/** The numbers of the changes that brought what clients write, and the conditions. */
export type Revision = Pick<ResourceVersion, 'headSequence' | 'conditionsSequence'>

/** A staged record and its group commit. The body is in the memory of that group. */
interface Version<T> {
  readonly record: T
  readonly body: Body
  readonly group: Group
}

interface StagedConditions {
  readonly conditions: readonly ResourceCondition[]
  readonly group: Group
}

/**
 * The staged versions of one resource and of its statuses. Its members are cleared when it is released: a `Map` that many keys pass through
 * leaves old tables behind, which keep each other and their values alive until the next collection of the whole heap.
 */
interface StagedResource {
  /** The newest group with a write to the resource or a status. */
  group: Group
  resource: Version<Resource> | undefined
  /** The conditions after the last staged put of the resource itself. */
  conditions: StagedConditions | undefined
  /** The numbers of the newest staged changes of its parts; 0 if there is none. */
  headSequence: number
  conditionsSequence: number
  statuses: Map<string, Version<AdapterStatus>> | undefined
  /** The first version of a resource that is not in the state yet. */
  created: Resource | undefined
  /** True once its removal is staged. No later write is about it. */
  isRemoved: boolean
  /** The name that its removal frees, as a key. Undefined if its marking did. */
  freedName: string | undefined
}

/** The change that staged writes make to a name. An undefined id frees it. */
interface StagedName {
  readonly id: string | undefined
  readonly group: Group
}

const NO_BYTES = Buffer.alloc(0)
const NO_STATUSES: readonly AdapterStatus[] = []

export class Staged implements Newest {
  readonly #state: State
  readonly #byId = new Map<string, StagedResource>()
  readonly #names: Record<ResourceKind, Map<string, StagedName>> = { Cluster: new Map(), NodePool: new Map() }
  /** The nodepools that are not in the state yet, by the id of their cluster, in creation order. */
  readonly #nodepools = new Map<string, Map<string, Resource>>()
  /** The creation number of the next resource. */
  readonly #nextNumber: Record<ResourceKind, number>
  /** Adapters that are not in the state yet, with the group of their first report. */
  readonly #adapters: Record<ResourceKind, Map<string, Group>> = { Cluster: new Map(), NodePool: new Map() }

  constructor(state: State) {
    this.#state = state
    this.#nextNumber = { Cluster: state.nextNumber('Cluster'), NodePool: state.nextNumber('NodePool') }
  }

  resource(kind: ResourceKind, id: string): Resource | undefined {
    const staged = this.#byId.get(id)
    if (staged?.isRemoved) return undefined
    const resource = staged?.resource?.record ?? this.#visible(id, staged?.conditions)
    return resource?.kind === kind ? resource : undefined
  }

  document({ kind, id }: ResourceId): Buffer {
    const { resource, conditions } = this.#byId.get(id) ?? {}
    const entry = this.#state.resource(kind, id)
    const head = resource === undefined ? entry?.jsonPieces()[0] : documentIn(resource.body)
    if (head === undefined) throw new Error(`there is no ${kind} ${id}`)
    const newest = conditions?.conditions ?? resource?.record.conditions
    const rest = newest === undefined ? entry?.jsonPieces()[1] : bytesIn(encodeConditions(newest))
    return Buffer.concat([head, rest ?? NO_BYTES])
  }

  /** Sequences rise, so the greater one is that of the newest version. */
  revision({ id }: ResourceId): Revision {
    const staged = this.#byId.get(id)
    const present = this.#state.resourceById(id)
    return {
      headSequence: Math.max(staged?.headSequence ?? 0, present?.headSequence ?? 0),
      conditionsSequence: Math.max(staged?.conditionsSequence ?? 0, present?.conditionsSequence ?? 0),
    }
  }

  statuses(resourceId: string): readonly AdapterStatus[] {
    const { statuses: staged, isRemoved } = this.#byId.get(resourceId) ?? {}
    if (isRemoved) return NO_STATUSES
    const visible = (this.#state.resourceById(resourceId)?.statuses ?? []).map(({ status }) => status)
    if (staged === undefined) return visible
    // A Map keeps the place of a key that is set again.
    const byAdapter = new Map(visible.map(status => [status.adapter, status]))
    for (const [adapter, { record }] of staged) byAdapter.set(adapter, record)
    return [...byAdapter.values()]
  }

  *nodepoolsOf(clusterId: string): Generator<Resource> {
    for (const id of this.#nodepoolIds(clusterId)) {
      const nodepool = this.#peek(id)
      if (nodepool !== undefined) yield nodepool
    }
  }

  hasMoreNodepools(clusterId: string, than: number): boolean {
    let count = 0
    for (const id of this.#nodepoolIds(clusterId))
      if (!this.#byId.get(id)?.isRemoved && ++count > than) return true
    return false
  }

  /** Reads no record and ends at the first nodepool: a cluster that loses 10,000 of them asks with each. */
  hasNodepools(clusterId: string, except?: string): boolean {
    for (const id of this.#nodepoolIds(clusterId))
      if (id !== except && !this.#byId.get(id)?.isRemoved) return true
    return false
  }

  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    const staged = this.#names[kind].get(nameKey(ownerId, name))
    return staged === undefined ? this.#state.idOfName(kind, ownerId, name) : staged.id
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

  /** The number of the record that a put replaces, or the next one in the order of creation. */
  numberOf(put: RecordPut): number {
    switch (put.kind) {
      case 'resource':
        return this.#numberOfResource(put.record)
      case 'status':
        return this.#numberOfStatus(put.record)
      default:
        return unhandled(put)
    }
  }

  /** Stages a put. Its body stays in the memory of its group. Throws when the put would break an invariant of the state. */
  add({ put, body }: PlacedPut, group: Group, sequence: number): void {
    switch (put.kind) {
      case 'resource':
        this.#addResource(put.record, body, group, sequence)
        return
      case 'conditions':
        this.#addConditions(put, group, sequence)
        return
      case 'status':
        this.#addStatus(put.record, body, group)
        return
      case 'removal':
        this.#addRemoval(put.resource, group)
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
    this.#nodepools.clear()
    for (const kind of RESOURCE_KINDS) {
      this.#names[kind].clear()
      this.#adapters[kind].clear()
      this.#nextNumber[kind] = this.#state.nextNumber(kind)
    }
  }

  /** Those whose removal is staged are among them. */
  *#nodepoolIds(clusterId: string): Generator<string> {
    for (const { id } of this.#state.nodepoolsOf(clusterId)) yield id
    yield* this.#nodepools.get(clusterId)?.keys() ?? []
  }

  /** The newest version of a resource. It parses and caches nothing, because a cascade visits thousands once. */
  #peek(id: string): Resource | undefined {
    const staged = this.#byId.get(id)
    if (staged?.isRemoved) return undefined
    return (
      staged?.resource?.record ?? this.#state.resourceById(id)?.resourceWith(staged?.conditions?.conditions)
    )
  }

  #visible(id: string, staged: StagedConditions | undefined): Resource | undefined {
    const entry = this.#state.resourceById(id)
    if (entry === undefined) return undefined
    return staged === undefined ? this.#state.recordOf(entry) : entry.resourceWith(staged.conditions)
  }

  #numberOfResource({ kind, id }: ResourceId): number {
    const staged = this.#byId.get(id)?.resource
    if (staged !== undefined) return numberIn(staged.body)
    return this.#state.resourceById(id)?.number ?? this.#nextNumber[kind]
  }

  #numberOfStatus({ resourceId, adapter }: AdapterStatus): number {
    const visible = this.#state.resourceById(resourceId)
    const staged = this.#byId.get(resourceId)?.statuses
    const own = staged?.get(adapter)
    if (own !== undefined) return numberIn(own.body)
    const present = visible?.statusOf(adapter)
    if (present !== undefined) return present.number
    let number = visible?.statuses.length ?? 0
    for (const other of staged?.keys() ?? []) if (visible?.statusOf(other) === undefined) number++
    return number
  }

  #addResource(resource: Resource, body: Body, group: Group, sequence: number): void {
    const { kind, id, ownerId, name } = resource
    if (this.#byId.get(id)?.isRemoved) throw new Error(`${kind} ${id} has been removed`)
    const previous = this.#peek(id)
    const isMarked = resource.deletedTime !== undefined
    if (previous === undefined) {
      if (this.idOfName(kind, ownerId, name) !== undefined) throw new Error(`the name ${name} is taken`)
      const owned = ownerId !== undefined
      if (owned !== (kind === 'NodePool') || (owned && this.resource('Cluster', ownerId) === undefined)) {
        throw new Error(`${kind} ${id} has no owner, or one too many`)
      }
      this.#names[kind].set(nameKey(ownerId, name), { id, group })
      this.#nextNumber[kind]++
      if (owned) this.#addNodepool(ownerId, resource)
    } else if (previous.kind !== kind || previous.name !== name || previous.ownerId !== ownerId) {
      throw new Error(`${kind} ${id} would take the place of ${previous.kind} ${previous.name}`)
    } else if (isMarked && previous.deletedTime === undefined) {
      this.#freeName(kind, nameKey(ownerId, name), group)
    }
    const staged = this.#of(id, group)
    staged.resource = { record: resource, body, group }
    staged.conditions = undefined
    staged.headSequence = sequence
    staged.conditionsSequence = sequence
    if (previous === undefined) staged.created = resource
  }

  #addConditions(
    { resource: { kind, id }, conditions }: ConditionsPut,
    group: Group,
    sequence: number,
  ): void {
    const staged = this.#of(id, group)
    const present = this.#state.resourceById(id) ?? staged.created
    if (present?.kind !== kind || staged.isRemoved) throw new Error(`${kind} ${id} does not exist`)
    const { resource } = staged
    staged.conditions = { conditions, group }
    staged.conditionsSequence = sequence
    if (resource !== undefined)
      staged.resource = {
        record: plainResource(resource.record, conditions),
        body: resource.body,
        group: resource.group,
      }
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

  /** A nodepool leaves before its cluster. */
  #addRemoval({ kind, id }: ResourceId, group: Group): void {
    const resource = this.#peek(id)
    if (resource?.kind !== kind) throw new Error(`${kind} ${id} does not exist`)
    if (kind === 'Cluster' && this.hasNodepools(id)) throw new Error(`${kind} ${id} has nodepools`)
    const staged = this.#of(id, group)
    staged.isRemoved = true
    if (resource.deletedTime !== undefined) return
    staged.freedName = nameKey(resource.ownerId, resource.name)
    this.#freeName(kind, staged.freedName, group)
  }

  #addNodepool(clusterId: string, nodepool: Resource): void {
    const siblings = this.#nodepools.get(clusterId)
    if (siblings === undefined) this.#nodepools.set(clusterId, new Map([[nodepool.id, nodepool]]))
    else siblings.set(nodepool.id, nodepool)
  }

  #freeName(kind: ResourceKind, key: string, group: Group): void {
    this.#names[kind].set(key, { id: undefined, group })
  }

  /** The entry of a resource for a write of this group. */
  #of(id: string, group: Group): StagedResource {
    const present = this.#byId.get(id)
    if (present !== undefined) {
      present.group = group
      return present
    }
    const added = {
      group,
      resource: undefined,
      conditions: undefined,
      headSequence: 0,
      conditionsSequence: 0,
      statuses: undefined,
      created: undefined,
      isRemoved: false,
      freedName: undefined,
    }
    this.#byId.set(id, added)
    return added
  }

  #release(put: Put, group: Group): void {
    switch (put.kind) {
      case 'resource': {
        const { kind, ownerId, name, id } = put.record
        this.#releaseName(kind, nameKey(ownerId, name), group)
        if (ownerId !== undefined) this.#releaseNodepool(ownerId, id)
        this.#releaseResource(id, group)
        return
      }
      case 'conditions':
        this.#releaseResource(put.resource.id, group)
        return
      case 'status':
        this.#releaseStatus(put.record, group)
        return
      case 'removal':
        this.#releaseRemoval(put.resource, group)
        return
      default:
        unhandled(put)
    }
  }

  #releaseName(kind: ResourceKind, key: string, group: Group): void {
    if (this.#names[kind].get(key)?.group === group) this.#names[kind].delete(key)
  }

  #releaseNodepool(clusterId: string, id: string): void {
    const siblings = this.#nodepools.get(clusterId)
    siblings?.delete(id)
    if (siblings?.size === 0) this.#nodepools.delete(clusterId)
  }

  #releaseRemoval({ kind, id }: ResourceId, group: Group): void {
    const staged = this.#byId.get(id)
    if (staged === undefined) return
    if (staged.freedName !== undefined) this.#releaseName(kind, staged.freedName, group)
    this.#forget(id, staged)
  }

  #releaseResource(id: string, group: Group): void {
    const staged = this.#byId.get(id)
    // Groups are released in order, so an entry whose newest group this is has no later version.
    if (staged === undefined) return
    if (staged.group === group) this.#forget(id, staged)
    if (staged.resource?.group === group) staged.resource = undefined
    if (staged.conditions?.group === group) staged.conditions = undefined
  }

  #releaseStatus({ resourceKind, resourceId, adapter }: AdapterStatus, group: Group): void {
    if (this.#adapters[resourceKind].get(adapter) === group) this.#adapters[resourceKind].delete(adapter)
    const staged = this.#byId.get(resourceId)
    if (staged === undefined) return
    if (staged.group === group) this.#forget(resourceId, staged)
    else if (staged.statuses?.get(adapter)?.group === group) staged.statuses.delete(adapter)
  }

  #forget(id: string, staged: StagedResource): void {
    this.#byId.delete(id)
    staged.resource = undefined
    staged.conditions = undefined
    staged.statuses = undefined
    staged.created = undefined
  }
}

/** Names have no slash, and clusters have no owner. */
export function nameKey(ownerId: string | undefined, name: string): string {
  return ownerId === undefined ? name : `${ownerId}/${name}`
}
