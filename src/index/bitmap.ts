// A set of slots as one bit per slot, in linear memory.
import type { Kernels } from './kernels/kernels.ts'

export type Direction = 'ascending' | 'descending'

/** Growth factor. Spare room for a quarter more slots keeps copies rare while a bitmap grows slot by slot. */
const GROWTH = 1.25

/** Number of 32-bit words that cover `length` slots. */
function wordsFor(length: number): number {
  return (length + 31) >>> 5
}

/**
 * Covers the slots [0, length). `add` and `or` extend it; slots above `length` are not in it.
 * Its owner must free it: linear memory is not garbage-collected.
 */
export class Bitmap {
  readonly kernels: Kernels
  #length: number
  #at: number
  /** Size of its region. Unused words are 0. */
  #bytes: number

  constructor(kernels: Kernels, length = 0) {
    this.kernels = kernels
    this.#length = length
    this.#bytes = kernels.memory.roomFor(wordsFor(length) * 4)
    this.#at = kernels.memory.allocate(this.#bytes)
    kernels.clear(this.#at, this.#bytes >>> 2)
  }

  get length(): number {
    return this.#length
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#bytes
  }
  /** Offset of its words for kernels, valid until it grows or is freed. */
  get offset(): number {
    return this.#at
  }
  /** Number of words. */
  get words(): number {
    return wordsFor(this.#length)
  }

  /** Makes it cover at least [0, length). */
  grow(length: number): void {
    if (length <= this.#length) return
    if (wordsFor(length) * 4 > this.#bytes) this.#enlarge(wordsFor(length) * 4)
    this.#length = length
  }

  has(slot: number): boolean {
    if (slot >= this.#length) return false
    return (((this.kernels.memory.u32[(this.#at >>> 2) + (slot >>> 5)] ?? 0) >>> (slot & 31)) & 1) === 1
  }

  /** Returns whether the slot was new. */
  add(slot: number): boolean {
    if (slot >= this.#length) this.grow(slot + 1)
    const { u32 } = this.kernels.memory
    const word = (this.#at >>> 2) + (slot >>> 5)
    const before = u32[word] ?? 0
    u32[word] = before | (1 << (slot & 31))
    return ((before >>> (slot & 31)) & 1) === 0
  }

  /** Returns whether the slot was present. */
  delete(slot: number): boolean {
    if (slot >= this.#length) return false
    const { u32 } = this.kernels.memory
    const word = (this.#at >>> 2) + (slot >>> 5)
    const before = u32[word] ?? 0
    u32[word] = before & ~(1 << (slot & 31))
    return ((before >>> (slot & 31)) & 1) === 1
  }

  /** Adds the slots [from, to). */
  addRange(from: number, to: number): void {
    if (from >= to) return
    this.grow(to)
    const { u32 } = this.kernels.memory
    const first = (this.#at >>> 2) + (from >>> 5)
    const last = (this.#at >>> 2) + ((to - 1) >>> 5)
    const head = -1 << (from & 31)
    const tail = -1 >>> (31 - ((to - 1) & 31))
    if (first === last) {
      u32[first] = (u32[first] ?? 0) | (head & tail)
      return
    }
    u32[first] = (u32[first] ?? 0) | head
    u32.fill(0xffffffff, first + 1, last)
    u32[last] = (u32[last] ?? 0) | tail
  }

  clear(): void {
    this.#zero(0, this.words)
  }

  /** Counts the slots, which takes a pass over the words. */
  count(): number {
    return this.kernels.count(this.#at, this.words)
  }

  /** Counts the slots in both. */
  countAnd(other: Bitmap): number {
    return this.kernels.countAnd(this.#at, other.#at, Math.min(this.words, other.words))
  }

  copy(): Bitmap {
    const copy = new Bitmap(this.kernels, this.#length)
    this.kernels.memory.u8.copyWithin(copy.#at, this.#at, this.#at + this.words * 4)
    return copy
  }

  /** Removes the slots that are not in the other bitmap. */
  and(other: Bitmap): void {
    const common = Math.min(this.words, other.words)
    this.kernels.and(this.#at, other.#at, common)
    this.#zero(common, this.words)
  }

  or(other: Bitmap): void {
    this.grow(other.#length)
    this.kernels.or(this.#at, other.#at, other.words)
  }

  /** Removes the slots that are in the other bitmap. */
  andNot(other: Bitmap): void {
    this.kernels.andNot(this.#at, other.#at, Math.min(this.words, other.words))
  }

  /** Takes the complement within [0, length), by default the bitmap's own length. Truncates a longer bitmap. */
  not(length = this.#length): void {
    this.grow(length)
    this.#zero(wordsFor(length), this.words)
    this.kernels.not(this.#at, length)
    this.#length = length
  }

  /** The smallest slot from `from` on, or -1. */
  next(from: number): number {
    if (from >= this.#length) return -1
    const { u32 } = this.kernels.memory
    const first = this.#at >>> 2
    let bits = (u32[first + (from >>> 5)] ?? 0) & (-1 << (from & 31))
    for (let word = from >>> 5; ; bits = u32[first + word] ?? 0) {
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits)
      if (++word >= this.words) return -1
    }
  }

  /** Up to `limit` slots, starting at `from`, in this direction. */
  slots(from: number, limit: number, direction: Direction): Uint32Array {
    const { kernels } = this
    const room = Math.min(limit, this.#length)
    const bytes = Math.max(room, 1) * 4
    const out = kernels.memory.allocate(bytes)
    const first = direction === 'ascending' ? kernels.firstAscending : kernels.firstDescending
    const found = first(this.#at, this.words, from, room, out)
    const slots = kernels.memory.u32.slice(out >>> 2, (out >>> 2) + found)
    kernels.memory.free(out, bytes)
    return slots
  }

  /** The slots at positions [offset, offset + limit) of the set in this direction. */
  page(offset: number, limit: number, direction: Direction): Uint32Array {
    const rank = direction === 'ascending' ? offset : this.count() - 1 - offset
    const from = rank < 0 ? -1 : this.kernels.select(this.#at, this.words, rank)
    return from === -1 ? new Uint32Array(0) : this.slots(from, limit, direction)
  }

  free(): void {
    this.kernels.memory.free(this.#at, this.#bytes)
    this.#length = 0
  }

  #enlarge(bytes: number): void {
    const { memory } = this.kernels
    const enlarged = memory.roomFor(Math.max(bytes, Math.floor(this.#bytes * GROWTH)))
    const at = memory.allocate(enlarged)
    memory.u8.copyWithin(at, this.#at, this.#at + this.#bytes)
    this.kernels.clear(at + this.#bytes, (enlarged - this.#bytes) >>> 2)
    memory.free(this.#at, this.#bytes)
    this.#at = at
    this.#bytes = enlarged
  }

  #zero(fromWord: number, toWord: number): void {
    if (fromWord < toWord) this.kernels.clear(this.#at + fromWord * 4, toWord - fromWord)
  }
}
