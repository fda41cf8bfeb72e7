// A sorted list of slots in linear memory: what a posting list and a column are while few slots are in them, and the density
// from which they take another form: a bitmap or blocks once more than about one slot in a hundred is in them.
import type { LinearMemory } from './memory.ts'

/** A full list takes an eighth more; the size classes round that up. */
const GROWTH = 1.125
/** A list that uses less than a third of its room gives the rest back. */
const SHRINK = 3

/** Each slot once, ascending. Appending is cheap; an insertion elsewhere moves the slots after it. */
export class SlotList {
  readonly memory: LinearMemory
  #at = 0
  #bytes = 0
  #size = 0

  constructor(memory: LinearMemory) {
    this.memory = memory
  }

  get size(): number {
    return this.#size
  }
  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#bytes
  }
  /** Offset of the slots for kernels, valid until one is added or removed. */
  get offset(): number {
    return this.#at
  }

  at(position: number): number {
    return this.memory.u32[(this.#at >>> 2) + position] ?? 0
  }

  /** Position of a slot, or of its insertion: the number of smaller slots. */
  positionOf(slot: number): number {
    const { u32 } = this.memory
    const first = this.#at >>> 2
    let low = 0
    let high = this.#size
    if (high > 0 && (u32[first + high - 1] ?? 0) < slot) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((u32[first + middle] ?? 0) < slot) low = middle + 1
      else high = middle
    }
    return low
  }

  /** True if the slot is at the position that `positionOf` returned. */
  holds(slot: number, position: number): boolean {
    return position < this.#size && this.at(position) === slot
  }

  insert(slot: number, position: number): void {
    if (this.#size * 4 === this.#bytes) this.#resize(Math.max(16, Math.ceil(this.#size * GROWTH) * 4 + 4))
    const { u32 } = this.memory
    const at = (this.#at >>> 2) + position
    if (position < this.#size) u32.copyWithin(at + 1, at, (this.#at >>> 2) + this.#size)
    u32[at] = slot
    this.#size++
  }

  remove(position: number): void {
    const { u32 } = this.memory
    const at = (this.#at >>> 2) + position
    u32.copyWithin(at, at + 1, (this.#at >>> 2) + this.#size)
    this.#size--
    if (this.#size * 4 * SHRINK < this.#bytes && this.#bytes > 16) this.#resize(this.#size * 4)
  }

  /** Takes in slots that something wrote to the room for them: `fill` gets the offset and returns how many it wrote. */
  replace(size: number, fill: (at: number) => number): void {
    this.#resize(size * 4)
    this.#size = fill(this.#at)
  }

  slots(): Uint32Array {
    return this.memory.u32.slice(this.#at >>> 2, (this.#at >>> 2) + this.#size)
  }

  free(): void {
    this.#resize(0)
    this.#size = 0
  }

  #resize(bytes: number): void {
    const { memory } = this
    const room = bytes === 0 ? 0 : memory.roomFor(bytes)
    if (room === this.#bytes) return
    const at = room === 0 ? 0 : memory.allocate(room)
    memory.u8.copyWithin(at, this.#at, this.#at + Math.min(this.#size * 4, room))
    if (this.#bytes > 0) memory.free(this.#at, this.#bytes)
    this.#at = at
    this.#bytes = room
  }
}

/** One slot in 64 is in it: from here on it is dense. */
const DENSE = 64
/** Fewer than one slot in 128 is in it: from here on it is sparse. Between the two it stays what it is. */
const SPARSE = 128
/** A list this short is as good as any bitmap. */
const SMALLEST = 64

/** True if a list of so many slots below `span` should become dense. */
export function becomesDense(size: number, span: number): boolean {
  return size > SMALLEST && size * DENSE > span
}

/** True if a dense set of so many slots below `span` should become a list. */
export function becomesSparse(size: number, span: number): boolean {
  return size < SMALLEST / 2 || size * SPARSE < span
}
