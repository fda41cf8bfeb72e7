// One value per slot, for the slots that have one: times and generations, asked for by range. Sorted slots with their
// values while few slots have one; blocks of values with their minima and maxima (a zone map) from about 1 % on, so that
// a scan skips blocks that match entirely or not at all.
import { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import { Int32Lane, Int64Lane, type Lane } from './lane.ts'
import type { RangeTest } from './range.ts'
import { becomesDense, becomesSparse } from './slot-list.ts'
import { ValueBlocks } from './value-blocks.ts'
import { ValueList } from './value-list.ts'

/** V is bigint for 64 bits, number for 32. A test may name a value outside of the type's range. */
export class Column<V extends bigint | number> {
  readonly kernels: Kernels
  readonly #lane: Lane<V>
  #list: ValueList<V> | undefined
  #blocks: ValueBlocks<V> | undefined
  /** Above every slot that ever had a value. */
  #span = 0

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
    if (this.#list !== undefined) return this.#list.delete(slot)
    if (!this.#blocks?.delete(slot)) return false
    if (becomesSparse(this.#blocks.size, this.#span)) this.#toList(this.#blocks)
    return true
  }

  /** Negative, 0 or positive as the value of one slot is less than, equal to or greater than another's; none is least. */
  compare(left: number, right: number): number {
    const leftAt = this.#offsetOf(left)
    const rightAt = this.#offsetOf(right)
    if (leftAt === undefined) return rightAt === undefined ? 0 : -1
    return rightAt === undefined ? 1 : this.#lane.compareAt(leftAt, rightAt)
  }

  /** A bitmap of its own with the slots that have a value, covering at least [0, length). */
  present(length = 0): Bitmap {
    const bitmap = new Bitmap(this.kernels, Math.max(length, this.#span))
    if (this.#blocks !== undefined) bitmap.or(this.#blocks.present)
    const slots = this.#list?.slots
    if (slots !== undefined) this.kernels.orList(bitmap.offset, slots.offset, slots.size)
    return bitmap
  }

  /**
   * Writes the slots whose value matches over what was in `into`; only those in `within`, if given, which is another
   * bitmap.
   */
  scan(test: RangeTest<V>, into: Bitmap, within?: Bitmap): void {
    into.clear()
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return
    this.#blocks?.scan(interval, into, within)
    this.#list?.scan(interval, into)
    if (this.#list !== undefined && within !== undefined) into.and(within)
  }

  /** A test of single slots: whether one has a value that matches. */
  probe(test: RangeTest<V>): (slot: number) => boolean {
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return () => false
    const { low, high, inverted } = interval
    return slot => {
      const value = this.get(slot)
      return value !== undefined && (value >= low && value <= high) !== inverted
    }
  }

  /** About how many slots match: from the zone map alone, or what a sparse column has at most. */
  estimate(test: RangeTest<V>): number {
    const interval = this.#lane.intervalOf(test)
    if (interval === undefined) return 0
    return this.#blocks?.estimate(interval) ?? this.size
  }

  /** The greatest value as a double, from the zone map where there is one; undefined when no slot has a value. */
  greatest(): number | undefined {
    return this.#blocks?.greatest() ?? this.#list?.greatest()
  }

  /** The least value of the slots in a bitmap as a double; undefined when none of them has one. */
  leastIn(slots: Bitmap): number | undefined {
    return this.#blocks?.leastIn(slots) ?? this.#list?.leastIn(slots)
  }

  /** Gives its memory back; it is empty afterwards, and can be filled again. */
  free(): void {
    this.#list?.free()
    this.#blocks?.free()
    this.#blocks = undefined
    this.#list ??= new ValueList(this.kernels, this.#lane)
    this.#span = 0
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
