// A value index: for each value of a field, the slots that have it. It drops a value with its last slot, so a predicate can run
// over the distinct values instead of the rows.
import type { Kernels } from './kernels/kernels.ts'
import { PostingList, type Slots } from './posting-list.ts'

/** Bytes of an entry of a large map: 28 bytes when its table is full, 56 when it has just doubled. */
export const MAP_ENTRY_BYTES = 40
/** Heap bytes of a posting list beside its region of linear memory; measured over a hundred thousand of them. */
export const POSTING_LIST_HEAP_BYTES = 130

/** Values visited between two yields. */
const VALUES_PER_STOP = 4096

/**
 * It does not store the value of a slot: a caller that changes a value knows the old one from the replaced record. A result is
 * valid until the next write is applied.
 */
export class ValueIndex<V extends string | number> {
  readonly #kernels: Kernels
  readonly #slots = new Map<V, Slots>()
  #slotCount = 0
  #listCount = 0
  #listBytes = 0

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  /** Number of distinct values. */
  get size(): number {
    return this.#slots.size
  }

  /** Number of slots with a value. */
  get slotCount(): number {
    return this.#slotCount
  }

  /** In linear memory and, estimated, on the heap. The values themselves belong to the records. */
  get bytes(): number {
    return this.#slots.size * MAP_ENTRY_BYTES + this.#listCount * POSTING_LIST_HEAP_BYTES + this.#listBytes
  }

  /** The slots with this value; undefined if there are none. Never empty. */
  slotsOf(value: V): Slots | undefined {
    return this.#slots.get(value)
  }

  /** Every distinct value with its slots, in no particular order. */
  entries(): IterableIterator<[V, Slots]> {
    return this.#slots.entries()
  }

  /** Moves a slot from one value to another; undefined means no value. */
  replace(slot: number, before: V | undefined, after: V | undefined): void {
    if (before === after) return
    if (before !== undefined) this.#remove(before, slot)
    if (after !== undefined) this.#add(after, slot)
  }

  /** Frees the memory of all lists, over some yields. The index cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    let visited = 0
    for (const slots of this.#slots.values()) {
      if (this.#listCount === 0) break
      if (++visited % VALUES_PER_STOP === 0) yield
      if (typeof slots === 'number') continue
      slots.free()
      this.#listCount--
    }
    this.#slots.clear()
  }

  #add(value: V, slot: number): void {
    const present = this.#slots.get(value)
    if (present === undefined) this.#slots.set(value, slot)
    else if (typeof present === 'number') this.#slots.set(value, this.#listOf(present, slot))
    else this.#keepListBytes(present, list => list.add(slot))
    this.#slotCount++
  }

  #remove(value: V, slot: number): void {
    const present = this.#slots.get(value)
    if (present === undefined) throw new Error(`slot ${slot} is not in the index of its value`)
    if (typeof present === 'number') this.#slots.delete(value)
    else this.#removeFrom(present, value, slot)
    this.#slotCount--
  }

  #removeFrom(list: PostingList, value: V, slot: number): void {
    this.#keepListBytes(list, () => list.delete(slot))
    if (list.size > 1) return
    const [last] = list.slots()
    if (last === undefined) throw new Error('a posting list is empty')
    this.#slots.set(value, last)
    this.#listBytes -= list.bytes
    this.#listCount--
    list.free()
  }

  #listOf(...slots: readonly [number, number]): PostingList {
    const list = new PostingList(this.#kernels)
    for (const slot of slots) list.add(slot)
    this.#listBytes += list.bytes
    this.#listCount++
    return list
  }

  /** Applies a change to a list and updates the sum of bytes, so that reading the sum takes no pass over the values. */
  #keepListBytes(list: PostingList, change: (list: PostingList) => boolean): void {
    const before = list.bytes
    if (!change(list)) throw new Error('an index and the records disagree')
    this.#listBytes += list.bytes - before
  }
}
