// Questions about a field that rises with the slots (ids and creation times, contract 3.2, 3.4): their answer is one
// range of slots, found by halving.
import type { ValueTest } from '../check/checked.ts'

export interface SlotRange {
  readonly from: number
  /** Not included; at most `from` when the range is empty. */
  readonly to: number
}

/**
 * @param order negative, 0 or positive as the value of a slot is less than, equal to or greater than a value
 */
export function slotRange<V>(
  test: Exclude<ValueTest<V>, { kind: 'in' }>,
  slotCount: number,
  order: (slot: number, value: V) => number,
): SlotRange {
  const below = (value: V) => firstSlot(slotCount, slot => order(slot, value) >= 0)
  const notAbove = (value: V) => firstSlot(slotCount, slot => order(slot, value) > 0)
  if (test.kind === 'null') return { from: 0, to: 0 }
  if (test.kind === 'between') return { from: below(test.low), to: notAbove(test.high) }
  switch (test.operator) {
    case '=':
      return { from: below(test.value), to: notAbove(test.value) }
    case '<':
      return { from: 0, to: below(test.value) }
    case '<=':
      return { from: 0, to: notAbove(test.value) }
    case '>':
      return { from: notAbove(test.value), to: slotCount }
    case '>=':
      return { from: below(test.value), to: slotCount }
  }
}

/** The first slot that passes a test which all slots behind it pass too. */
function firstSlot(slotCount: number, passes: (slot: number) => boolean): number {
  let low = 0
  let high = slotCount
  while (low < high) {
    const middle = (low + high) >>> 1
    if (passes(middle)) high = middle
    else low = middle + 1
  }
  return low
}
