// The slots that have one value: a sorted list of numbers while they are few, a bitmap once they are more than about
// 1 % of the slots up to the highest, and back again. It changes its form by itself.
import type { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels.ts'

/** Adding in rising slot order costs a few nanoseconds; elsewhere in a sparse list a move of what is behind. */
export class PostingList {
  readonly kernels: Kernels

  constructor(kernels: Kernels) {
    this.kernels = kernels
    throw new Error('not built yet')
  }

  get size(): number {
    throw new Error('not built yet')
  }
  get form(): 'sparse' | 'dense' {
    throw new Error('not built yet')
  }
  /** Bytes of linear memory. */
  get bytes(): number {
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
  /** bitmap |= this; the bitmap grows if need be. */
  orInto(_bitmap: Bitmap): void {
    throw new Error('not built yet')
  }
  /** bitmap &= this */
  andInto(_bitmap: Bitmap): void {
    throw new Error('not built yet')
  }
  /** bitmap &= ~this */
  andNotInto(_bitmap: Bitmap): void {
    throw new Error('not built yet')
  }
  /** A bitmap of its own with these slots, covering at least [0, length). */
  toBitmap(_length = 0): Bitmap {
    throw new Error('not built yet')
  }
  /** How many of its slots are in the bitmap. */
  countAnd(_bitmap: Bitmap): number {
    throw new Error('not built yet')
  }
  /** Every slot, ascending. */
  slots(): Uint32Array {
    throw new Error('not built yet')
  }
  free(): void {
    throw new Error('not built yet')
  }
}
