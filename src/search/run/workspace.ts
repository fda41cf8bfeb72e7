// Where one search works: the set operations on candidates, and the bitmaps that they take from linear memory.
import { Bitmap } from '../../index/bitmap.ts'
import type { Kernels } from '../../index/kernels/kernels.ts'
import { countSlots, listSlots, orSlotsInto, type Slots } from '../../index/slots.ts'
import { type Candidates, forEachSlot, list, membership, NONE, range } from './candidates.ts'

/** A list takes 32 bits a slot and a bitmap one, so above this share of all slots a bitmap is smaller. */
const LIST_SHARE = 1 / 32
/** Up to so many slots are a list in a fleet of any size. */
const MIN_LIST_LENGTH = 64

/**
 * Operations use up the candidates they are given and hand back others; the bitmaps of all of
 * them are freed together at the end.
 */
export class Workspace {
  readonly slotCount: number
  readonly #kernels: Kernels
  readonly #bitmaps = new Set<Bitmap>()

  constructor(kernels: Kernels, slotCount: number) {
    this.#kernels = kernels
    this.slotCount = slotCount
  }

  free(): void {
    for (const bitmap of this.#bitmaps) bitmap.free()
    this.#bitmaps.clear()
  }

  all(): Candidates {
    return range(0, this.slotCount)
  }

  /** An empty bitmap over all slots. */
  bitmap(): Bitmap {
    return this.#adopt(new Bitmap(this.#kernels, this.slotCount))
  }

  /** A bitmap of this workspace as candidates: a list when it holds only few. */
  fromBitmap(bitmap: Bitmap): Candidates {
    const count = bitmap.count()
    if (count > this.#maxListLength) return { kind: 'bitmap', bitmap, count }
    const slots = bitmap.slots(0, count, 'ascending')
    this.#release(bitmap)
    return { kind: 'list', slots, count }
  }

  /** Slots in a list that ascends, which may be a part of a larger array. */
  fromList(slots: Uint32Array): Candidates {
    if (slots.length <= this.#maxListLength) return list(slots.slice())
    const bitmap = this.bitmap()
    for (const slot of slots) bitmap.add(slot)
    return { kind: 'bitmap', bitmap, count: slots.length }
  }

  /** All the slots of some posting lists, which have none in common. */
  fromSlots(lists: readonly Slots[]): Candidates {
    const [only] = lists
    if (only === undefined) return NONE
    const count = lists.reduce<number>((sum, slots) => sum + countSlots(slots), 0)
    if (count > this.#maxListLength) return { kind: 'bitmap', bitmap: this.#bitmapOf(lists), count }
    if (lists.length === 1) return list(listSlots(only))
    const slots = new Uint32Array(count)
    let length = 0
    for (const some of lists) {
      if (typeof some === 'number') slots[length] = some
      else slots.set(some.slots(), length)
      length += countSlots(some)
    }
    return list(slots.sort())
  }

  copy(candidates: Candidates): Candidates {
    if (candidates.kind !== 'bitmap') return candidates
    return { ...candidates, bitmap: this.#adopt(candidates.bitmap.copy()) }
  }

  /** The slots that are in both. */
  intersect(a: Candidates, b: Candidates): Candidates {
    if (this.#isAll(a)) return b
    if (this.#isAll(b)) return a
    if (a.kind === 'list') return list(passing(a.slots, membership(b)))
    if (b.kind === 'list') return list(passing(b.slots, membership(a)))
    if (a.kind === 'range' && b.kind === 'range') return range(Math.max(a.from, b.from), Math.min(a.to, b.to))
    const left = this.toBitmap(a)
    const right = this.toBitmap(b)
    left.and(right)
    this.#release(right)
    return this.fromBitmap(left)
  }

  /** The slots of the first that are not in the second. */
  difference(a: Candidates, b: Candidates): Candidates {
    if (b.count === 0) return a
    if (a.kind === 'list') {
      const isIn = membership(b)
      return list(passing(a.slots, slot => !isIn(slot)))
    }
    const left = this.toBitmap(a)
    if (b.kind === 'list') for (const slot of b.slots) left.delete(slot)
    else {
      const right = this.toBitmap(b)
      left.andNot(right)
      this.#release(right)
    }
    return this.fromBitmap(left)
  }

  /** The slots that are in any of them. */
  union(parts: readonly Candidates[]): Candidates {
    const some = parts.filter(part => part.count > 0)
    const [first] = some
    if (first === undefined) return NONE
    if (some.length === 1) return first
    const all = some.find(part => this.#isAll(part))
    if (all !== undefined) return all
    const lists = some.flatMap(part => (part.kind === 'list' ? [part] : []))
    const total = lists.reduce((sum, { count }) => sum + count, 0)
    if (lists.length === some.length && total <= this.#maxListLength) return list(mergeLists(lists, total))
    const largest = some.find(part => part.kind === 'bitmap') ?? first
    const bitmap = this.toBitmap(largest)
    for (const part of some) if (part !== largest) this.#addTo(bitmap, part)
    return this.fromBitmap(bitmap)
  }

  /** The slots that pass a test of each. */
  filter(candidates: Candidates, passes: (slot: number) => boolean): Candidates {
    if (candidates.kind === 'list') return list(passing(candidates.slots, passes))
    const bitmap = this.bitmap()
    forEachSlot(candidates, slot => {
      if (passes(slot)) bitmap.add(slot)
    })
    return this.fromBitmap(bitmap)
  }

  /** Uses them up for a bitmap of this workspace. */
  toBitmap(candidates: Candidates): Bitmap {
    if (candidates.kind === 'bitmap') return candidates.bitmap
    const bitmap = this.bitmap()
    this.#addTo(bitmap, candidates)
    return bitmap
  }

  /** How many slots of a posting list are among them. */
  countCommon(candidates: Candidates, slots: Slots): number {
    if (this.#isAll(candidates)) return countSlots(slots)
    if (candidates.kind === 'bitmap' && typeof slots !== 'number') return slots.countAnd(candidates.bitmap)
    const isIn = membership(candidates)
    return listSlots(slots).reduce((count, slot) => count + Number(isIn(slot)), 0)
  }

  #addTo(bitmap: Bitmap, candidates: Candidates): void {
    switch (candidates.kind) {
      case 'range':
        bitmap.addRange(candidates.from, candidates.to)
        return
      case 'list':
        for (const slot of candidates.slots) bitmap.add(slot)
        return
      case 'bitmap':
        bitmap.or(candidates.bitmap)
        this.#release(candidates.bitmap)
    }
  }

  #bitmapOf(lists: readonly Slots[]): Bitmap {
    const [first] = lists
    if (lists.length === 1 && typeof first === 'object') return this.#adopt(first.toBitmap(this.slotCount))
    const bitmap = this.bitmap()
    for (const slots of lists) orSlotsInto(slots, bitmap)
    return bitmap
  }

  #isAll(candidates: Candidates): boolean {
    return candidates.kind === 'range' && candidates.count === this.slotCount
  }

  get #maxListLength(): number {
    return Math.max(MIN_LIST_LENGTH, this.slotCount * LIST_SHARE)
  }

  #adopt(bitmap: Bitmap): Bitmap {
    this.#bitmaps.add(bitmap)
    return bitmap
  }

  #release(bitmap: Bitmap): void {
    if (this.#bitmaps.delete(bitmap)) bitmap.free()
  }
}

/** Those slots that pass. (The array's own `filter` took a twelfth of a poll, and an iteration over it as much.) */
function passing(slots: Uint32Array, passes: (slot: number) => boolean): Uint32Array {
  const kept = new Uint32Array(slots.length)
  let length = 0
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number
    if (passes(slot)) kept[length++] = slot
  }
  return kept.subarray(0, length)
}

function mergeLists(lists: readonly { readonly slots: Uint32Array }[], total: number): Uint32Array {
  const slots = new Uint32Array(total)
  let length = 0
  for (const { slots: some } of lists) {
    slots.set(some, length)
    length += some.length
  }
  slots.sort()
  let kept = 0
  for (const slot of slots) {
    if (kept === 0 || slots[kept - 1] !== slot) slots[kept++] = slot
  }
  return slots.slice(0, kept)
}
