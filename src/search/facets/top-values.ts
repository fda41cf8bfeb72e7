// The most frequent values of a field, and the sum of all counts. Values with equal counts are in the order of their code points (contract 15.2).
import type { ValueSelection } from '../../index/value-walk.ts'
import { compareCodePoints } from '../../wire/text.ts'

export interface ValueCount {
  readonly value: string
  readonly count: number
}

export class TopValues implements ValueSelection {
  readonly #limit: number
  /** A heap. The least frequent of the values is first. */
  readonly #heap: ValueCount[] = []
  /** The first value once the heap is full, if it has been asked for. */
  #least: ValueSelection['least']
  #sum = 0

  /** @param limit most values, at least 1 */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The sum of the counts of all values. */
  get sum(): number {
    return this.#sum
  }

  /** The sum of the counts of the values that are not among the most frequent. */
  get others(): number {
    return this.#heap.reduce((rest, { count }) => rest - count, this.#sum)
  }

  /** Adds a value with a count above 0. Each value is added once. */
  add(value: string, count: number): void {
    this.#sum += count
    this.select(value, count)
  }

  addToSum(counts: number): void {
    this.#sum += counts
  }

  get least(): ValueSelection['least'] {
    const least = this.#heap[0]
    if (least === undefined || this.#heap.length < this.#limit) return undefined
    this.#least ??= { count: least.count, bytes: Buffer.from(least.value) }
    return this.#least
  }

  /** Takes a value whose count is in the sum already. */
  select(value: string, count: number): void {
    const heap = this.#heap
    const added = { value, count }
    if (heap.length < this.#limit) {
      heap.push(added)
      this.#siftUp(heap.length - 1)
    } else {
      const least = heap[0]
      if (least !== undefined && compare(added, least) >= 0) return
      heap[0] = added
      this.#siftDown()
    }
    this.#least = undefined
  }

  /** The most frequent first. */
  toSorted(): ValueCount[] {
    return this.#heap.toSorted(compare)
  }

  #siftUp(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >>> 1
      if (!this.#isBehind(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #siftDown(): void {
    for (let at = 0; ; ) {
      let child = 2 * at + 1
      if (child >= this.#heap.length) return
      if (child + 1 < this.#heap.length && this.#isBehind(child + 1, child)) child++
      if (!this.#isBehind(child, at)) return
      this.#swap(at, child)
      at = child
    }
  }

  /** True if one place has a less frequent value than another. */
  #isBehind(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    return a !== undefined && b !== undefined && compare(a, b) > 0
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]]
    if (a === undefined || b === undefined) return
    this.#heap[one] = b
    this.#heap[other] = a
  }
}

/** Negative if `a` comes before `b`. */
function compare(a: ValueCount, b: ValueCount): number {
  return b.count - a.count || compareCodePoints(a.value, b.value)
}
