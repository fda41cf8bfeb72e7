// Selections of pages, against sorting everything, and their yields: a slice of a long search ends at a yield.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '../../src/search/run/pace.ts'
import { MAX_HEAP_SIZE, selectPage } from '../../src/search/run/selection.ts'
import { Random, runSeed } from '../harness/random.ts'

/** Comparisons that no slice notices: a comparison takes about a microsecond. */
const MOST_BETWEEN_YIELDS = 200

test('a selection returns the page of the sorted slots, and yields before it has made 200 comparisons (contract 7.4)', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  for (let round = 0; round < 60; round++) {
    const length = random.of([1, 5, 40, 1000, 3000, 12_000])
    const rank = Uint32Array.from({ length }, (_, slot) => slot)
    // Slots that are in order, in reverse, or in any order: the last two move most slots down the heap.
    const shape = random.of(['order', 'reverse', 'any'])
    if (shape === 'reverse') rank.reverse()
    if (shape === 'any') for (let i = 0; i < length; i++) swap(rank, i, random.below(length))
    const from = random.below(length)
    const to = Math.min(length, from + random.of([0, 1, 20, 1000, MAX_HEAP_SIZE, length]))
    let since = 0
    let most = 0
    const compare = (a: number, b: number) => {
      most = Math.max(most, ++since)
      return (rank[a] ?? 0) - (rank[b] ?? 0)
    }
    const slots = Uint32Array.from({ length }, (_, slot) => slot)
    const work = selectPage(slots, from, to, compare, new Pace())
    let step = work.next()
    for (; !step.done; step = work.next()) since = 0
    const sorted = Array.from({ length }, (_, slot) => slot).sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0))
    assert.deepEqual([...step.value], sorted.slice(from, to), `${shape}, ${from}-${to} of ${length}`)
    assert.ok(most <= MOST_BETWEEN_YIELDS, `${most} comparisons: ${shape}, ${from}-${to} of ${length}`)
  }
})

function swap(slots: Uint32Array, a: number, b: number): void {
  const slot = slots[a] ?? 0
  slots[a] = slots[b] ?? 0
  slots[b] = slot
}
