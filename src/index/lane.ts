// The values of a column in linear memory: 64-bit or 32-bit integers. All that differs between the two is here.
import type { Kernels } from './kernels/kernels.ts'
import { type RangeTest, rangeOf } from './range.ts'

/** The integers from `low` to `high`, both included, or if `inverted` all others. */
export interface Interval<V> {
  readonly low: V
  readonly high: V
  readonly inverted: boolean
}

/** V is the type of the values outside of the memory. Offsets are in bytes. */
export interface Lane<V> {
  /** Bytes of one value. */
  readonly bytes: number
  read(at: number): V
  write(at: number, value: V): void
  /** The value as a double, rounded: of two values the lesser never becomes the greater. Makes no bigint. */
  numberAt(at: number): number
  /** Negative, 0 or positive as the value at `left` is less than, equal to or greater than that at `right`. */
  compareAt(left: number, right: number): number
  /** The values that match a test; undefined when none can. */
  intervalOf(test: RangeTest<V>): Interval<V> | undefined
  /** out = mask & the values in the interval, over `length` values. */
  scan(values: number, length: number, interval: Interval<V>, mask: number, out: number): void
  /** Writes the least and the greatest of the values in the mask to `out`, two values. */
  extremes(values: number, length: number, mask: number, out: number): void
}

const UPPER = 2 ** 32

export class Int64Lane implements Lane<bigint> {
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

  extremes(values: number, length: number, mask: number, out: number): void {
    this.#kernels.extremesI64(values, length, mask, out)
  }
}

export class Int32Lane implements Lane<number> {
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

  extremes(values: number, length: number, mask: number, out: number): void {
    this.#kernels.extremesI32(values, length, mask, out)
  }
}

/** The integers of one type: its ends, and the neighbours of a value. */
interface Integers<V> {
  readonly least: V
  readonly greatest: V
  before(value: V): V
  after(value: V): V
}

const INTEGERS_64: Integers<bigint> = {
  least: -(2n ** 63n),
  greatest: 2n ** 63n - 1n,
  before: value => value - 1n,
  after: value => value + 1n,
}
const INTEGERS_32: Integers<number> = {
  least: -(2 ** 31),
  greatest: 2 ** 31 - 1,
  before: value => value - 1,
  after: value => value + 1,
}

/** The range of a test, cut to the integers of the type. */
function intervalOf<V extends bigint | number>(
  test: RangeTest<V>,
  { least, greatest, before, after }: Integers<V>,
): Interval<V> | undefined {
  const { low: from, high: to, inverted } = rangeOf(test)
  const low = from === undefined ? least : from.included ? from.value : after(from.value)
  const high = to === undefined ? greatest : to.included ? to.value : before(to.value)
  // Math.max takes no bigint.
  const interval = {
    low: isLess(low, least) ? least : low,
    high: isLess(greatest, high) ? greatest : high,
    inverted,
  }
  if (interval.low <= interval.high) return interval
  return inverted ? { low: least, high: greatest, inverted: false } : undefined
}

function isLess<V extends bigint | number>(left: V, right: V): boolean {
  return left < right
}
