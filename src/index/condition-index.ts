// The index of one condition type: which slots have it, with which status, and its subfields by slot.
import type { ConditionStatus } from '../store/records.ts'
import type { Int32Column, Int64Column } from './column.ts'
import type { IndexMemory } from './memory.ts'
import type { PostingList } from './posting-list.ts'

export class ConditionIndex {
  /** The slots that have the condition; all others fail every question about it (contract 8.8). */
  declare readonly presence: PostingList
  declare readonly lastUpdatedTimes: Int64Column
  declare readonly lastTransitionTimes: Int64Column
  declare readonly observedGenerations: Int32Column

  constructor(_memory: IndexMemory) {
    throw new Error('not yet')
  }

  /** The slots whose condition has this status (contract 8.7); possibly none. */
  withStatus(_status: ConditionStatus): PostingList {
    throw new Error('not yet')
  }
}
