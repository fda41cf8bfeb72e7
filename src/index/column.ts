// One value per slot, for the slots that have one: times and generations, asked for by range. Sorted slots with their
// values while few slots have one; blocks of values with their minima and maxima (a zone map) from 1 % on, so that a
// scan passes over the blocks that match entirely or not at all.
import type { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels.ts'

/** What is asked of a value. A slot without a value matches none, `!=` included. Both ends of `between` are included. */
export type ColumnTest<V> =
  | { readonly kind: 'compare'; readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly value: V }
  | { readonly kind: 'between'; readonly low: V; readonly high: V }

/** V is bigint for 64 bits, number for 32. A value that a test names may lie outside of the type's range. */
export abstract class Column<V extends bigint | number> {
  readonly kernels: Kernels

  constructor(kernels: Kernels) {
    this.kernels = kernels
    throw new Error('not built yet')
  }

  /** How many slots have a value. */
  get size(): number {
    throw new Error('not built yet')
  }
  get form(): 'sparse' | 'dense' {
    throw new Error('not built yet')
  }
  /** Bytes of linear memory and of the zone map. */
  get bytes(): number {
    throw new Error('not built yet')
  }
  has(_slot: number): boolean {
    throw new Error('not built yet')
  }
  get(_slot: number): V | undefined {
    throw new Error('not built yet')
  }
  set(_slot: number, _value: V): void {
    throw new Error('not built yet')
  }
  /** Returns whether the slot had a value. */
  delete(_slot: number): boolean {
    throw new Error('not built yet')
  }
  /** Negative, 0 or positive as the value of one slot is less than, equal to or greater than another's; none is least. */
  compare(_left: number, _right: number): number {
    throw new Error('not built yet')
  }
  /** A bitmap of its own with the slots that have a value, covering at least [0, length). */
  present(_length = 0): Bitmap {
    throw new Error('not built yet')
  }
  /** Writes the slots whose value matches over what was in `into`; only those that are in `within`, if given. */
  scan(_test: ColumnTest<V>, _into: Bitmap, _within?: Bitmap): void {
    throw new Error('not built yet')
  }
  /** About how many slots match, from the zone map alone. */
  estimate(_test: ColumnTest<V>): number {
    throw new Error('not built yet')
  }
  free(): void {
    throw new Error('not built yet')
  }
}

/** 64-bit integers: times in microseconds. */
export class Int64Column extends Column<bigint> {}

/** 32-bit integers: generations. */
export class Int32Column extends Column<number> {}
