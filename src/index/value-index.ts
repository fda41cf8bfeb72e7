// A value index: for each value of a field, the slots that have it. Values that nobody has any more are gone from
// it, so that a predicate can run over the distinct values instead of the rows.
import type { IndexMemory } from './memory.ts'
import type { PostingList } from './posting-list.ts'

/**
 * The slots of one value. One slot alone is held as its number: names, owners and labels with a value for each
 * resource would cost a hundred bytes more for each otherwise.
 */
export type Slots = number | PostingList

export class ValueIndex<V extends string | number> {
  constructor(_memory: IndexMemory) {
    throw new Error('not yet')
  }

  /** How many distinct values there are. */
  get size(): number {
    throw new Error('not yet')
  }

  /** The slots with this value; undefined when there are none, never empty. */
  slotsOf(_value: V): Slots | undefined {
    throw new Error('not yet')
  }

  /** Every distinct value with its slots, in no order. */
  entries(): IterableIterator<[V, Slots]> {
    throw new Error('not yet')
  }

  /** Adds a slot that does not have this value. */
  add(_value: V, _slot: number): void {
    throw new Error('not yet')
  }

  /** Takes away a slot that has this value. */
  remove(_value: V, _slot: number): void {
    throw new Error('not yet')
  }
}
