// The slots that have one value: a sorted list while they are few, a bitmap once they are more than about 1 % of the slots up
// to the highest, and back. A column takes its form by the same rule. A posting list is one region of linear memory, its numbers included: an
// index has a million of them, which are nothing to the collector. The object only points to the region.
import { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import type { LinearMemory } from './memory.ts'

/** A region begins with three words, then come the slots or the words of the bitmap, where kernels can read them. */
const HEADER_BYTES = 16
/** The bytes of the region, which are a multiple of 16, and in the lowest bit 1 for a bitmap. */
const ROOM = 0
const SIZE = 1
/** Above every slot that was ever in it, so that the density does not swing as the highest slot comes and goes. A bitmap covers it. */
const SPAN = 2
const SLOTS = HEADER_BYTES / 4

/** Growth factor of a bitmap. Spare room for a quarter more slots keeps copies rare while it grows slot by slot. */
const BITMAP_GROWTH = 1.25

/** True if the list whose header is at a word is a bitmap. */
function isDense(u32: Uint32Array, header: number): boolean {
  return ((u32[header + ROOM] as number) & 1) === 1
}

function hasBit(u32: Uint32Array, header: number, slot: number): boolean {
  if (slot >= (u32[header + SPAN] as number)) return false
  return (((u32[header + SLOTS + (slot >>> 5)] as number) >>> (slot & 31)) & 1) === 1
}

/** True if a sparse list has the slot at the position that `positionIn` returned. */
function holds(u32: Uint32Array, header: number, slot: number, position: number): boolean {
  return position < (u32[header + SIZE] as number) && u32[header + SLOTS + position] === slot
}

function bitmapBytes(span: number): number {
  return ((span + 31) >>> 5) * 4
}

/** A follower of a list: it sees each change. */
export interface ListFollower {
  /** @param change 1 for a slot that was added, -1 for one that was deleted */
  note(slot: number, change: 1 | -1): void
}

/** Appending a slot takes a few nanoseconds. An insertion into a sparse list moves the slots after it. */
export class PostingList {
  readonly kernels: Kernels
  /** The region; 0 without slots. */
  #at: number
  /** Undefined without followers, as nearly always. */
  #followers: readonly ListFollower[] | undefined

  /** @param at the region of a list, by default an empty one; a change of the list may move it */
  constructor(kernels: Kernels, at = 0) {
    this.kernels = kernels
    this.#at = at
  }

  /** The region, which another object of this class can continue with; 0 for an empty list. */
  get at(): number {
    return this.#at
  }
  get size(): number {
    return this.#at === 0 ? 0 : this.#read(SIZE)
  }
  get form(): 'sparse' | 'dense' {
    return this.#at !== 0 && isDense(this.kernels.memory.u32, this.#at >>> 2) ? 'dense' : 'sparse'
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#at === 0 ? 0 : this.#room
  }

  has(slot: number): boolean {
    if (this.#at === 0) return false
    const { u32 } = this.kernels.memory
    const header = this.#at >>> 2
    if (isDense(u32, header)) return hasBit(u32, header, slot)
    const position = positionIn(u32, header + SLOTS, u32[header + SIZE] as number, slot)
    return holds(u32, header, slot, position)
  }

  /** Returns whether the slot was new. */
  add(slot: number): boolean {
    const isNew = this.#insert(slot)
    if (isNew && this.#followers !== undefined) for (const each of this.#followers) each.note(slot, 1)
    return isNew
  }

  /** Returns whether the slot was present. */
  delete(slot: number): boolean {
    if (this.#at === 0) return false
    const wasPresent = this.form === 'dense' ? this.#deleteDense(slot) : this.#deleteSparse(slot)
    if (wasPresent && this.#followers !== undefined) for (const each of this.#followers) each.note(slot, -1)
    return wasPresent
  }

  /** Notes each later change to the follower, until `unfollow`. */
  follow(follower: ListFollower): void {
    this.#followers = [...(this.#followers ?? []), follower]
  }

  unfollow(follower: ListFollower): void {
    const left = this.#followers?.filter(each => each !== follower)
    this.#followers = left?.length === 0 ? undefined : left
  }

  /** bitmap |= this. The bitmap grows as needed. */
  orInto(bitmap: Bitmap): void {
    if (this.#at === 0) return
    const size = this.#read(SIZE)
    if (this.form === 'dense') {
      bitmap.grow(this.#read(SPAN))
      this.kernels.or(bitmap.offset, this.#at + HEADER_BYTES, this.words)
    } else {
      bitmap.grow(this.#read(SLOTS + size - 1) + 1)
      this.kernels.orList(bitmap.offset, this.#at + HEADER_BYTES, size)
    }
  }

  /** Returns a new bitmap of these slots, covering at least [0, length). */
  toBitmap(length = 0): Bitmap {
    const bitmap = new Bitmap(this.kernels, Math.max(length, this.form === 'dense' ? this.#read(SPAN) : 0))
    this.orInto(bitmap)
    return bitmap
  }

  /** Counts the slots that are also in the bitmap. */
  countAnd(bitmap: Bitmap): number {
    if (this.#at === 0) return 0
    const list = this.#at + HEADER_BYTES
    if (this.form === 'sparse')
      return this.kernels.countList(list, this.#read(SIZE), bitmap.offset, bitmap.words)
    return this.kernels.countAnd(list, bitmap.offset, Math.min(this.words, bitmap.words))
  }

  /**
   * Counts the slots that are also in an ascending list of `length` slots. Only for a dense list.
   * @param list offset in linear memory
   */
  countList(list: number, length: number): number {
    return this.kernels.countList(list, length, this.#at + HEADER_BYTES, this.words)
  }

  /** Every slot, ascending. */
  slots(): Uint32Array {
    if (this.#at === 0) return new Uint32Array(0)
    const { memory } = this.kernels
    const size = this.#read(SIZE)
    const first = (this.#at + HEADER_BYTES) >>> 2
    if (this.form === 'sparse') return memory.u32.slice(first, first + size)
    const out = memory.allocate(size * 4)
    this.kernels.firstAscending(this.#at + HEADER_BYTES, this.words, 0, size, out)
    const slots = memory.u32.slice(out >>> 2, (out >>> 2) + size)
    memory.free(out, size * 4)
    return slots
  }

  /** Frees its memory. The list is empty afterwards and can be filled again. */
  free(): void {
    if (this.#at === 0) return
    this.kernels.memory.free(this.#at, this.#room)
    this.#at = 0
  }

  /** Offset of the words of a dense list, valid until it changes. */
  get bits(): number {
    return this.#at + HEADER_BYTES
  }
  /** Number of words of a dense list. */
  get words(): number {
    return (this.#read(SPAN) + 31) >>> 5
  }

  get #room(): number {
    return this.#read(ROOM) & ~1
  }
  #read(word: number): number {
    return this.kernels.memory.u32[(this.#at >>> 2) + word] as number
  }

  #write(word: number, value: number): void {
    this.kernels.memory.u32[(this.#at >>> 2) + word] = value
  }

  #insert(slot: number): boolean {
    if (this.#at === 0) this.#begin()
    const span = Math.max(this.#read(SPAN), slot + 1)
    // One distant slot does not extend a bitmap.
    if (this.form === 'dense' && becomesSparse(this.#read(SIZE) + 1, span)) this.#toSparse()
    if (this.form === 'dense') return this.#addDense(slot, span)
    this.#write(SPAN, span)
    return this.#addSparse(slot)
  }

  #begin(): void {
    const { memory } = this.kernels
    const room = memory.roomFor(HEADER_BYTES + 4)
    this.#at = memory.allocate(room)
    this.#write(ROOM, room)
    this.#write(SIZE, 0)
    this.#write(SPAN, 0)
  }

  #addDense(slot: number, span: number): boolean {
    const bytes = bitmapBytes(span)
    const present = this.#room - HEADER_BYTES
    if (bytes > present) {
      this.#resize(Math.max(bytes, Math.floor(present * BITMAP_GROWTH)), 1)
      this.kernels.clear(this.#at + HEADER_BYTES + present, (this.#room - HEADER_BYTES - present) >>> 2)
    }
    this.#write(SPAN, span)
    const word = SLOTS + (slot >>> 5)
    const before = this.#read(word)
    if ((before >>> (slot & 31)) & 1) return false
    this.#write(word, before | (1 << (slot & 31)))
    this.#write(SIZE, this.#read(SIZE) + 1)
    return true
  }

  #addSparse(slot: number): boolean {
    const { memory } = this.kernels
    const size = this.#read(SIZE)
    const position = positionIn(memory.u32, (this.#at >>> 2) + SLOTS, size, slot)
    if (holds(memory.u32, this.#at >>> 2, slot, position)) return false
    if (HEADER_BYTES + size * 4 === this.#room) this.#resize(grownListBytes(size), 0)
    const { u32 } = memory
    const first = (this.#at >>> 2) + SLOTS
    if (position < size) u32.copyWithin(first + position + 1, first + position, first + size)
    u32[first + position] = slot
    this.#write(SIZE, size + 1)
    if (becomesDense(size + 1, this.#read(SPAN))) this.#toDense()
    return true
  }

  #deleteDense(slot: number): boolean {
    if (!this.has(slot)) return false
    const word = SLOTS + (slot >>> 5)
    this.#write(word, this.#read(word) & ~(1 << (slot & 31)))
    const size = this.#read(SIZE) - 1
    this.#write(SIZE, size)
    if (becomesSparse(size, this.#read(SPAN))) this.#toSparse()
    return true
  }

  #deleteSparse(slot: number): boolean {
    const { u32 } = this.kernels.memory
    const first = (this.#at >>> 2) + SLOTS
    const position = positionIn(u32, first, this.#read(SIZE), slot)
    if (!holds(u32, this.#at >>> 2, slot, position)) return false
    const size = this.#read(SIZE) - 1
    u32.copyWithin(first + position, first + position + 1, first + size + 1)
    this.#write(SIZE, size)
    if (size === 0) this.free()
    else if ((HEADER_BYTES + size * 4) * SHRINK < this.#room) this.#resize(size * 4, 0)
    return true
  }

  #toDense(): void {
    const list = this.#at
    const room = this.#room
    const size = this.#read(SIZE)
    const bytes = bitmapBytes(this.#read(SPAN))
    this.#move(bytes, 1)
    this.kernels.clear(this.#at + HEADER_BYTES, (this.#room - HEADER_BYTES) >>> 2)
    this.kernels.orList(this.#at + HEADER_BYTES, list + HEADER_BYTES, size)
    this.kernels.memory.free(list, room)
  }

  #toSparse(): void {
    const bitmap = this.#at
    const room = this.#room
    const size = this.#read(SIZE)
    const words = this.words
    this.#move(size * 4, 0)
    this.kernels.firstAscending(bitmap + HEADER_BYTES, words, 0, size, this.#at + HEADER_BYTES)
    this.kernels.memory.free(bitmap, room)
  }

  /** Takes another region for this many bytes after the header. The caller frees the present one. */
  #move(bytes: number, dense: 0 | 1): void {
    const { memory } = this.kernels
    const room = memory.roomFor(HEADER_BYTES + bytes)
    const at = memory.allocate(room)
    memory.u8.copyWithin(at, this.#at, this.#at + HEADER_BYTES)
    this.#at = at
    this.#write(ROOM, room | dense)
  }

  #resize(bytes: number, dense: 0 | 1): void {
    const { memory } = this.kernels
    const before = this.#at
    const room = this.#room
    if (memory.roomFor(HEADER_BYTES + bytes) === room) return
    this.#move(bytes, dense)
    memory.u8.copyWithin(this.#at + HEADER_BYTES, before + HEADER_BYTES, before + Math.min(room, this.#room))
    memory.free(before, room)
  }
}

/** The slots of one value, valid until the next write. A single slot is its number: otherwise every name would cost a posting list. */
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

/** Bytes for a list that is full with `size` slots, before the next is added. */
function grownListBytes(size: number): number {
  return Math.max(16, Math.ceil(size * GROWTH) * 4 + 4)
}

/** The number of slots of an ascending list that are below a slot. The list begins at a word, and most slots are added at the end. */
function positionIn(u32: Uint32Array, first: number, size: number, slot: number): number {
  let low = 0
  let high = size
  if (high > 0 && (u32[first + high - 1] ?? 0) < slot) return high
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((u32[first + middle] ?? 0) < slot) low = middle + 1
    else high = middle
  }
  return low
}

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
    return positionIn(this.memory.u32, this.#at >>> 2, this.#size, slot)
  }

  /** True if the slot is at the position that `positionOf` returned. */
  holds(slot: number, position: number): boolean {
    return position < this.#size && this.at(position) === slot
  }

  insert(slot: number, position: number): void {
    if (this.#size * 4 === this.#bytes) this.#resize(grownListBytes(this.#size))
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
