// The slots that a search still has in hand: all of a range, a few in a list, or many in a bitmap. Few slots never take
// a bitmap over the whole fleet.
import type { Bitmap, Direction } from '../../index/bitmap.ts'

export type Candidates =
  /** The slots [from, to). */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly count: number }
  /** Ascending, each once. */
  | { readonly kind: 'list'; readonly slots: Uint32Array; readonly count: number }
  | { readonly kind: 'bitmap'; readonly bitmap: Bitmap; readonly count: number }

export const NONE: Candidates = { kind: 'list', slots: new Uint32Array(0), count: 0 }

/** The slots at positions [offset, offset + limit) in a direction. */
export function pageOf(
  candidates: Candidates,
  offset: number,
  limit: number,
  direction: Direction,
): Uint32Array {
  const { count } = candidates
  const length = Math.max(0, Math.min(limit, count - offset))
  if (length === 0) return NONE_SLOTS
  switch (candidates.kind) {
    case 'bitmap':
      return candidates.bitmap.page(offset, length, direction)
    case 'list':
      if (direction === 'ascending') return candidates.slots.slice(offset, offset + length)
      return candidates.slots.slice(count - offset - length, count - offset).reverse()
    case 'range': {
      const step = direction === 'ascending' ? 1 : -1
      const first = direction === 'ascending' ? candidates.from + offset : candidates.to - 1 - offset
      const slots = new Uint32Array(length)
      for (let i = 0; i < length; i++) slots[i] = first + step * i
      return slots
    }
  }
}

const NONE_SLOTS = new Uint32Array(0)

export function range(from: number, to: number): Candidates {
  return from < to ? { kind: 'range', from, to, count: to - from } : NONE
}

/** Of slots that ascend. */
export function list(slots: Uint32Array): Candidates {
  return { kind: 'list', slots, count: slots.length }
}

/** How many slots are taken out of a bitmap at once. */
const CHUNK_SLOTS = 4096

/** Calls back for each slot, ascending. */
export function forEachSlot(candidates: Candidates, visit: (slot: number) => void): void {
  switch (candidates.kind) {
    case 'range':
      for (let slot = candidates.from; slot < candidates.to; slot++) visit(slot)
      return
    case 'list':
      for (const slot of candidates.slots) visit(slot)
      return
    case 'bitmap':
      for (let from = 0; ; ) {
        const slots = candidates.bitmap.slots(from, CHUNK_SLOTS, 'ascending')
        for (const slot of slots) visit(slot)
        if (slots.length < CHUNK_SLOTS) return
        from = (slots.at(-1) ?? 0) + 1
      }
  }
}

/** All slots, ascending. */
export function slotsOf(candidates: Candidates): Uint32Array {
  const slots = new Uint32Array(candidates.count)
  let length = 0
  forEachSlot(candidates, slot => {
    slots[length++] = slot
  })
  return slots
}

/** Whether a slot is among them. */
export function membership(candidates: Candidates): (slot: number) => boolean {
  switch (candidates.kind) {
    case 'range':
      return slot => slot >= candidates.from && slot < candidates.to
    case 'bitmap':
      return slot => candidates.bitmap.has(slot)
    case 'list':
      return slot => candidates.slots[lowerBound(candidates.slots, slot)] === slot
  }
}

/** The first position whose slot is not below this one. */
function lowerBound(slots: Uint32Array, slot: number): number {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((slots[middle] ?? 0) < slot) low = middle + 1
    else high = middle
  }
  return low
}
