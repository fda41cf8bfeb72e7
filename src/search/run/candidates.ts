// Candidates: the slots that may still match, as a range, a short list, or a bitmap. Each is in use. Few slots never take a bitmap over the
// whole fleet. A workspace has the set operations on candidates, and owns the bitmaps of one search.
import { Bitmap, type Direction } from '../../index/bitmap.ts'
import type { Kernels } from '../../index/kernels/kernels.ts'
import { countSlots, listSlots, orSlotsInto, type Slots } from '../../index/posting-list.ts'
import type { EntriesView } from '../../index/resource-index.ts'
import type { Work } from './turns.ts'

export type Candidates = ReadableCandidates | AllCandidates

/** All slots in use, if there are holes. Nearly every search begins with them and never reads them. */
interface AllCandidates {
  readonly kind: 'all'
  readonly count: number
}

type ReadableCandidates =
  /** The slots [from, to). */
  | { readonly kind: 'range'; readonly from: number; readonly to: number; readonly count: number }
  /** Ascending, each once. */
  | { readonly kind: 'list'; readonly slots: Uint32Array; readonly count: number }
  | { readonly kind: 'bitmap'; readonly bitmap: Bitmap; readonly count: number }

export const NONE: Candidates = { kind: 'list', slots: new Uint32Array(0), count: 0 }

/** The slots must ascend. */
export function list(slots: Uint32Array): Candidates {
  return { kind: 'list', slots, count: slots.length }
}

/** Returns a test of membership for slots in use. */
function membership(candidates: Candidates): (slot: number) => boolean {
  switch (candidates.kind) {
    case 'all':
      return () => true
    case 'range':
      return slot => slot >= candidates.from && slot < candidates.to
    case 'bitmap':
      return slot => candidates.bitmap.has(slot)
    case 'list':
      return slot => candidates.slots[lowerBound(candidates.slots, slot)] === slot
  }
}

/** The first position with a slot that is not below this one. */
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

/** A list takes 32 bits a slot, a bitmap one. Above this share of all slots a bitmap is smaller. */
const LIST_SHARE = 1 / 32
/** Up to this many slots are a list, whatever the size of the fleet. */
const MIN_LIST_LENGTH = 64

/** An operation consumes its candidates and returns new ones. All bitmaps are freed together at the end. */
export class Workspace {
  /** Number of slots, holes included. */
  readonly slotCount: number
  /** Number of slots in use. */
  readonly count: number
  readonly #view: EntriesView
  readonly #kernels: Kernels
  readonly #bitmaps = new Set<Bitmap>()
  /** Only counts have lists in linear memory. */
  #lists: { readonly at: number; readonly bytes: number }[] | undefined
  #livingThen: Bitmap | undefined

  constructor(kernels: Kernels, view: EntriesView) {
    this.slotCount = view.slotCount
    this.count = view.count
    this.#view = view
    this.#kernels = kernels
  }

  free(): void {
    for (const bitmap of this.#bitmaps) bitmap.free()
    this.#bitmaps.clear()
    for (const { at, bytes } of this.#lists ?? []) this.#kernels.memory.free(at, bytes)
    this.#lists = undefined
  }

  /** True if the candidates are all slots in use. */
  isAll({ kind, count }: Candidates): boolean {
    return kind === 'all' || (kind === 'range' && count === this.slotCount)
  }

  all(): Candidates {
    const { slotCount, count } = this
    return count < slotCount ? { kind: 'all', count } : denseRange(0, slotCount)
  }

  /** The slots in use in [from, to). */
  range(from: number, to: number): Candidates {
    if (this.count === this.slotCount || from >= to) return denseRange(from, to)
    if (from === 0 && to === this.slotCount) return this.all()
    const bitmap = this.bitmap()
    bitmap.addRange(from, to)
    bitmap.and(this.#living)
    return this.fromBitmap(bitmap)
  }

  /** An empty bitmap over all slots. */
  bitmap(): Bitmap {
    return this.#adopt(new Bitmap(this.#kernels, this.slotCount))
  }

  /** A bitmap of this workspace as candidates; a list if it has few slots. */
  fromBitmap(bitmap: Bitmap): Candidates {
    const count = bitmap.count()
    if (count > this.#maxListLength) return { kind: 'bitmap', bitmap, count }
    const slots = bitmap.slots(0, count, 'ascending')
    this.#release(bitmap)
    return { kind: 'list', slots, count }
  }

  /** Ascending slots, copied: they may be a part of a larger array. */
  fromList(slots: Uint32Array): Candidates {
    if (slots.length <= this.#maxListLength) return list(slots.slice())
    const bitmap = this.bitmap()
    for (const slot of slots) bitmap.add(slot)
    return { kind: 'bitmap', bitmap, count: slots.length }
  }

  /** All slots of disjoint posting lists. */
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
    if (this.isAll(a)) return b
    if (this.isAll(b)) return a
    if (a.kind === 'list') return list(passing(a.slots, membership(b)))
    if (b.kind === 'list') return list(passing(b.slots, membership(a)))
    if (a.kind === 'range' && b.kind === 'range')
      return denseRange(Math.max(a.from, b.from), Math.min(a.to, b.to))
    const left = this.toBitmap(a)
    const right = this.toBitmap(b)
    left.and(right)
    this.#release(right)
    return this.fromBitmap(left)
  }

  /** The slots of `a` that are not in `b`. */
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
    const all = some.find(part => this.isAll(part))
    if (all !== undefined) return all
    const lists = some.flatMap(part => (part.kind === 'list' ? [part] : []))
    const total = lists.reduce((sum, { count }) => sum + count, 0)
    if (lists.length === some.length && total <= this.#maxListLength) return list(mergeLists(lists, total))
    const largest = some.find(part => part.kind === 'bitmap') ?? first
    const bitmap = this.toBitmap(largest)
    for (const part of some) if (part !== largest) this.#addTo(bitmap, part)
    return this.fromBitmap(bitmap)
  }

  /** The slots that pass a test. */
  filter(candidates: Candidates, passes: (slot: number) => boolean): Candidates {
    if (candidates.kind === 'list') return list(passing(candidates.slots, passes))
    const bitmap = this.bitmap()
    forEachSlot(this.#readable(candidates), slot => {
      if (passes(slot)) bitmap.add(slot)
    })
    return this.fromBitmap(bitmap)
  }

  /** All slots, ascending. */
  slotsOf(candidates: Candidates): Uint32Array {
    const slots = new Uint32Array(candidates.count)
    let length = 0
    forEachSlot(this.#readable(candidates), slot => {
      slots[length++] = slot
    })
    return slots
  }

  /** All slots, ascending, read over several turns of the event loop if they are many. There may be writes in between. */
  *gather(candidates: Candidates): Work<Uint32Array> {
    const slots = new Uint32Array(candidates.count)
    let length = 0
    for (const chunk of this.chunksOf(candidates)) {
      slots.set(chunk, length)
      length += chunk.length
      if (length < slots.length) yield
    }
    return slots
  }

  /** The slots in chunks, ascending. There may be writes between two chunks. */
  *chunksOf(candidates: Candidates): Generator<Uint32Array, undefined> {
    const readable = candidates.kind === 'all' ? bitmapOf(candidates, this.#livingAtAnyTime) : candidates
    switch (readable.kind) {
      case 'range':
        for (let from = readable.from; from < readable.to; from += CHUNK_SLOTS)
          yield rangeOf(from, Math.min(from + CHUNK_SLOTS, readable.to))
        return
      case 'list':
        for (let from = 0; from < readable.slots.length; from += CHUNK_SLOTS)
          yield readable.slots.subarray(from, from + CHUNK_SLOTS)
        return
      case 'bitmap':
        for (let from = 0; ; ) {
          const slots = readable.bitmap.slots(from, CHUNK_SLOTS, 'ascending')
          yield slots
          if (slots.length < CHUNK_SLOTS) return
          from = (slots.at(-1) ?? 0) + 1
        }
    }
  }

  /** The slots at positions [offset, offset + limit) in a direction. */
  page(candidates: Candidates, offset: number, limit: number, direction: Direction): number[] {
    const length = Math.max(0, Math.min(limit, candidates.count - offset))
    return length === 0 ? [] : pageOf(this.#readable(candidates), offset, length, direction)
  }

  /** Turns candidates into a bitmap of this workspace. */
  toBitmap(candidates: Candidates): Bitmap {
    if (candidates.kind === 'bitmap') return candidates.bitmap
    const bitmap = this.bitmap()
    this.#addTo(bitmap, candidates)
    return bitmap
  }

  /** The slots of a few candidates as a list in linear memory, which the workspace frees. */
  listInMemory(candidates: Candidates): number {
    const { memory } = this.#kernels
    const bytes = candidates.count * 4
    const at = memory.allocate(bytes)
    this.#lists ??= []
    this.#lists.push({ at, bytes })
    memory.u32.set(this.slotsOf(candidates), at >>> 2)
    return at
  }

  /** Counts the slots of a posting list among the candidates. */
  countCommon(candidates: Candidates, slots: Slots): number {
    if (this.isAll(candidates)) return countSlots(slots)
    if (candidates.kind === 'bitmap' && typeof slots !== 'number') return slots.countAnd(candidates.bitmap)
    const isIn = membership(candidates)
    return listSlots(slots).reduce((count, slot) => count + Number(isIn(slot)), 0)
  }

  #addTo(bitmap: Bitmap, candidates: Candidates): void {
    switch (candidates.kind) {
      case 'all':
        bitmap.addRange(0, this.slotCount)
        bitmap.and(this.#living)
        return
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

  /** The slots in use at the view's moment. The caller must not change it, and must read it before the next yield. */
  get #living(): Bitmap {
    return this.#view.isCurrent ? this.#view.living : this.#livingAtAnyTime
  }

  /** The same, but no write changes it. */
  get #livingAtAnyTime(): Bitmap {
    this.#livingThen ??= this.#adopt(this.#view.livingThen())
    return this.#livingThen
  }

  #readable(candidates: Candidates): ReadableCandidates {
    return candidates.kind === 'all' ? bitmapOf(candidates, this.#living) : candidates
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

/** The slots at positions [offset, offset + length), all of which exist. */
function pageOf(
  candidates: ReadableCandidates,
  offset: number,
  length: number,
  direction: Direction,
): number[] {
  if (candidates.kind === 'bitmap') return [...candidates.bitmap.page(offset, length, direction)]
  const step = direction === 'ascending' ? 1 : -1
  const first = direction === 'ascending' ? offset : candidates.count - 1 - offset
  const slots = new Array<number>(length)
  for (let i = 0; i < length; i++) {
    const place = first + step * i
    slots[i] = candidates.kind === 'range' ? candidates.from + place : (candidates.slots[place] ?? 0)
  }
  return slots
}

/** Slots read from a bitmap at once. */
const CHUNK_SLOTS = 4096

/** Calls back for each slot, ascending. */
function forEachSlot(candidates: ReadableCandidates, visit: (slot: number) => void): void {
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

function bitmapOf({ count }: AllCandidates, living: Bitmap): ReadableCandidates {
  return { kind: 'bitmap', bitmap: living, count }
}

/** The slots [from, to) as an array. */
function rangeOf(from: number, to: number): Uint32Array {
  const slots = new Uint32Array(to - from)
  for (let i = 0; i < slots.length; i++) slots[i] = from + i
  return slots
}

function denseRange(from: number, to: number): Candidates {
  return from < to ? { kind: 'range', from, to, count: to - from } : NONE
}

/** The slots that pass. (`Uint32Array.filter` took a twelfth of a poll, and a loop with `of` as much.) */
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
