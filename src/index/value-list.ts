// A column's values while few slots have one: the sorted slots, and beside them their values in the same order.
import type { Bitmap } from './bitmap.ts'
import type { Kernels } from './kernels/kernels.ts'
import type { Interval, Lane } from './lane.ts'
import { SlotList } from './slot-list.ts'

export class ValueList<V> {
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

  /** Makes room for so many values. */
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
