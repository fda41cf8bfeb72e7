// All indexes of one kind of resource, over its slots: the numbers of its resources in creation order.
import type { ResourceEntry } from '../store/state.ts'
import type { Int32Column, Int64Column } from './column.ts'
import type { ConditionIndex } from './condition-index.ts'
import type { LabelIndex } from './label-index.ts'
import type { ValueIndex } from './value-index.ts'

/** What the planner reads. It is the state of this turn of the event loop and changes with the next applied write. */
export interface ResourceIndex {
  /** Slots are 0 to this, all of them taken. */
  readonly slotCount: number
  entryAt(slot: number): ResourceEntry
  /** Ids rise with slots (contract 3.2), so `id` needs no index of its own. */
  slotOfId(id: string): number | undefined

  /** A cluster's name is unique, a nodepool's only within its cluster (contract 4.3). */
  readonly names: ValueIndex<string>
  /** The ids of the clusters that nodepools belong to; empty for clusters. */
  readonly owners: ValueIndex<string>
  readonly creators: ValueIndex<string>
  readonly updaters: ValueIndex<string>
  readonly generations: ValueIndex<number>

  /** The times in microseconds since the Unix epoch; creation times rise with the slots. */
  readonly createdTimes: Int64Column
  readonly updatedTimes: Int64Column
  readonly generationColumn: Int32Column

  /** Undefined when no resource has the label; keys that cannot be searched (contract 8.6) have no index. */
  label(key: string): LabelIndex | undefined
  labelKeys(): IterableIterator<string>
  /** Undefined when no resource has the condition. */
  condition(type: string): ConditionIndex | undefined
  conditionTypes(): IterableIterator<string>
}
