// A set of slots as one bit per slot, in linear memory.
import type { Kernels } from './kernels.ts'

export type Direction = 'ascending' | 'descending'

/**
 * Covers the slots [0, length); `add` and `or` make it longer by themselves, and every slot above is simply not in it.
 * Whoever makes a bitmap frees it: linear memory is not collected.
 */
export class Bitmap {
  readonly kernels: Kernels

  constructor(kernels: Kernels, _length = 0) {
    this.kernels = kernels
    throw new Error('not built yet')
  }

  get length(): number {
    throw new Error('not built yet')
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    throw new Error('not built yet')
  }
  /** Where its words are, until it grows or is freed: for kernels. */
  get offset(): number {
    throw new Error('not built yet')
  }
  /** How many words there are. */
  get words(): number {
    throw new Error('not built yet')
  }

  /** Makes it cover at least [0, length). */
  grow(_length: number): void {
    throw new Error('not built yet')
  }
  has(_slot: number): boolean {
    throw new Error('not built yet')
  }
  /** Returns whether the slot was new. */
  add(_slot: number): boolean {
    throw new Error('not built yet')
  }
  /** Returns whether the slot was there. */
  delete(_slot: number): boolean {
    throw new Error('not built yet')
  }
  /** Adds the slots [from, to). */
  addRange(_from: number, _to: number): void {
    throw new Error('not built yet')
  }
  clear(): void {
    throw new Error('not built yet')
  }
  /** Counts the slots, which takes a pass over the words. */
  count(): number {
    throw new Error('not built yet')
  }
  /** How many slots are in both. */
  countAnd(_other: Bitmap): number {
    throw new Error('not built yet')
  }
  copy(): Bitmap {
    throw new Error('not built yet')
  }
  /** Keeps what is in the other one too. */
  and(_other: Bitmap): void {
    throw new Error('not built yet')
  }
  or(_other: Bitmap): void {
    throw new Error('not built yet')
  }
  /** Takes away what is in the other one. */
  andNot(_other: Bitmap): void {
    throw new Error('not built yet')
  }
  /** The complement within [0, length), its own length unless given. A longer bitmap is cut to it. */
  not(_length = 0): void {
    throw new Error('not built yet')
  }
  /** The smallest slot from `from` on, or -1. */
  next(_from: number): number {
    throw new Error('not built yet')
  }
  /** Up to `limit` slots from `from` on: ascending from there upward, descending from there downward. */
  slots(_from: number, _limit: number, _direction: Direction): Uint32Array {
    throw new Error('not built yet')
  }
  /** The slots at positions [offset, offset + limit) of the set in this direction. */
  page(_offset: number, _limit: number, _direction: Direction): Uint32Array {
    throw new Error('not built yet')
  }
  free(): void {
    throw new Error('not built yet')
  }
}
