// The most frequent values of a field, and the sum of all counts. Values with equal counts are in the order of their code points (contract 15.2).
import type { ValueSelection } from '../../index/value-walk.ts'
import { compareCodePoints } from '../../wire/text.ts'

export interface ValueCount {
  readonly value: string
  readonly count: number
}

interface Entry extends ValueCount {
  /** True without surrogates: then the order of the units is that of the code points, and the engine compares them in a third of the time. */
  readonly isPlain: boolean
}

export class TopValues implements ValueSelection {
  readonly #limit: number
  /** A heap. The least frequent of the values is first. */
  readonly #heap: Entry[] = []
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
    const added = { value, count, isPlain: !SURROGATE.test(value) }
    if (heap.length < this.#limit) {
      heap.push(added)
      this.#rise(heap.length - 1, added)
    } else {
      const least = heap[0]
      if (least !== undefined && isAhead(least, added)) return
      this.#rise(this.#sink(), added)
    }
    this.#least = undefined
  }

  /** The most frequent first. */
  toSorted(): ValueCount[] {
    return this.#heap
      .toSorted((a, b) => (isAhead(a, b) ? -1 : 1))
      .map(({ value, count }) => ({ value, count }))
  }

  /**
   * Takes the first value out, and moves the less frequent child of each place up to it. Returns the place at the bottom that is free then. Most of
   * those that follow belong near the bottom, so this takes half of the comparisons of a search from the top, which were a third of a count by a
   * label with a million values.
   */
  #sink(): number {
    const heap = this.#heap
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      let next = heap[child] as Entry
      const other = heap[child + 1]
      if (other !== undefined && isAhead(next, other)) {
        next = other
        child++
      }
      heap[at] = next
      at = child
    }
    return at
  }

  /** Puts a value at a free place, or above it. */
  #rise(from: number, added: Entry): void {
    const heap = this.#heap
    let at = from
    while (at > 0) {
      const place = (at - 1) >>> 1
      const parent = heap[place] as Entry
      if (isAhead(added, parent)) break
      heap[at] = parent
      at = place
    }
    heap[at] = added
  }
}

const SURROGATE = /[\ud800-\udfff]/

/** True if `a` comes before `b`. The two are never the same value. */
function isAhead(a: Entry, b: Entry): boolean {
  if (a.count !== b.count) return a.count > b.count
  return a.isPlain && b.isPlain ? a.value < b.value : compareCodePoints(a.value, b.value) < 0
}
