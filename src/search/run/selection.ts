// Selects a page without sorting everything: by a heap if the page is near the beginning, otherwise by a quicksort that leaves the
// parts outside the page unsorted. Both yield regularly.
import type { Pace } from './pace.ts'
import type { Work } from './turns.ts'

/** Negative when the record of the first slot comes before that of the second; never 0 for two slots. */
export type CompareSlots = (a: number, b: number) => number

/** Pages that end up to this position are found with a heap. */
export const MAX_HEAP_SIZE = 2048
/** Parts up to this size are sorted at once. */
const SMALL_PART = 16
/** The work of moving a slot down a heap, as a number of comparisons. */
const SIFT_STEPS = 16

/** The slots at positions [from, to) of the order. The given array is overwritten. */
export function* selectPage(
  slots: Uint32Array,
  from: number,
  to: number,
  compare: CompareSlots,
  pace: Pace,
): Work<Uint32Array> {
  if (to <= MAX_HEAP_SIZE && to < slots.length) return (yield* bestOf(slots, to, compare, pace)).slice(from)
  yield* placeInOrder(slots, from, to, compare, pace)
  return slots.slice(from, to)
}

/** The first `count` slots of the order, in order. */
function* bestOf(slots: Uint32Array, count: number, compare: CompareSlots, pace: Pace): Work<Uint32Array> {
  if (count === 0) return new Uint32Array(0)
  const heap = slots.slice(0, count)
  for (let i = (count >>> 1) - 1; i >= 0; i--) {
    siftDown(heap, i, compare)
    if (pace.isDue(SIFT_STEPS)) yield
  }
  for (let i = count; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    const isBetter = compare(slot, heap[0] ?? 0) < 0
    if (isBetter) {
      heap[0] = slot
      siftDown(heap, 0, compare)
    }
    if (pace.isDue(isBetter ? SIFT_STEPS : 1)) yield
  }
  yield* placeInOrder(heap, 0, count, compare, pace)
  return heap
}

/** Restores the heap below a position. The root is the last in the order. */
function siftDown(heap: Uint32Array, start: number, compare: CompareSlots): void {
  for (let parent = start; ; ) {
    let child = 2 * parent + 1
    if (child >= heap.length) return
    if (child + 1 < heap.length && compare(heap[child] ?? 0, heap[child + 1] ?? 0) < 0) child++
    if (compare(heap[parent] ?? 0, heap[child] ?? 0) >= 0) return
    swap(heap, parent, child)
    parent = child
  }
}

/** Sorts the positions [from, to), and moves every other slot to its side of them. */
function* placeInOrder(
  slots: Uint32Array,
  from: number,
  to: number,
  compare: CompareSlots,
  pace: Pace,
): Work<void> {
  const random = generator(slots.length)
  const parts = [{ start: 0, end: slots.length }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { start, end } = part
    if (end <= from || start >= to) continue
    if (end - start <= SMALL_PART) {
      slots.subarray(start, end).sort(compare)
      yield
      continue
    }
    swap(slots, pivotOf(slots, start, end, random, compare), end - 1)
    const middle = yield* partition(slots, start, end, compare, pace)
    parts.push({ start, end: middle }, { start: middle + 1, end })
  }
}

/** Partitions around the last slot, and returns its place. */
function* partition(
  slots: Uint32Array,
  start: number,
  end: number,
  compare: CompareSlots,
  pace: Pace,
): Work<number> {
  const pivot = slots[end - 1] ?? 0
  let place = start
  for (let i = start; i < end - 1; i++) {
    if (compare(slots[i] ?? 0, pivot) < 0) swap(slots, i, place++)
    if (pace.isDue()) yield
  }
  yield
  swap(slots, place, end - 1)
  return place
}

/** The median of three random places, so that no order of the slots makes quicksort quadratic. */
function pivotOf(
  slots: Uint32Array,
  start: number,
  end: number,
  random: (bound: number) => number,
  compare: CompareSlots,
): number {
  const places = Array.from({ length: 3 }, () => start + random(end - start))
  places.sort((a, b) => (slots[a] === slots[b] ? 0 : compare(slots[a] ?? 0, slots[b] ?? 0)))
  return places[1] ?? start
}

/** Numbers below a bound, by xorshift (Marsaglia, 2003): not secret, but unrelated to the order of names. */
function generator(seed: number): (bound: number) => number {
  let state = seed | 1
  return bound => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % bound
  }
}

function swap(slots: Uint32Array, a: number, b: number): void {
  const slot = slots[a] ?? 0
  slots[a] = slots[b] ?? 0
  slots[b] = slot
}
