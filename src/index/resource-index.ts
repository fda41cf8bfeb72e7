// All indexes of one kind of resource, over its slots: the numbers of its resources in creation order. A result is valid until
// the next write is applied, so within one turn of the event loop. A view keeps the entries of one moment for longer work.

import type { ResourceEntry, ResourceVersion } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { Resource, ResourceCondition, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { compareCodePoints } from '../wire/text.ts'
import { Int32Column, Int64Column } from './column.ts'
import { type ConditionIndex, ConditionIndexes } from './conditions.ts'
import type { Kernels } from './kernels/kernels.ts'
import { type LabelIndex, LabelIndexes } from './labels.ts'
import { ValueIndex } from './value-index.ts'

export interface ResourceIndexOptions {
  readonly kernels: Kernels
  /** True if a label key can be searched (contract 8.6). Other keys are not indexed. */
  readonly isSearchableLabelKey: (key: string) => boolean
  /** Most label keys with an index. A search by any other key reads records. */
  readonly maxIndexedLabelKeys?: number
}

/** The members of an entry that never change. */
export type IndexedEntry = Pick<ResourceEntry, 'slot' | 'id' | 'name' | 'ownerId'>

export class ResourceIndex {
  readonly kind: ResourceKind
  /** A cluster's name is unique, a nodepool's only within its cluster (contract 4.3). */
  readonly names: ValueIndex<string>
  /** The ids of the clusters that nodepools belong to; clusters have none. */
  readonly owners: ValueIndex<string>
  readonly creators: ValueIndex<string>
  readonly updaters: ValueIndex<string>
  readonly generations: ValueIndex<number>
  /** Times in microseconds since the Unix epoch. Creation times rise with the slots. */
  readonly createdTimes: Int64Column
  readonly updatedTimes: Int64Column
  readonly generationColumn: Int32Column
  readonly labels: LabelIndexes
  readonly conditions: ConditionIndexes
  readonly #state: FleetState
  readonly #entries: readonly (ResourceEntry | undefined)[]
  readonly #views = new Set<EntriesView>()
  #doIdsRise = true
  #doTiedIdsRise = true

  constructor(
    kind: ResourceKind,
    state: FleetState,
    { kernels, isSearchableLabelKey, maxIndexedLabelKeys }: ResourceIndexOptions,
  ) {
    this.kind = kind
    this.#state = state
    this.#entries = state.resources(kind)
    this.names = new ValueIndex(kernels)
    this.owners = new ValueIndex(kernels)
    this.creators = new ValueIndex(kernels)
    this.updaters = new ValueIndex(kernels)
    this.generations = new ValueIndex(kernels)
    this.createdTimes = new Int64Column(kernels)
    this.updatedTimes = new Int64Column(kernels)
    this.generationColumn = new Int32Column(kernels)
    this.labels = new LabelIndexes(kernels, isSearchableLabelKey, maxIndexedLabelKeys)
    this.conditions = new ConditionIndexes(kernels)
  }

  /** Number of slots. All slots below it are in use. */
  get slotCount(): number {
    return this.#entries.length
  }

  entryAt(slot: number): ResourceEntry {
    const entry = this.#entries[slot]
    if (entry === undefined) throw new Error(`there is no ${this.kind} in slot ${slot}`)
    return entry
  }

  /** Returns a view of the present entries. The caller must release it. */
  view(): EntriesView {
    const view = new EntriesView(this, released => this.#views.delete(released))
    this.#views.add(view)
    return view
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

  /** Updates the indexes for a new version of a resource. `replaced` is undefined for a new resource. */
  update(entry: IndexedEntry, resource: Resource, replaced: ResourceVersion | undefined): void {
    const { slot } = entry
    for (const view of this.#views) view.note(slot, replaced)
    const previous = replaced?.resource
    if (previous === undefined) {
      this.#addNaming(entry)
      this.#noteOrder(entry, resource.createdTime)
    }
    this.#updateDetails(slot, resource, previous)
    this.conditions.replace(slot, previous?.conditions ?? [], resource.conditions)
  }

  /** The same for a version that differs only in its conditions. */
  updateConditions(
    { slot }: IndexedEntry,
    conditions: readonly ResourceCondition[],
    replaced: ResourceVersion,
  ): void {
    for (const view of this.#views) view.note(slot, replaced)
    this.conditions.replace(slot, replaced.resource.conditions, conditions)
  }

  #updateDetails(slot: number, resource: Resource, previous: Resource | undefined): void {
    this.creators.replace(slot, previous?.createdBy, resource.createdBy)
    this.updaters.replace(slot, previous?.updatedBy, resource.updatedBy)
    this.labels.replace(slot, previous?.labels, resource.labels)
    this.#updateColumns(slot, resource, previous)
  }

  /** Adds the members that never change (contract 4.3). Their strings cost nothing: the entry has them anyway. */
  #addNaming({ slot, name, ownerId }: IndexedEntry): void {
    this.names.replace(slot, undefined, name)
    this.owners.replace(slot, undefined, ownerId)
  }

  /** Compares a new resource with the one in the slot before its own, which is indexed already. */
  #noteOrder({ slot, id }: IndexedEntry, createdTime: Instant): void {
    const before = this.#entries[slot - 1]
    if (before === undefined || compareCodePoints(before.id, id) < 0) return
    this.#doIdsRise = false
    if (this.createdTimes.get(slot - 1) === createdTime) this.#doTiedIdsRise = false
  }

  #updateColumns(slot: number, resource: Resource, previous: Resource | undefined): void {
    if (previous === undefined) this.createdTimes.set(slot, resource.createdTime)
    if (previous?.updatedTime !== resource.updatedTime) this.updatedTimes.set(slot, resource.updatedTime)
    if (previous?.generation === resource.generation) return
    this.generations.replace(slot, previous?.generation, resource.generation)
    this.generationColumn.set(slot, resource.generation)
  }
}

/** The source of the present entries. */
export interface EntrySource {
  readonly slotCount: number
  entryAt(slot: number): ResourceVersion & { readonly version: ResourceVersion }
}

export class EntriesView {
  /** Slot count when the view was taken; later slots are invisible. */
  readonly slotCount: number
  readonly #present: EntrySource
  readonly #release: (view: EntriesView) => void
  readonly #replaced = new Map<number, ResourceVersion>()
  #isCurrent = true

  constructor(present: EntrySource, release: (view: EntriesView) => void) {
    this.slotCount = present.slotCount
    this.#present = present
    this.#release = release
  }

  /** True if no write was applied since the view was taken. Then the indexes agree with the view. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  entryAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot)
  }

  /** The version of a slot at the view's moment. It does not change. */
  versionAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot).version
  }

  /** The version of a slot at the view's moment; undefined if it is still the present one. */
  replaced(slot: number): ResourceVersion | undefined {
    return this.#isCurrent ? undefined : this.#replaced.get(slot)
  }

  /** Notes a write to a slot, and keeps the version that it replaced. */
  note(slot: number, previous: ResourceVersion | undefined): void {
    this.#isCurrent = false
    if (previous !== undefined && slot < this.slotCount && !this.#replaced.has(slot)) {
      this.#replaced.set(slot, previous)
    }
  }

  release(): void {
    this.#release(this)
    this.#replaced.clear()
  }
}
