// The indexes of all condition types that resources of one kind have. Adapters bring their own types. The index of a type is
// freed with its last condition.
import type { ConditionStatus, ResourceCondition } from '../state/records.ts'
import { Bitmap } from './bitmap.ts'
import { Int32Column, Int64Column } from './column.ts'
import type { Kernels } from './kernels/kernels.ts'
import { PostingList } from './posting-list.ts'

type Conditions = readonly ResourceCondition[]

export class ConditionIndexes {
  readonly #kernels: Kernels
  readonly #byType = new Map<string, ConditionIndex>()
  /** The slots with a condition, as nearly all. */
  readonly presence: PostingList
  #fallen = new Map<string, number>()

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.presence = new PostingList(kernels)
  }

  get(type: string): ConditionIndex | undefined {
    return this.#byType.get(type)
  }

  entries(): IterableIterator<[string, ConditionIndex]> {
    return this.#byType.entries()
  }

  /** Number of times that a condition of this type became or began `False`. */
  fallen(type: string): number {
    return this.#fallen.get(type) ?? 0
  }

  /** Changes the conditions of a slot. No list has a type twice. */
  replace(slot: number, before: Conditions, after: Conditions): void {
    if (before === after) return
    if (before.length === 0 && after.length > 0) this.presence.add(slot)
    if (before.length > 0 && after.length === 0) this.presence.delete(slot)
    for (let i = 0; i < after.length; i++) {
      const condition = after[i]
      if (condition === undefined || before[i] === condition) continue
      const previous = ofType(before, condition.type, i)
      if (previous !== condition) this.#replaceOne(condition.type, slot, previous, condition)
    }
    for (let i = 0; i < before.length; i++) {
      const type = before[i]?.type
      if (type !== undefined && ofType(after, type, i) === undefined)
        this.#replaceOne(type, slot, before[i], undefined)
    }
  }

  /** Continues the counts of the indexes that these replace. */
  continueCounts(former: ConditionIndexes): void {
    this.#fallen = former.#fallen
  }

  /** Frees the memory of all indexes, over some yields. They cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    for (const index of this.#byType.values()) {
      index.free()
      yield
    }
    this.#byType.clear()
    this.presence.free()
  }

  #replaceOne(
    type: string,
    slot: number,
    before: ResourceCondition | undefined,
    after: ResourceCondition | undefined,
  ): void {
    const index = this.#byType.get(type) ?? this.#open(type)
    if (after?.status === 'False' && before?.status !== 'False') this.#fallen.set(type, this.fallen(type) + 1)
    index.replace(slot, before, after)
    if (index.presence.size > 0) return
    this.#byType.delete(type)
    index.free()
  }

  #open(type: string): ConditionIndex {
    const index = new ConditionIndex(this.#kernels)
    this.#byType.set(type, index)
    return index
  }
}

/** Finds the condition of a type. It mostly keeps its position from one version of a resource to the next. */
function ofType(conditions: Conditions, type: string, position: number): ResourceCondition | undefined {
  const there = conditions[position]
  return there?.type === type ? there : conditions.find(condition => condition.type === type)
}

/** The index of one condition type: the slots that have it, by status, and its subfields by slot. */
export class ConditionIndex {
  /** The slots with the condition. All others fail every test of it (contract 8.8). */
  readonly presence: PostingList
  /** Times in microseconds since the Unix epoch. */
  readonly lastUpdatedTimes: Int64Column
  readonly lastTransitionTimes: Int64Column
  readonly observedGenerations: Int32Column
  readonly #byStatus: Readonly<Record<ConditionStatus, PostingList>>

  constructor(kernels: Kernels) {
    this.presence = new PostingList(kernels)
    this.#byStatus = { True: new PostingList(kernels), False: new PostingList(kernels) }
    this.lastUpdatedTimes = new Int64Column(kernels)
    this.lastTransitionTimes = new Int64Column(kernels)
    this.observedGenerations = new Int32Column(kernels)
  }

  /** The slots whose condition has this status (contract 8.7). May be empty. */
  withStatus(status: ConditionStatus): PostingList {
    return this.#byStatus[status]
  }

  /** Changes the members of a slot's condition that differ; undefined means no condition. */
  replace(slot: number, before: ResourceCondition | undefined, after: ResourceCondition | undefined): void {
    if (before?.status !== after?.status) this.#changeStatus(slot, before?.status, after?.status)
    if (after === undefined) this.#clear(slot)
    else this.#set(slot, before, after)
  }

  #changeStatus(slot: number, before: ConditionStatus | undefined, after: ConditionStatus | undefined): void {
    if (before === undefined) this.presence.add(slot)
    else this.#byStatus[before].delete(slot)
    if (after === undefined) this.presence.delete(slot)
    else this.#byStatus[after].add(slot)
  }

  #set(slot: number, before: ResourceCondition | undefined, after: ResourceCondition): void {
    if (before?.lastUpdatedTime !== after.lastUpdatedTime)
      this.lastUpdatedTimes.set(slot, after.lastUpdatedTime)
    if (before?.lastTransitionTime !== after.lastTransitionTime)
      this.lastTransitionTimes.set(slot, after.lastTransitionTime)
    if (before?.observedGeneration !== after.observedGeneration)
      this.observedGenerations.set(slot, after.observedGeneration)
  }

  #clear(slot: number): void {
    for (const column of [this.lastUpdatedTimes, this.lastTransitionTimes, this.observedGenerations])
      column.delete(slot)
  }

  free(): void {
    for (const list of [this.presence, this.#byStatus.True, this.#byStatus.False]) list.free()
    for (const column of [this.lastUpdatedTimes, this.lastTransitionTimes, this.observedGenerations])
      column.free()
  }
}

/** Resources whose time of a condition is before a moment. */
export interface Overdue {
  readonly count: number
  /** The earliest of their times in microseconds since the Unix epoch, to a double's precision; undefined if there is none. */
  readonly oldestMicros: number | undefined
}

/**
 * Counts the slots of a list whose time is before a moment, in two passes over the column, both in kernels.
 * @param beforeMicros microseconds since the Unix epoch
 */
export function overdue(times: Int64Column, slots: PostingList, beforeMicros: bigint): Overdue {
  if (slots.size === 0) return { count: 0, oldestMicros: undefined }
  const within = slots.toBitmap()
  const counted = overdueIn(times, within, beforeMicros)
  within.free()
  return counted
}

/** The same for the slots of a bitmap. */
export function overdueIn(times: Int64Column, within: Bitmap, beforeMicros: bigint): Overdue {
  const found = new Bitmap(times.kernels, within.length)
  times.scan({ kind: 'compare', operator: '<', value: beforeMicros }, found, within)
  const count = found.count()
  const oldestMicros = times.leastIn(found)
  found.free()
  return { count, oldestMicros }
}
