// The page of an order without a sort of the whole: a heap of the best while the page is near the beginning, a
// quicksort that leaves alone what lies outside of the page where it is far.

/** Negative when the record of the first slot comes before that of the second; never 0 for two slots. */
export type CompareSlots = (a: number, b: number) => number

/** Pages that end by this position are found with a heap. */
export const MAX_HEAP_SIZE = 2048
/** Parts up to this size are sorted at once. */
const SMALL_PART = 32

/** The slots at positions [from, to) of the order; the array given is used up. */
export function selectPage(slots: Uint32Array, from: number, to: number, compare: CompareSlots): Uint32Array {
  if (to <= MAX_HEAP_SIZE && to < slots.length) return bestOf(slots, to, compare).slice(from)
  placeInOrder(slots, from, to, compare)
  return slots.slice(from, to)
}

/** The first `count` slots of the order, in order. */
function bestOf(slots: Uint32Array, count: number, compare: CompareSlots): Uint32Array {
  if (count === 0) return new Uint32Array(0)
  const heap = slots.slice(0, count)
  for (let i = (count >>> 1) - 1; i >= 0; i--) siftDown(heap, i, compare)
  for (let i = count; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    if (compare(slot, heap[0] ?? 0) >= 0) continue
    heap[0] = slot
    siftDown(heap, 0, compare)
  }
  return heap.sort(compare)
}

/** Restores the heap, whose root is the last of the order, below a position. */
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

/** Brings the positions [from, to) into order, and what is before and behind them to its side. */
function placeInOrder(slots: Uint32Array, from: number, to: number, compare: CompareSlots): void {
  const parts = [{ start: 0, end: slots.length, depth: 2 * Math.ceil(Math.log2(slots.length + 1)) }]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const { start, end, depth } = part
    if (end <= from || start >= to) continue
    if (end - start <= SMALL_PART || depth === 0) {
      slots.subarray(start, end).sort(compare)
      continue
    }
    const middle = partition(slots, start, end, compare)
    parts.push({ start, end: middle, depth: depth - 1 }, { start: middle + 1, end, depth: depth - 1 })
  }
}

/** Puts one slot in its place, those before it to its left and those after it to its right; returns the place. */
function partition(slots: Uint32Array, start: number, end: number, compare: CompareSlots): number {
  swap(slots, medianOfThree(slots, start, end, compare), end - 1)
  const pivot = slots[end - 1] ?? 0
  let place = start
  for (let i = start; i < end - 1; i++) {
    if (compare(slots[i] ?? 0, pivot) < 0) swap(slots, i, place++)
  }
  swap(slots, place, end - 1)
  return place
}

function medianOfThree(slots: Uint32Array, start: number, end: number, compare: CompareSlots): number {
  const places = [start, (start + end) >>> 1, end - 1]
  places.sort((a, b) => compare(slots[a] ?? 0, slots[b] ?? 0))
  return places[1] ?? start
}

function swap(slots: Uint32Array, a: number, b: number): void {
  const slot = slots[a] ?? 0
  slots[a] = slots[b] ?? 0
  slots[b] = slot
}
