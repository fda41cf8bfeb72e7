// Kernels: the set operations and scans of searches, over regions of one linear memory. They run in WebAssembly SIMD if it is
// available, otherwise in plain TypeScript with the same results.
import type { LinearMemory } from '../memory.ts'

/** The count of a row that `countRows` has left out. */
export const LEFT_OUT = 0xffffffff

/**
 * A region is given by its offset in bytes, a multiple of 16, and its length in 32-bit words. Bit `s & 31` of word `s >>> 5` is
 * slot s. A list has slot numbers as u32, ascending, each once.
 */
export interface Kernels {
  readonly kind: 'wasm' | 'plain'
  /** The reason for kernels in TypeScript; undefined for WebAssembly. */
  readonly whyPlain: string | undefined
  readonly memory: LinearMemory

  /** target = 0. (V8 fills a shared memory byte by byte: 31 µs for a bit for each of a million slots, a quarter of a poll.) */
  clear(target: number, words: number): void
  /** target &= source */
  and(target: number, source: number, words: number): void
  /** target |= source */
  or(target: number, source: number, words: number): void
  /** target &= ~source */
  andNot(target: number, source: number, words: number): void
  /** Inverts the bits [0, bits), and clears the higher bits of the last word. */
  not(target: number, bits: number): void
  /** Returns the number of set bits. */
  count(bitmap: number, words: number): number
  /** Returns the number of bits set in both. */
  countAnd(left: number, right: number, words: number): number

  /**
   * Writes the numbers of bits that each of four bitmaps has in common with another one to `out`. Memory is the limit: four at once take half as long
   * as one after another.
   */
  countAndFour(
    bitmap: number,
    one: number,
    two: number,
    three: number,
    four: number,
    words: number,
    out: number,
  ): void

  /** Writes the first `limit` set slots from `from` upward to the list `out`; returns their number. */
  firstAscending(bitmap: number, words: number, from: number, limit: number, out: number): number
  /** Writes the first `limit` set slots from `from` downward to `out`, descending; returns their number. */
  firstDescending(bitmap: number, words: number, from: number, limit: number, out: number): number
  /** The slot of the set bit with `rank` set bits below it, or -1. */
  select(bitmap: number, words: number, rank: number): number

  /** Sets the bits of a list. The bitmap must cover them. */
  orList(bitmap: number, list: number, length: number): void
  /** Clears the bits of a list. The bitmap must cover them. */
  andNotList(bitmap: number, list: number, length: number): void
  /** Writes the slots of a list that are set in the bitmap to `out`, which may be the list; returns their number. */
  andList(list: number, length: number, bitmap: number, words: number, out: number): number
  /** Returns the number of slots of a list that are set in the bitmap. */
  countList(list: number, length: number, bitmap: number, words: number): number

  /**
   * Writes for each of `length` rows of a value index the number of its slots that are set in the bitmap, or of all if the bitmap is 0. A
   * dense list is left out. Ends early after about so many slots of lists. Returns the number of rows.
   */
  countRows(rows: number, length: number, bitmap: number, words: number, slots: number, out: number): number
  /** Returns the sum of counts. */
  sumCounts(counts: number, length: number): number
  /**
   * Writes the numbers of some of `length` rows of texts: with a greater count than `least`, or the same and a text before the one at `text` in
   * the order of bytes. Returns how many they are.
   */
  topRows(
    rows: number,
    length: number,
    counts: number,
    least: number,
    text: number,
    textLength: number,
    out: number,
  ): number

  /** out = mask & { i : low <= values[i] <= high }, over `length` values; bits from `length` on in the last word are 0. */
  scanI64(values: number, length: number, low: bigint, high: bigint, mask: number, out: number): void
  scanI32(values: number, length: number, low: number, high: number, mask: number, out: number): void
  /**
   * Counts the values whose mask bit is set by the number of bounds below them, into `counts`, which is added to. `bounds` is even; spare ones are
   * the greatest integer.
   */
  histogramI64(
    values: number,
    length: number,
    mask: number,
    limits: number,
    bounds: number,
    counts: number,
  ): void
  /** Writes the least and the greatest of the values whose mask bit is set to `out`; returns their number. */
  extremesI64(values: number, length: number, mask: number, out: number): number
  extremesI32(values: number, length: number, mask: number, out: number): number
}
