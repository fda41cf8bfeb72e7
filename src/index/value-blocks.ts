// The values of a column once many slots have one: blocks of slots, each allocated with its first value; a bitmap of the slots
// that have a value; and a zone map over the blocks.
import { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import type { Interval, RangeTest } from './range.ts'
import { ZoneMap } from './zone-map.ts'

/**
 * Slots in a block. Small, because a hundred stale slots spread over the fleet cost a hundred block scans; large enough that a
 * pass over the zone map of a million slots takes a few microseconds.
 */
export const BLOCK_SLOTS = 512
const BLOCK_BITS = 9
const BLOCK_WORDS = BLOCK_SLOTS / 32
/** Blocks that an estimate samples. */
const SAMPLED_BLOCKS = 64

/** Reads and writes values of one type in linear memory. V is their type outside of it. Offsets are in bytes. */
export interface Lane<V> {
  /** Bytes of one value. */
  readonly bytes: number
  read(at: number): V
  write(at: number, value: V): void
  /** The value rounded to a double. Rounding never reverses the order of two values. Allocates no bigint. */
  numberAt(at: number): number
  /** Negative, 0 or positive as the value at `left` is less than, equal to or greater than that at `right`. */
  compareAt(left: number, right: number): number
  /** The values that match a test; undefined if no value can. */
  intervalOf(test: RangeTest<V>): Interval<V> | undefined
  /** out = mask & the values in the interval, over `length` values. */
  scan(values: number, length: number, interval: Interval<V>, mask: number, out: number): void
  /** Adds the values in the mask to the counts of a histogram. */
  histogram(values: number, length: number, mask: number, histogram: Histogram): void
  /** Writes two values to `out`: the least and the greatest of the values in the mask. */
  extremes(values: number, length: number, mask: number, out: number): void
}

/** Counts of values by the number of bounds below them. Both are in linear memory. */
export interface Histogram {
  /** The bounds as doubles, rising. */
  readonly bounds: readonly number[]
  /** The bounds in pairs, where kernels can read them; a spare one is the greatest value. */
  readonly boundsAt: number
  readonly boundCount: number
  readonly countsAt: number
}

export class ValueBlocks<V extends bigint | number> {
  readonly #kernels: Kernels
  readonly #lane: Lane<V>
  readonly #present: Bitmap
  readonly #zones = new ZoneMap()
  /** Offsets of the blocks, 0 for a block without values. */
  #blocks = new Uint32Array(0)
  #allocated = 0
  #size = 0

  constructor(kernels: Kernels, lane: Lane<V>, span: number) {
    this.#kernels = kernels
    this.#lane = lane
    this.#present = new Bitmap(kernels, span)
    this.#growTo((span + BLOCK_SLOTS - 1) >>> BLOCK_BITS)
  }

  get size(): number {
    return this.#size
  }
  get bytes(): number {
    const blocks = this.#allocated * this.#kernels.memory.roomFor(this.#blockBytes)
    return blocks + this.#present.bytes + this.#zones.bytes + this.#blocks.byteLength
  }
  /** The slots that have a value. */
  get present(): Bitmap {
    return this.#present
  }

  /** Offset of a slot's value; undefined if the slot has none. */
  offsetOf(slot: number): number | undefined {
    return this.#present.has(slot) ? this.#offset(slot) : undefined
  }

  set(slot: number, value: V): void {
    const lane = this.#lane
    const block = slot >>> BLOCK_BITS
    if (block >= this.#blocks.length) this.#growTo(block + 1)
    if (this.#blocks[block] === 0) this.#allocate(block)
    const at = this.#offset(slot)
    if (this.#present.add(slot)) {
      this.#size++
      lane.write(at, value)
      this.#zones.add(block, lane.numberAt(at))
    } else {
      const before = lane.numberAt(at)
      lane.write(at, value)
      this.#zones.change(block, before, lane.numberAt(at))
    }
  }

  /** Returns whether the slot had a value. */
  delete(slot: number): boolean {
    if (!this.#present.delete(slot)) return false
    const block = slot >>> BLOCK_BITS
    this.#size--
    this.#zones.remove(block, this.#lane.numberAt(this.#offset(slot)))
    if (this.#zones.count(block) === 0) this.#release(block)
    return true
  }

  /** Adds the slots whose value is in the interval, restricted to `within` if given. `into` must be empty. */
  scan(interval: Interval<V>, into: Bitmap, within: Bitmap | undefined): void {
    into.grow(this.#present.length)
    const scratch = this.#kernels.memory.allocate(BLOCK_WORDS * 4)
    const low = Number(interval.low)
    const high = Number(interval.high)
    const none = interval.inverted ? 'all' : 'none'
    // Most blocks have no value that a poll looks for.
    const next = (from: number) => (interval.inverted ? from : this.#zones.nextWithSome(from, low, high))
    for (let block = next(0); block < this.#blocks.length; block = next(block + 1)) {
      if (this.#blocks[block] === 0) continue
      let verdict = this.#zones.verdict(block, low, high)
      if (verdict === 'some' && this.#zones.isWide(block)) {
        this.#tighten(block, scratch)
        verdict = this.#zones.verdict(block, low, high)
      }
      if (verdict === none || !this.#addPresent(block, into, within)) continue
      if (verdict === 'some') this.#scanBlock(block, interval, into, scratch)
    }
    this.#kernels.memory.free(scratch, BLOCK_WORDS * 4)
  }

  /** Adds the values of the slots [from, to) that are in `within`, or of all, to a histogram. `from` begins a block. */
  histogram(from: number, to: number, within: Bitmap | undefined, histogram: Histogram): void {
    const { memory } = this.#kernels
    const mask = memory.allocate(BLOCK_WORDS * 4)
    const last = Math.min(this.#blocks.length, (to + BLOCK_SLOTS - 1) >>> BLOCK_BITS)
    for (let block = from >>> BLOCK_BITS; block < last; block++) {
      if (this.#blocks[block] === 0 || !this.#maskOf(block, within, mask)) continue
      const bucket = this.#zones.bucket(block, histogram.bounds)
      const length = this.#lengthOf(block)
      if (bucket === undefined) this.#lane.histogram(this.#blocks[block] ?? 0, length, mask, histogram)
      else {
        const at = (histogram.countsAt >>> 2) + bucket
        memory.u32[at] = (memory.u32[at] ?? 0) + this.#kernels.count(mask, BLOCK_WORDS)
      }
    }
    memory.free(mask, BLOCK_WORDS * 4)
  }

  /** Estimates how many values are in the interval, from the extremes of some blocks. */
  estimate(interval: Interval<V>): number {
    const low = Number(interval.low)
    const high = Number(interval.high)
    const step = Math.max(1, Math.floor(this.#blocks.length / SAMPLED_BLOCKS))
    let values = 0
    let matches = 0
    for (let block = 0; block < this.#blocks.length; block += step) {
      values += this.#zones.count(block)
      matches += this.#zones.estimate(block, low, high)
    }
    const share = values === 0 ? 1 : matches / values
    return Math.round(this.#size * (interval.inverted ? 1 - share : share))
  }

  /** The greatest value as a double; undefined if there is none. Reads only blocks that may have a greater one. */
  greatest(): number | undefined {
    const scratch = this.#kernels.memory.allocate(BLOCK_WORDS * 4)
    let greatest: number | undefined
    for (let block = 0; block < this.#blocks.length; block++) {
      if (this.#blocks[block] === 0) continue
      const known = this.#zones.greatest(block)
      if (greatest !== undefined && known <= greatest) continue
      if (this.#zones.isWide(block)) this.#tighten(block, scratch)
      const value = this.#zones.greatest(block)
      if (greatest === undefined || value > greatest) greatest = value
    }
    this.#kernels.memory.free(scratch, BLOCK_WORDS * 4)
    return greatest
  }

  /** The least value of the slots in a bitmap as a double, block by block in a kernel; undefined if there is none. */
  leastIn(slots: Bitmap): number | undefined {
    const { memory } = this.#kernels
    const scratch = memory.allocate(BLOCK_WORDS * 4)
    const common = slots.copy()
    common.and(this.#present)
    let least: number | undefined
    for (let slot = common.next(0); slot !== -1; ) {
      const block = slot >>> BLOCK_BITS
      const first = block * BLOCK_WORDS
      const length = Math.min(this.#lengthOf(block), (common.words - first) * 32)
      this.#lane.extremes(this.#blocks[block] ?? 0, length, common.offset + first * 4, scratch)
      const value = this.#lane.numberAt(scratch)
      if (least === undefined || value < least) least = value
      const after = (block + 1) << BLOCK_BITS
      slot = after < common.length ? common.next(after) : -1
    }
    common.free()
    memory.free(scratch, BLOCK_WORDS * 4)
    return least
  }

  free(): void {
    for (let block = 0; block < this.#blocks.length; block++)
      if (this.#blocks[block] !== 0) this.#release(block)
    this.#present.free()
  }

  get #blockBytes(): number {
    return this.#lane.bytes * BLOCK_SLOTS
  }

  #offset(slot: number): number {
    return (this.#blocks[slot >>> BLOCK_BITS] ?? 0) + (slot & (BLOCK_SLOTS - 1)) * this.#lane.bytes
  }

  #growTo(blocks: number): void {
    if (blocks <= this.#blocks.length) return
    const grown = new Uint32Array(Math.max(blocks, this.#blocks.length + (this.#blocks.length >>> 2)))
    grown.set(this.#blocks)
    this.#blocks = grown
    this.#zones.grow(grown.length)
  }

  #allocate(block: number): void {
    this.#blocks[block] = this.#kernels.memory.allocate(this.#blockBytes)
    this.#allocated++
  }

  #release(block: number): void {
    this.#kernels.memory.free(this.#blocks[block] ?? 0, this.#blockBytes)
    this.#blocks[block] = 0
    this.#allocated--
  }

  /** Number of slots of a block that the bitmap covers. */
  #lengthOf(block: number): number {
    return Math.min(BLOCK_SLOTS, this.#present.length - block * BLOCK_SLOTS)
  }

  /** Copies a block's slots that have a value, restricted to `within`, to `into`. Returns whether there may be any. */
  #addPresent(block: number, into: Bitmap, within: Bitmap | undefined): boolean {
    const { u32 } = this.#kernels.memory
    const first = block * BLOCK_WORDS
    const present = (this.#present.offset >>> 2) + first
    const target = (into.offset >>> 2) + first
    const words = (this.#lengthOf(block) + 31) >>> 5
    let any = 0
    if (within === undefined) {
      for (let i = 0; i < words; i++) u32[target + i] = u32[present + i] ?? 0
      return true
    }
    const common = Math.min(words, within.words - first)
    const mask = (within.offset >>> 2) + first
    for (let i = 0; i < common; i++) {
      const bits = (u32[present + i] ?? 0) & (u32[mask + i] ?? 0)
      u32[target + i] = bits
      any |= bits
    }
    return any !== 0
  }

  /** Writes a block's slots that have a value, restricted to `within`, to a mask. Returns whether there are any. */
  #maskOf(block: number, within: Bitmap | undefined, mask: number): boolean {
    const { u32 } = this.#kernels.memory
    const first = block * BLOCK_WORDS
    const words = (this.#lengthOf(block) + 31) >>> 5
    const present = (this.#present.offset >>> 2) + first
    let any = 0
    for (let i = 0; i < BLOCK_WORDS; i++) {
      let bits = i < words ? (u32[present + i] as number) : 0
      if (within !== undefined)
        bits &= first + i < within.words ? (u32[(within.offset >>> 2) + first + i] as number) : 0
      u32[(mask >>> 2) + i] = bits
      any |= bits
    }
    return any !== 0
  }

  /** Removes from `into` the slots of a block whose value is outside the interval. */
  #scanBlock(block: number, interval: Interval<V>, into: Bitmap, scratch: number): void {
    const bits = into.offset + block * BLOCK_WORDS * 4
    const length = this.#lengthOf(block)
    const values = this.#blocks[block] ?? 0
    this.#lane.scan(values, length, interval, bits, interval.inverted ? scratch : bits)
    if (interval.inverted) this.#kernels.andNot(bits, scratch, (length + 31) >>> 5)
  }

  #tighten(block: number, scratch: number): void {
    const lane = this.#lane
    const present = this.#present.offset + block * BLOCK_WORDS * 4
    lane.extremes(this.#blocks[block] ?? 0, this.#lengthOf(block), present, scratch)
    this.#zones.tighten(block, lane.numberAt(scratch), lane.numberAt(scratch + lane.bytes))
  }
}
