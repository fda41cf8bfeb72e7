// All indexes of one kind of resource, over its slots: the numbers of its resources in creation order. What is read
// here is the state of this turn of the event loop, and changes with the next write that is applied.

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
  /** True if a label key can be searched (contract 8.6): the others are not indexed. */
  readonly isSearchableLabelKey: (key: string) => boolean
  /** Label keys that have an index; a search by others is answered row by row. */
  readonly maxIndexedLabelKeys?: number
}

/** The constant members of an entry. */
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
  /** Times in microseconds since the Unix epoch; those of creation rise with the slots. */
  readonly createdTimes: Int64Column
  readonly updatedTimes: Int64Column
  readonly generationColumn: Int32Column
  readonly labels: LabelIndexes
  readonly conditions: ConditionIndexes
  readonly #state: FleetState
  readonly #entries: readonly ResourceEntry[]
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

  /** Number of slots: all from 0 on are taken. */
  get slotCount(): number {
    return this.#entries.length
  }

  entryAt(slot: number): ResourceEntry {
    const entry = this.#entries[slot]
    if (entry === undefined) throw new Error(`there is no ${this.kind} in slot ${slot}`)
    return entry
  }

  /** The entries of this moment, to be released when the work on them is done. */
  view(): EntriesView {
    const view = new EntriesView(this, released => this.#views.delete(released))
    this.#views.add(view)
    return view
  }

  /** True while every id is greater than the one in the slot before it: always, but for imported ids (contract 3.2). */
  get doIdsRise(): boolean {
    return this.#doIdsRise
  }

  /** The same among resources of one `created_time`. */
  get doTiedIdsRise(): boolean {
    return this.#doTiedIdsRise
  }

  /** The state finds ids, so they need no index. */
  slotOfId(id: string): number | undefined {
    return this.#state.resource(this.kind, id)?.slot
  }

  /** Undefined when no resource has the label, or when it is unindexed. */
  label(key: string): LabelIndex | undefined {
    return this.labels.get(key)
  }

  /** Undefined when no resource has the condition. */
  condition(type: string): ConditionIndex | undefined {
    return this.conditions.get(type)
  }

  /** Brings the indexes in line with the version of a resource that has taken the place of another one, or of none. */
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

  /** The same for a version that differs in its conditions alone. */
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

  /** Adds the constant members of a resource (contract 4.3). The entry keeps their strings in any case. */
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

  /** True if no write has happened since the view was taken. Then the indexes are those of the view's moment. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  entryAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot)
  }

  /** The version that a slot had at the view's moment; it stays that one. */
  versionAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot).version
  }

  /** The version of a slot at the view's moment, if it has been replaced since. */
  replaced(slot: number): ResourceVersion | undefined {
    return this.#isCurrent ? undefined : this.#replaced.get(slot)
  }

  /** Takes note of a write to a slot, and of what it replaced. */
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
