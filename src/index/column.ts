// A column: at most one value per slot, searched by range; times and generations. It is a sorted list while few slots have a
// value. From about 1 % on it is blocks with their minima and maxima (a zone map), and a scan skips the blocks that match
// entirely or not at all.
import { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import { becomesDense, becomesSparse, SlotList } from './posting-list.ts'
import { INTEGERS_32, INTEGERS_64, type Interval, intervalOf, type RangeTest } from './range.ts'
import { type Histogram, type Lane, ValueBlocks } from './value-blocks.ts'

/** A follower of a column: it sees each change before it is made. */
export interface ColumnFollower<V> {
  note(slot: number, before: V | undefined, after: V | undefined): void
}

/** V is bigint for 64 bits, number for 32. A test may name a value outside the range of the type. */
export class Column<V extends bigint | number> {
  readonly kernels: Kernels
  readonly #lane: Lane<V>
  #list: ValueList<V> | undefined
  #blocks: ValueBlocks<V> | undefined
  /** Above every slot that ever had a value. */
  #span = 0
  /** Undefined without followers, as nearly always. */
  #followers: readonly ColumnFollower<V>[] | undefined

  constructor(kernels: Kernels, lane: Lane<V>) {
    this.kernels = kernels
    this.#lane = lane
    this.#list = new ValueList(kernels, lane)
  }

  /** Number of slots with a value. */
  get size(): number {
    return this.#list?.size ?? this.#blocks?.size ?? 0
  }
  get form(): 'sparse' | 'dense' {
    return this.#list === undefined ? 'dense' : 'sparse'
  }
  /** Bytes of linear memory and of the zone map. */
  get bytes(): number {
    return this.#list?.bytes ?? this.#blocks?.bytes ?? 0
  }

  has(slot: number): boolean {
    return this.#offsetOf(slot) !== undefined
  }

  get(slot: number): V | undefined {
    const at = this.#offsetOf(slot)
    return at === undefined ? undefined : this.#lane.read(at)
  }

  set(slot: number, value: V): void {
    if (this.#followers !== undefined) this.#tell(this.#followers, slot, value)
    const span = Math.max(this.#span, slot + 1)
    // Blocks are not kept for one far slot.
    if (this.#blocks !== undefined && becomesSparse(this.#blocks.size + 1, span)) this.#toList(this.#blocks)
    this.#span = span
    this.#blocks?.set(slot, value)
    this.#list?.set(slot, value)
    if (this.#list !== undefined && becomesDense(this.#list.size, span)) this.#toBlocks(this.#list)
  }

  /** Returns whether the slot had a value. */
  delete(slot: number): boolean {
    if (this.#followers !== undefined) this.#tell(this.#followers, slot, undefined)
    if (this.#list !== undefined) return this.#list.delete(slot)
    if (!this.#blocks?.delete(slot)) return false
    if (becomesSparse(this.#blocks.size, this.#span)) this.#toList(this.#blocks)
    return true
  }

  /** Negative, 0 or positive as the left slot's value is less than, equal to or greater than the right one's. No value is least. */
  compare(left: number, right: number): number {
    const leftAt = this.#offsetOf(left)
    const rightAt = this.#offsetOf(right)
    if (leftAt === undefined) return rightAt === undefined ? 0 : -1
    return rightAt === undefined ? 1 : this.#lane.compareAt(leftAt, rightAt)
  }

  /** Returns a new bitmap of the slots that have a value, covering at least [0, length). */
  present(length = 0): Bitmap {
    const bitmap = new Bitmap(this.kernels, Math.max(length, this.#span))
    if (this.#blocks !== undefined) bitmap.or(this.#blocks.present)
    const slots = this.#list?.slots
    if (slots !== undefined) this.kernels.orList(bitmap.offset, slots.offset, slots.size)
    return bitmap
  }

  /**
   * Replaces the contents of `into` by the slots whose value matches. `within`, another bitmap, restricts them.
   */
  scan(test: RangeTest<V>, into: Bitmap, within?: Bitmap): void {
    into.clear()
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return
    this.#blocks?.scan(interval, into, within)
    this.#list?.scan(interval, into)
    if (this.#list !== undefined && within !== undefined) into.and(within)
  }

  /** Returns a test of a single slot: true if its value matches. */
  probe(test: RangeTest<V>): (slot: number) => boolean {
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return () => false
    const { low, high, inverted } = interval
    return slot => {
      const value = this.get(slot)
      return value !== undefined && (value >= low && value <= high) !== inverted
    }
  }

  /** Estimates how many slots match: from the zone map, or the size of a sparse column. */
  estimate(test: RangeTest<V>): number {
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return 0
    return this.#blocks?.estimate(interval) ?? this.size
  }

  /** The greatest value as a double; undefined if no slot has a value. */
  greatest(): number | undefined {
    return this.#blocks?.greatest() ?? this.#list?.greatest()
  }

  /** The least value of the slots in a bitmap as a double; undefined if no slot of it has a value. */
  leastIn(slots: Bitmap): number | undefined {
    return this.#blocks?.leastIn(slots) ?? this.#list?.leastIn(slots)
  }

  /** Slots above all that have a value. */
  get span(): number {
    return this.#span
  }

  /** Notes each later change to the follower before it is made, until `unfollow`. */
  follow(follower: ColumnFollower<V>): void {
    this.#followers = [...(this.#followers ?? []), follower]
  }

  unfollow(follower: ColumnFollower<V>): void {
    const left = this.#followers?.filter(each => each !== follower)
    this.#followers = left?.length === 0 ? undefined : left
  }

  /** Adds the values of the slots [from, to) that are in `within`, or of all, to a histogram. `from` is a multiple of `BLOCK_SLOTS`. */
  histogram(from: number, to: number, within: Bitmap | undefined, histogram: Histogram): void {
    this.#blocks?.histogram(from, to, within, histogram)
    this.#list?.histogram(from, to, within, histogram)
  }

  /** Frees its memory. The column is empty afterwards and can be filled again. */
  free(): void {
    this.#list?.free()
    this.#blocks?.free()
    this.#blocks = undefined
    this.#list ??= new ValueList(this.kernels, this.#lane)
    this.#span = 0
  }

  #tell(followers: readonly ColumnFollower<V>[], slot: number, after: V | undefined): void {
    const before = this.get(slot)
    for (const each of followers) each.note(slot, before, after)
  }

  #offsetOf(slot: number): number | undefined {
    return this.#blocks !== undefined ? this.#blocks.offsetOf(slot) : this.#list?.offsetOf(slot)
  }

  #toBlocks(list: ValueList<V>): void {
    const blocks = new ValueBlocks(this.kernels, this.#lane, this.#span)
    for (const slot of list.slots.slots()) {
      const at = list.offsetOf(slot)
      if (at !== undefined) blocks.set(slot, this.#lane.read(at))
    }
    list.free()
    this.#list = undefined
    this.#blocks = blocks
  }

  #toList(blocks: ValueBlocks<V>): void {
    const list = new ValueList(this.kernels, this.#lane)
    for (const slot of blocks.present.slots(0, blocks.size, 'ascending')) {
      const at = blocks.offsetOf(slot)
      if (at !== undefined) list.set(slot, this.#lane.read(at))
    }
    blocks.free()
    this.#list = list
    this.#blocks = undefined
  }
}

/** 64-bit integers: times in microseconds. */
export class Int64Column extends Column<bigint> {
  constructor(kernels: Kernels) {
    super(kernels, new Int64Lane(kernels))
  }
}

/** 32-bit integers: generations. */
export class Int32Column extends Column<number> {
  constructor(kernels: Kernels) {
    super(kernels, new Int32Lane(kernels))
  }
}

/** The values of a column while few slots have one, in the order of the sorted slots. */
class ValueList<V> {
  readonly #kernels: Kernels
  readonly #lane: Lane<V>
  readonly #list: SlotList
  #values = 0
  #bytes = 0

  constructor(kernels: Kernels, lane: Lane<V>) {
    this.#kernels = kernels
    this.#lane = lane
    this.#list = new SlotList(kernels.memory)
  }

  get size(): number {
    return this.#list.size
  }
  get bytes(): number {
    return this.#list.bytes + this.#bytes
  }
  /** The slots that have a value. */
  get slots(): SlotList {
    return this.#list
  }

  /** Offset of a slot's value, valid until one is added or removed; undefined if it has none. */
  offsetOf(slot: number): number | undefined {
    const position = this.#list.positionOf(slot)
    return this.#list.holds(slot, position) ? this.#offset(position) : undefined
  }

  set(slot: number, value: V): void {
    const position = this.#list.positionOf(slot)
    if (!this.#list.holds(slot, position)) this.#insert(slot, position)
    this.#lane.write(this.#offset(position), value)
  }

  /** Returns whether the slot had a value. */
  delete(slot: number): boolean {
    const position = this.#list.positionOf(slot)
    if (!this.#list.holds(slot, position)) return false
    const from = this.#offset(position)
    this.#kernels.memory.u8.copyWithin(from, from + this.#lane.bytes, this.#offset(this.size))
    this.#list.remove(position)
    if (this.size * this.#lane.bytes * 3 < this.#bytes) this.#resize(this.size)
    return true
  }

  /** Adds the slots whose value is in the range. */
  scan(interval: Interval<V>, into: Bitmap): void {
    const { memory } = this.#kernels
    const words = (this.size + 31) >>> 5
    const bytes = Math.max(words, 1) * 4
    const matches = memory.allocate(bytes)
    memory.u32.fill(0xffffffff, matches >>> 2, (matches >>> 2) + words)
    this.#lane.scan(this.#values, this.size, interval, matches, matches)
    if (interval.inverted) this.#kernels.not(matches, this.size)
    if (this.size > 0) into.grow(this.#list.at(this.size - 1) + 1)
    for (let word = 0; word < words; word++)
      for (let bits = memory.u32[(matches >>> 2) + word] ?? 0; bits !== 0; bits &= bits - 1)
        into.add(this.#list.at(word * 32 + 31 - Math.clz32(bits & -bits)))
    memory.free(matches, bytes)
  }

  /** The greatest value as a double; undefined when there is none. */
  greatest(): number | undefined {
    let greatest: number | undefined
    for (let position = 0; position < this.size; position++) {
      const value = this.#lane.numberAt(this.#offset(position))
      if (greatest === undefined || value > greatest) greatest = value
    }
    return greatest
  }

  /** The least value of the slots in a bitmap as a double; undefined when there is none. */
  leastIn(slots: Bitmap): number | undefined {
    let least: number | undefined
    for (let position = 0; position < this.size; position++) {
      if (!slots.has(this.#list.at(position))) continue
      const value = this.#lane.numberAt(this.#offset(position))
      if (least === undefined || value < least) least = value
    }
    return least
  }

  /** Adds the values of the slots [from, to) that are in `within`, or of all, to a histogram. */
  histogram(from: number, to: number, within: Bitmap | undefined, histogram: Histogram): void {
    const { memory } = this.#kernels
    const first = this.#list.positionOf(from)
    const length = this.#list.positionOf(to) - first
    if (length === 0) return
    const bytes = ((length + 31) >>> 5) * 4
    const mask = memory.allocate(bytes)
    const { u32 } = memory
    u32.fill(0, mask >>> 2, (mask + bytes) >>> 2)
    for (let i = 0; i < length; i++) {
      const word = (mask >>> 2) + (i >>> 5)
      if (within === undefined || within.has(this.#list.at(first + i)))
        u32[word] = (u32[word] as number) | (1 << (i & 31))
    }
    this.#lane.histogram(this.#offset(first), length, mask, histogram)
    memory.free(mask, bytes)
  }

  free(): void {
    this.#list.free()
    this.#resize(0)
  }

  #offset(position: number): number {
    return this.#values + position * this.#lane.bytes
  }

  #insert(slot: number, position: number): void {
    if ((this.size + 1) * this.#lane.bytes > this.#bytes) this.#resize(Math.ceil((this.size + 1) * 1.125))
    const { u8 } = this.#kernels.memory
    const from = this.#offset(position)
    if (position < this.size) u8.copyWithin(from + this.#lane.bytes, from, this.#offset(this.size))
    this.#list.insert(slot, position)
  }

  /** Sets the capacity, in values. */
  #resize(size: number): void {
    const { memory } = this.#kernels
    const room = size === 0 ? 0 : memory.roomFor(size * this.#lane.bytes)
    if (room === this.#bytes) return
    const at = room === 0 ? 0 : memory.allocate(room)
    memory.u8.copyWithin(at, this.#values, this.#values + Math.min(this.size * this.#lane.bytes, room))
    if (this.#bytes > 0) memory.free(this.#values, this.#bytes)
    this.#values = at
    this.#bytes = room
  }
}

const UPPER = 2 ** 32

class Int64Lane implements Lane<bigint> {
  readonly bytes = 8
  readonly #kernels: Kernels

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  read(at: number): bigint {
    return this.#kernels.memory.i64[at >>> 3] ?? 0n
  }

  write(at: number, value: bigint): void {
    this.#kernels.memory.i64[at >>> 3] = value
  }

  numberAt(at: number): number {
    const { i32, u32 } = this.#kernels.memory
    return (i32[(at >>> 2) + 1] ?? 0) * UPPER + (u32[at >>> 2] ?? 0)
  }

  compareAt(left: number, right: number): number {
    const { i32, u32 } = this.#kernels.memory
    const upper = (i32[(left >>> 2) + 1] ?? 0) - (i32[(right >>> 2) + 1] ?? 0)
    return upper !== 0 ? upper : (u32[left >>> 2] ?? 0) - (u32[right >>> 2] ?? 0)
  }

  intervalOf(test: RangeTest<bigint>): Interval<bigint> | undefined {
    return intervalOf(test, INTEGERS_64)
  }

  scan(values: number, length: number, { low, high }: Interval<bigint>, mask: number, out: number): void {
    this.#kernels.scanI64(values, length, low, high, mask, out)
  }

  histogram(
    values: number,
    length: number,
    mask: number,
    { boundsAt, boundCount, countsAt }: Histogram,
  ): void {
    this.#kernels.histogramI64(values, length, mask, boundsAt, boundCount, countsAt)
  }

  extremes(values: number, length: number, mask: number, out: number): void {
    this.#kernels.extremesI64(values, length, mask, out)
  }
}

class Int32Lane implements Lane<number> {
  readonly bytes = 4
  readonly #kernels: Kernels

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  read(at: number): number {
    return this.#kernels.memory.i32[at >>> 2] ?? 0
  }

  write(at: number, value: number): void {
    this.#kernels.memory.i32[at >>> 2] = value
  }

  numberAt(at: number): number {
    return this.read(at)
  }

  compareAt(left: number, right: number): number {
    return this.read(left) - this.read(right)
  }

  intervalOf(test: RangeTest<number>): Interval<number> | undefined {
    return intervalOf(test, INTEGERS_32)
  }

  scan(values: number, length: number, { low, high }: Interval<number>, mask: number, out: number): void {
    this.#kernels.scanI32(values, length, low, high, mask, out)
  }

  histogram(): never {
    throw new Error('there are no histograms of 32-bit integers')
  }

  extremes(values: number, length: number, mask: number, out: number): void {
    this.#kernels.extremesI32(values, length, mask, out)
  }
}
