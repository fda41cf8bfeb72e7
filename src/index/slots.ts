// The slots of one value. A slot alone is held as its number: names, owners and labels with a value for each resource
// would cost a posting list each otherwise.
import type { Bitmap } from './bitmap.ts'
import type { PostingList } from './posting-list.ts'

export type Slots = number | PostingList

/** How many they are. */
export function countSlots(slots: Slots): number {
  return typeof slots === 'number' ? 1 : slots.size
}

/** bitmap |= slots */
export function orSlotsInto(slots: Slots, bitmap: Bitmap): void {
  if (typeof slots === 'number') bitmap.add(slots)
  else slots.orInto(bitmap)
}

/** Every slot, ascending. */
export function listSlots(slots: Slots): Uint32Array {
  return typeof slots === 'number' ? Uint32Array.of(slots) : slots.slots()
}
