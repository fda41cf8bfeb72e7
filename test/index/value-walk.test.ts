// Walks over the values of an index while slots move between values, several walks at a time, in random steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import { CountedSlots, countAndEach } from '../../src/index/counted-slots.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import type { PostingList } from '../../src/index/posting-list.ts'
import { integerIndex, textIndex, type ValueIndex } from '../../src/index/value-index.ts'
import { ValueWalk } from '../../src/index/value-walk.ts'
import { TopValues } from '../../src/search/facets/top-values.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { compareCodePoints } from '../../src/wire/text.ts'
import { Random } from './random.ts'

/** An index and the value of each slot. */
interface Indexed<V extends string | number> {
  readonly index: ValueIndex<V>
  readonly values: Map<number, V>
  readonly nth: (number: number) => V
}

/** A walk under way, and the counts that it must find. */
interface Walking {
  /** Returns false at the end. */
  step(limit: number): boolean
  settle(): void
  check(where: string): void
}

function change<V extends string | number>(
  { index, values, nth }: Indexed<V>,
  random: Random,
  slot: number,
  variety: number,
): void {
  const before = values.get(slot)
  const after = random.chance(0.25) ? undefined : nth(random.below(variety))
  index.replace(slot, before, after)
  if (after === undefined) values.delete(slot)
  else values.set(slot, after)
}

/** @param slots the slots to count; undefined for all */
function begin<V extends string | number>(
  { index, values }: Indexed<V>,
  kernels: Kernels,
  slots: readonly number[] | undefined,
  limit: number,
): Walking {
  const bitmap = slots && new Bitmap(kernels, 1)
  for (const slot of slots ?? []) bitmap?.add(slot)
  const counted = new CountedSlots()
  const walk = new ValueWalk(index, counted)
  const expected = new Map<string, number>()
  for (const [slot, value] of values)
    if (bitmap?.has(slot) ?? true) expected.set(String(value), (expected.get(String(value)) ?? 0) + 1)
  const selection = new TopValues(limit)
  const countInEach = (lists: readonly PostingList[]) =>
    bitmap === undefined ? [] : countAndEach(lists, bitmap)
  return {
    step: rows => walk.step(bitmap && { bitmap, countInEach }, selection, rows),
    settle: () => counted.settle(slot => bitmap?.has(slot) ?? true),
    check(where) {
      walk.end()
      bitmap?.free()
      const sorted = [...expected].sort(([a, m], [b, n]) => (m === n ? compareCodePoints(a, b) : n - m))
      const found = selection.toSorted().map(({ value, count }) => [value, count])
      assert.deepEqual(found, sorted.slice(0, limit), where)
      assert.equal(
        selection.sum,
        sorted.reduce((sum, [, count]) => sum + count, 0),
        where,
      )
    },
  }
}

function walkWhileChanging<V extends string | number>(kernels: Kernels, random: Random, indexed: Indexed<V>) {
  const span = random.of([20, 200, 3000])
  const variety = random.of([1, 5, 50, 400, 4000])
  for (let slot = 0; slot < span; slot++) if (random.chance(0.8)) change(indexed, random, slot, variety)
  const walks: Walking[] = []
  const start = () => {
    const slots = random.chance(0.4) ? undefined : random.slots(span, random.of([0, 0.01, 0.5, 1]))
    const walk = begin(indexed, kernels, slots, random.of([1, 2, 20, 5000]))
    // The slots may be known later than the moment.
    for (let writes = random.below(5); writes > 0; writes--)
      change(indexed, random, random.below(span), variety)
    walk.settle()
    walks.push(walk)
  }
  for (let round = 0; round < 200; round++) {
    if (walks.length < 4 && random.chance(0.3)) start()
    // Slots that no walk knows, too.
    for (let writes = random.below(6); writes > 0; writes--)
      change(indexed, random, random.below(span + 40), variety)
    const at = random.below(Math.max(1, walks.length))
    if (walks[at] === undefined || walks[at].step(random.of([1, 3, 40, 1024]))) continue
    walks[at].check(`round ${round}`)
    walks.splice(at, 1)
  }
  for (const walk of walks) {
    while (walk.step(5));
    walk.check('at the end')
  }
}

test('each walk counts its moment, whatever is written between its steps and by other walks (contract 15.2)', () => {
  const random = new Random()
  for (const kernels of [loadKernels(new LinearMemory()), plainKernels(new LinearMemory(), 'a test')])
    walkBothKinds(kernels, random)
})

/** Texts with common beginnings, short and long, with characters beyond the basic plane and just below it. */
function textOf(number: number): string {
  const end = ['', '😀', '\uffff', 'é'][number % 4] ?? ''
  return `${'common-'.repeat(number % 3)}${number % 7 === 0 ? 'x'.repeat(number % 130) : ''}${number}${end}`
}

function walkBothKinds(kernels: Kernels, random: Random): void {
  for (let round = 0; round < 12; round++) {
    const texts = textIndex(kernels, KNOWN_SEED)
    walkWhileChanging(kernels, random, { index: texts, values: new Map(), nth: number => textOf(number) })
    const integers = integerIndex(kernels, KNOWN_SEED)
    walkWhileChanging(kernels, random, { index: integers, values: new Map(), nth: number => number - 9 })
    for (const index of [texts, integers]) for (const _ of index.discard());
  }
  assert.equal(kernels.memory.allocatedBytes, 0)
}
