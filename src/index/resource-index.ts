// All indexes of one kind of resource, over its slots: the places of its resources in creation order. A removal leaves a hole, which is in no
// index. A result is valid until the next write is applied, so within one turn of the event loop. A view keeps the entries of one
// moment for longer work.

import type { Entries, ResourceEntry, ResourceVersion, StatusEntry } from '../state/entry.ts'
import { concerns, type FleetState } from '../state/fleet-state.ts'
import { specJsonOf } from '../state/reader.ts'
import type { Resource, ResourceCondition, ResourceKind } from '../state/records.ts'
import type { HashSeed } from '../wire/hash.ts'
import type { Instant } from '../wire/instant.ts'
import { compareCodePoints } from '../wire/text.ts'
import { AdapterIndexes, type IndexedStatus } from './adapters.ts'
import { Bitmap } from './bitmap.ts'
import { type Column, Int32Column, Int64Column } from './column.ts'
import { type ConditionIndex, ConditionIndexes } from './conditions.ts'
import type { Kernels } from './kernels/kernels.ts'
import { LabelIndex, LabelIndexes } from './labels.ts'
import { SpecIndexes } from './spec.ts'
import { integerIndex, textIndex, type ValueIndex } from './value-index.ts'

export interface ResourceIndexOptions {
  readonly kernels: Kernels
  /** A secret, because clients choose the names and labels that are hashed. */
  readonly seed: HashSeed
  /** True if a label key can be searched (contract 8.6). Other keys are not indexed. */
  readonly isSearchableLabelKey: (key: string) => boolean
  /** Most label keys with an index. A search by any other key reads records. */
  readonly maxIndexedLabelKeys?: number
  /** Paths in the spec with an index, such as `spec.region` (contract 13.5); none by default. */
  readonly specPaths?: readonly string[]
}

/** The members of an entry that never change. */
export type IndexedNaming = Pick<ResourceEntry, 'id' | 'name' | 'ownerId'>

export class ResourceIndex {
  readonly kind: ResourceKind
  /** A cluster's name is unique, a nodepool's only within its cluster (contract 4.3). */
  readonly names: ValueIndex<string>
  /** The ids of the clusters that nodepools belong to; clusters have none. */
  readonly owners: ValueIndex<string>
  readonly creators: ValueIndex<string>
  readonly updaters: ValueIndex<string>
  /** The authors of deletions. Only resources that are being deleted have one, as some have a label. */
  readonly deleters: LabelIndex
  readonly generations: ValueIndex<number>
  /** Times in microseconds since the Unix epoch. Creation times rise with the slots. */
  readonly createdTimes: Int64Column
  readonly updatedTimes: Int64Column
  /** Only of resources that are being deleted. */
  readonly deletedTimes: Int64Column
  readonly generationColumn: Int32Column
  readonly labels: LabelIndexes
  readonly specs: SpecIndexes
  readonly conditions: ConditionIndexes
  readonly adapters: AdapterIndexes
  /** The slots in use. What negates works within them. */
  readonly living: Bitmap
  readonly #state: FleetState
  #entries: Entries
  readonly #views = new Set<EntriesView>()
  #onUnviewed: (() => void) | undefined
  #count = 0
  /** The resource that was added last. It may be removed meanwhile. */
  #newest: { readonly id: string; readonly createdTime: Instant } | undefined
  #doIdsRise = true
  #doTiedIdsRise = true

  /** @param entries by slot, by default the state's */
  constructor(
    kind: ResourceKind,
    state: FleetState,
    { kernels, seed, isSearchableLabelKey, maxIndexedLabelKeys, specPaths = [] }: ResourceIndexOptions,
    entries = state.resources(kind),
  ) {
    this.kind = kind
    this.#state = state
    this.#entries = entries
    this.names = textIndex(kernels, seed)
    this.owners = textIndex(kernels, seed)
    this.creators = textIndex(kernels, seed)
    this.updaters = textIndex(kernels, seed)
    this.deleters = new LabelIndex(kernels, seed)
    this.generations = integerIndex(kernels, seed)
    this.createdTimes = new Int64Column(kernels)
    this.updatedTimes = new Int64Column(kernels)
    this.deletedTimes = new Int64Column(kernels)
    this.generationColumn = new Int32Column(kernels)
    this.labels = new LabelIndexes(kernels, seed, isSearchableLabelKey, maxIndexedLabelKeys)
    this.specs = new SpecIndexes(kernels, seed, specPaths)
    this.conditions = new ConditionIndexes(kernels)
    this.adapters = new AdapterIndexes(kernels)
    this.living = new Bitmap(kernels)
  }

  /** The number of the newest change that the state has. */
  get sequence(): number {
    return this.#state.sequence
  }

  /**
   * False while a change is being applied that a search may see a part of.
   * @param ownerId only nodepools of this cluster are searched
   */
  isWhole(ownerId: string | undefined): boolean {
    const { application } = this.#state
    return application === undefined || !concerns(application, this.kind, ownerId)
  }

  /** Number of slots, holes included. */
  get slotCount(): number {
    return this.#entries.length
  }

  /** Number of slots in use. */
  get count(): number {
    return this.#count
  }

  get hasHoles(): boolean {
    return this.#count < this.#entries.length
  }

  /** The entry in a slot; undefined for a hole. */
  find(slot: number): ResourceEntry | undefined {
    return this.#entries.at(slot)
  }

  entryAt(slot: number): ResourceEntry {
    const entry = this.#entries.at(slot)
    if (entry === undefined) throw new Error(`there is no ${this.kind} in slot ${slot}`)
    return entry
  }

  /** Returns a view of the present entries. The caller must release it. */
  view(): EntriesView {
    const view = new EntriesView(this)
    this.#views.add(view)
    return view
  }

  release(view: EntriesView): void {
    this.#views.delete(view)
    if (this.#views.size === 0) this.#onUnviewed?.()
  }

  get isViewed(): boolean {
    return this.#views.size > 0
  }

  /** True if ids rise with the slots. Only imported ids may break that (contract 3.2). */
  get doIdsRise(): boolean {
    return this.#doIdsRise
  }

  /** True if ids rise with the slots among resources with the same `created_time`. */
  get doTiedIdsRise(): boolean {
    return this.#doTiedIdsRise
  }

  /** Ids need no index: the state finds them. */
  slotOfId(id: string): number | undefined {
    return this.#state.resource(this.kind, id)?.slot
  }

  /** Undefined if no resource has the label, or if it is unindexed. */
  label(key: string): LabelIndex | undefined {
    return this.labels.get(key)
  }

  /** Undefined if no resource has the condition. */
  condition(type: string): ConditionIndex | undefined {
    return this.conditions.get(type)
  }

  /** Updates the indexes for a new version of a resource. `replaced` is undefined for a new resource, which is the newest of all. */
  update(
    slot: number,
    naming: IndexedNaming,
    resource: Resource,
    replaced: ResourceVersion | undefined,
  ): void {
    this.noteWrite(slot, replaced)
    const previous = replaced?.resource
    if (previous === undefined) this.#add(slot, naming, resource)
    this.#updateDetails(slot, previous, resource)
    this.conditions.replace(slot, previous?.conditions ?? NO_CONDITIONS, resource.conditions)
  }

  /** The same for a version that differs only in its conditions. */
  updateConditions(slot: number, conditions: readonly ResourceCondition[], replaced: ResourceVersion): void {
    this.noteWrite(slot, replaced)
    this.conditions.replace(slot, replaced.resource.conditions, conditions)
  }

  /** Updates the indexes for a new status. It is no version of the resource. */
  updateStatus(slot: number, adapter: string, status: IndexedStatus): void {
    this.adapters.set(slot, adapter, status)
  }

  /** Adds the statuses that a resource has when it is indexed. */
  addStatuses(slot: number, statuses: readonly StatusEntry[]): void {
    for (const { adapter, digest } of statuses)
      if (digest !== undefined) this.adapters.set(slot, adapter, digest)
  }

  /** Takes a removed resource out of all indexes. */
  remove(slot: number, removed: ResourceVersion): void {
    this.noteRemoval(slot, removed)
    this.living.delete(slot)
    this.#count--
    const { resource } = removed
    this.names.replace(slot, resource.name, undefined)
    this.owners.replace(slot, resource.ownerId, undefined)
    this.createdTimes.delete(slot)
    this.#updateDetails(slot, resource, undefined)
    this.conditions.replace(slot, resource.conditions, NO_CONDITIONS)
    this.adapters.remove(slot)
  }

  /** Follows the state from now on in place of an index whose slots had holes. */
  takeOver(former: ResourceIndex): void {
    this.#entries = this.#state.resources(this.kind)
    this.conditions.continueCounts(former.conditions)
  }

  /** Calls back when the last view is released. */
  onUnviewed(callback: () => void): void {
    this.#onUnviewed = callback
  }

  /** Notes a write for the views. The slot is that of this index. */
  noteWrite(slot: number, replaced: ResourceVersion | undefined): void {
    for (const view of this.#views) view.note(slot, replaced)
  }

  /** The same for a removal. */
  noteRemoval(slot: number, removed: ResourceVersion): void {
    for (const view of this.#views) view.noteRemoval(slot, removed)
  }

  /** Frees the memory of all indexes, over some yields. They cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    const { names, owners, creators, updaters, deleters, generations } = this
    for (const index of [names, owners, creators, updaters, deleters, generations]) yield* index.discard()
    for (const column of [this.createdTimes, this.updatedTimes, this.deletedTimes, this.generationColumn]) {
      column.free()
      yield
    }
    yield* this.labels.discard()
    yield* this.specs.discard()
    yield* this.conditions.discard()
    yield* this.adapters.discard()
    this.living.free()
  }

  /** Adds what never changes (contract 4.3). */
  #add(slot: number, { id, name, ownerId }: IndexedNaming, { createdTime }: Resource): void {
    this.living.add(slot)
    this.#count++
    this.names.replace(slot, undefined, name)
    this.owners.replace(slot, undefined, ownerId)
    this.createdTimes.set(slot, createdTime)
    this.#noteOrder(id, createdTime)
  }

  /** Compares a new resource with the one before. A removed one counts: it keeps the order or breaks it for those on both sides. */
  #noteOrder(id: string, createdTime: Instant): void {
    const before = this.#newest
    this.#newest = { id, createdTime }
    if (before === undefined || compareCodePoints(before.id, id) < 0) return
    this.#doIdsRise = false
    if (before.createdTime === createdTime) this.#doTiedIdsRise = false
  }

  #updateDetails(slot: number, before: Resource | undefined, after: Resource | undefined): void {
    this.creators.replace(slot, before?.createdBy, after?.createdBy)
    this.updaters.replace(slot, before?.updatedBy, after?.updatedBy)
    this.deleters.replace(slot, before?.deletedBy, after?.deletedBy)
    this.labels.replace(slot, before?.labels, after?.labels)
    if (this.specs.size > 0)
      this.specs.replace(slot, before && specJsonOf(before), after && specJsonOf(after))
    this.generations.replace(slot, before?.generation, after?.generation)
    replaceCell(this.generationColumn, slot, before?.generation, after?.generation)
    replaceCell(this.updatedTimes, slot, before?.updatedTime, after?.updatedTime)
    replaceCell(this.deletedTimes, slot, before?.deletedTime, after?.deletedTime)
  }
}

const NO_CONDITIONS: readonly ResourceCondition[] = []

/** Changes the value of a slot; undefined means no value. */
function replaceCell<V extends bigint | number>(
  column: Column<V>,
  slot: number,
  before: V | undefined,
  after: V | undefined,
): void {
  if (before === after) return
  if (after === undefined) column.delete(slot)
  else column.set(slot, after)
}

/** The entries of one moment. The indexes agree with them until the next write is applied. */
export class EntriesView {
  /** Slot count when the view was taken; later slots are invisible. */
  readonly slotCount: number
  /** Number of slots in use when the view was taken. */
  readonly count: number
  readonly #present: ResourceIndex
  /** Undefined until a version is replaced: most views see none. */
  #replaced: Map<number, ResourceVersion> | undefined
  /** The slots that have become holes, if any. */
  #removed: number[] | undefined
  #isCurrent = true

  constructor(present: ResourceIndex) {
    this.slotCount = present.slotCount
    this.count = present.count
    this.#present = present
  }

  /** True if no write was applied since the view was taken. Then the indexes agree with the view. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  /** True if a resource of the view has been removed. Then the indexes lack its slot. */
  get hasRemovals(): boolean {
    return this.#removed !== undefined
  }

  /** The slots in use now. While the view is current they are the view's. */
  get living(): Bitmap {
    return this.#present.living
  }

  /** The slots in use at the view's moment, in a new bitmap. */
  livingThen(): Bitmap {
    const { living } = this.#present
    const then = new Bitmap(living.kernels)
    then.addRange(0, this.slotCount)
    then.and(living)
    for (const slot of this.#removed ?? []) then.add(slot)
    return then
  }

  entryAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot)
  }

  /** The entry of a slot. Undefined if it was written or removed after the view's moment. */
  unchangedAt(slot: number): ResourceEntry | undefined {
    return this.#replaced?.has(slot) === true ? undefined : this.#present.entryAt(slot)
  }

  /** The version of a slot at the view's moment. It does not change. */
  versionAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot).version
  }

  idAt(slot: number): string {
    return this.replaced(slot)?.resource.id ?? this.#present.entryAt(slot).id
  }

  nameAt(slot: number): string {
    return this.replaced(slot)?.resource.name ?? this.#present.entryAt(slot).name
  }

  /** The version of a slot at the view's moment; undefined if it is still the present one. */
  replaced(slot: number): ResourceVersion | undefined {
    return this.#replaced?.get(slot)
  }

  /** Notes a write to a slot, and keeps the version that it replaced. */
  note(slot: number, previous: ResourceVersion | undefined): void {
    this.#isCurrent = false
    if (previous === undefined || slot >= this.slotCount) return
    this.#replaced ??= new Map()
    if (!this.#replaced.has(slot)) this.#replaced.set(slot, previous.kept())
  }

  /** Notes a removal, which leaves a hole, and keeps the version that it took away. */
  noteRemoval(slot: number, removed: ResourceVersion): void {
    this.note(slot, removed)
    if (slot >= this.slotCount) return
    this.#removed ??= []
    this.#removed.push(slot)
  }

  release(): void {
    this.#present.release(this)
    this.#replaced = undefined
  }
}
