// The slots that have one value: a sorted list while they are few, a bitmap once they are more than about 1 % of the slots up
// to the highest, and back. A column takes its form by the same rule.
import { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import type { LinearMemory } from './memory.ts'

/** Appending a slot takes a few nanoseconds. An insertion into a sparse list moves the slots after it. */
export class PostingList {
  readonly kernels: Kernels
  #list: SlotList | undefined
  #bitmap: Bitmap | undefined
  /** Size of the bitmap; a list counts its own slots. */
  #size = 0
  /** Above every slot that was ever in it, so that the density does not swing as the highest slot comes and goes. */
  #span = 0

  constructor(kernels: Kernels) {
    this.kernels = kernels
    this.#list = new SlotList(kernels.memory)
  }

  get size(): number {
    return this.#list?.size ?? this.#size
  }
  get form(): 'sparse' | 'dense' {
    return this.#list === undefined ? 'dense' : 'sparse'
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return (this.#list?.bytes ?? 0) + (this.#bitmap?.bytes ?? 0)
  }

  has(slot: number): boolean {
    if (this.#bitmap !== undefined) return this.#bitmap.has(slot)
    return this.#list?.holds(slot, this.#list.positionOf(slot)) ?? false
  }

  /** Returns whether the slot was new. */
  add(slot: number): boolean {
    const span = Math.max(this.#span, slot + 1)
    // One distant slot does not extend a bitmap.
    if (this.#bitmap !== undefined && becomesSparse(this.#size + 1, span)) this.#toSparse(this.#bitmap)
    this.#span = span
    if (this.#bitmap !== undefined) return this.#addDense(this.#bitmap, slot)
    return this.#list !== undefined && this.#addSparse(this.#list, slot)
  }

  /** Returns whether the slot was present. */
  delete(slot: number): boolean {
    if (this.#bitmap !== undefined) return this.#deleteDense(this.#bitmap, slot)
    return this.#list !== undefined && this.#deleteSparse(this.#list, slot)
  }

  /** bitmap |= this. The bitmap grows as needed. */
  orInto(bitmap: Bitmap): void {
    if (this.#bitmap !== undefined) bitmap.or(this.#bitmap)
    const list = this.#list
    if (list === undefined || list.size === 0) return
    bitmap.grow(list.at(list.size - 1) + 1)
    this.kernels.orList(bitmap.offset, list.offset, list.size)
  }

  /** Returns a new bitmap of these slots, covering at least [0, length). */
  toBitmap(length = 0): Bitmap {
    const bitmap = new Bitmap(this.kernels, Math.max(length, this.#bitmap?.length ?? 0))
    this.orInto(bitmap)
    return bitmap
  }

  /** Counts the slots that are also in the bitmap. */
  countAnd(bitmap: Bitmap): number {
    if (this.#bitmap !== undefined) return this.#bitmap.countAnd(bitmap)
    if (this.#list === undefined) return 0
    const { memory } = this.kernels
    const bytes = Math.max(this.#list.size, 1) * 4
    const common = memory.allocate(bytes)
    const found = this.#andList(this.#list, bitmap, common)
    memory.free(common, bytes)
    return found
  }

  /** Every slot, ascending. */
  slots(): Uint32Array {
    return this.#bitmap?.slots(0, this.#size, 'ascending') ?? this.#list?.slots() ?? new Uint32Array(0)
  }

  /** Frees its memory. The list is empty afterwards and can be filled again. */
  free(): void {
    this.#bitmap?.free()
    this.#bitmap = undefined
    this.#list?.free()
    this.#list ??= new SlotList(this.kernels.memory)
    this.#size = 0
    this.#span = 0
  }

  #andList(list: SlotList, bitmap: Bitmap, out: number): number {
    return this.kernels.andList(list.offset, list.size, bitmap.offset, bitmap.words, out)
  }

  #addDense(bitmap: Bitmap, slot: number): boolean {
    const added = bitmap.add(slot)
    if (added) this.#size++
    return added
  }

  #addSparse(list: SlotList, slot: number): boolean {
    const position = list.positionOf(slot)
    if (list.holds(slot, position)) return false
    list.insert(slot, position)
    if (becomesDense(list.size, this.#span)) this.#toDense(list)
    return true
  }

  #deleteDense(bitmap: Bitmap, slot: number): boolean {
    if (!bitmap.delete(slot)) return false
    this.#size--
    if (becomesSparse(this.#size, this.#span)) this.#toSparse(bitmap)
    return true
  }

  #deleteSparse(list: SlotList, slot: number): boolean {
    const position = list.positionOf(slot)
    if (!list.holds(slot, position)) return false
    list.remove(position)
    return true
  }

  #toDense(list: SlotList): void {
    const bitmap = new Bitmap(this.kernels, this.#span)
    this.kernels.orList(bitmap.offset, list.offset, list.size)
    this.#size = list.size
    this.#bitmap = bitmap
    this.#list = undefined
    list.free()
  }

  #toSparse(bitmap: Bitmap): void {
    const list = new SlotList(this.kernels.memory)
    const size = this.#size
    list.replace(size, at => this.kernels.firstAscending(bitmap.offset, bitmap.words, 0, size, at))
    this.#list = list
    this.#bitmap = undefined
    bitmap.free()
  }
}

/**
 * The slots of one value. A single slot is stored as its number: otherwise every name would cost a posting list.
 */
export type Slots = number | PostingList

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

/** Growth factor of a full list; the size classes round it up. */
const GROWTH = 1.125
/** A list that uses less than a third of its region shrinks. */
const SHRINK = 3

/** Slots in linear memory, each once, ascending. */
export class SlotList {
  readonly memory: LinearMemory
  #at = 0
  #bytes = 0
  #size = 0

  constructor(memory: LinearMemory) {
    this.memory = memory
  }

  get size(): number {
    return this.#size
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#bytes
  }
  /** Offset of the slots for kernels, valid until one is added or removed. */
  get offset(): number {
    return this.#at
  }

  at(position: number): number {
    return this.memory.u32[(this.#at >>> 2) + position] ?? 0
  }

  /** The position of a slot, or where to insert it: the number of smaller slots. */
  positionOf(slot: number): number {
    const { u32 } = this.memory
    const first = this.#at >>> 2
    let low = 0
    let high = this.#size
    if (high > 0 && (u32[first + high - 1] ?? 0) < slot) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((u32[first + middle] ?? 0) < slot) low = middle + 1
      else high = middle
    }
    return low
  }

  /** True if the slot is at the position that `positionOf` returned. */
  holds(slot: number, position: number): boolean {
    return position < this.#size && this.at(position) === slot
  }

  insert(slot: number, position: number): void {
    if (this.#size * 4 === this.#bytes) this.#resize(Math.max(16, Math.ceil(this.#size * GROWTH) * 4 + 4))
    const { u32 } = this.memory
    const at = (this.#at >>> 2) + position
    if (position < this.#size) u32.copyWithin(at + 1, at, (this.#at >>> 2) + this.#size)
    u32[at] = slot
    this.#size++
  }

  remove(position: number): void {
    const { u32 } = this.memory
    const at = (this.#at >>> 2) + position
    u32.copyWithin(at, at + 1, (this.#at >>> 2) + this.#size)
    this.#size--
    if (this.#size * 4 * SHRINK < this.#bytes && this.#bytes > 16) this.#resize(this.#size * 4)
  }

  /** Replaces all slots. `fill` writes up to `size` of them at the offset that it is given, and returns how many it wrote. */
  replace(size: number, fill: (at: number) => number): void {
    this.#resize(size * 4)
    this.#size = fill(this.#at)
  }

  slots(): Uint32Array {
    return this.memory.u32.slice(this.#at >>> 2, (this.#at >>> 2) + this.#size)
  }

  free(): void {
    this.#resize(0)
    this.#size = 0
  }

  #resize(bytes: number): void {
    const { memory } = this
    const room = bytes === 0 ? 0 : memory.roomFor(bytes)
    if (room === this.#bytes) return
    const at = room === 0 ? 0 : memory.allocate(room)
    memory.u8.copyWithin(at, this.#at, this.#at + Math.min(this.#size * 4, room))
    if (this.#bytes > 0) memory.free(this.#at, this.#bytes)
    this.#at = at
    this.#bytes = room
  }
}

/** A set is dense from one slot in 64 on. */
const DENSE = 64
/** A set is sparse below one slot in 128. Between the two it keeps its form. */
const SPARSE = 128
/** Up to this size a list is as good as a bitmap. */
const SMALLEST = 64

/** True if a list of `size` slots below `span` should become dense. */
export function becomesDense(size: number, span: number): boolean {
  return size > SMALLEST && size * DENSE > span
}

/** True if a dense set of `size` slots below `span` should become a list. */
export function becomesSparse(size: number, span: number): boolean {
  return size < SMALLEST / 2 || size * SPARSE < span
}
