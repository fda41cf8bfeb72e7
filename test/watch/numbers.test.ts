// Sets and tables of numbers, beside `Set` and `Map`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NumberTable } from '../../src/state/number-table.ts'
import { NumberSet } from '../../src/watch/numbers.ts'
import { Random, runSeed } from '../harness/random.ts'

const seed = runSeed()

/** Numbers that are close to each other, far from each other, and at the ends. */
function someNumber(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(300)
    case 1:
      return 4000 + random.below(5000)
    case 2:
      return random.below(2 ** 31)
    default:
      return 2 ** 32 - 2 - random.below(50)
  }
}

test(`a set of numbers is a set, in order (seed ${seed})`, () => {
  const random = new Random(seed)
  for (let round = 0; round < 30; round++) {
    const [set, model] = [new NumberSet(), new Set<number>()]
    for (let step = 0; step < 3000; step++) {
      const number = someNumber(random)
      if (random.below(10) < (step < 1500 ? 7 : 3)) {
        assert.equal(set.add(number), !model.has(number))
        model.add(number)
      } else assert.equal(set.delete(number), model.delete(number))
      assert.equal(set.has(number), model.has(number))
    }
    const walked: number[] = []
    for (let next = set.next(0); next !== undefined; next = set.next(next + 1)) walked.push(next)
    assert.deepEqual(
      walked,
      [...model].sort((a, b) => a - b),
    )
    assert.equal(set.size, model.size)
    for (const number of model) set.delete(number)
    assert.deepEqual([set.size, set.next(0)], [0, undefined])
  }
})

test('a dense set and its holes', () => {
  const set = new NumberSet()
  for (let number = 0; number < 20_000; number++) set.add(number)
  for (let number = 0; number < 20_000; number += 2) set.delete(number)
  assert.deepEqual([set.size, set.next(0), set.next(4095), set.next(4096)], [10_000, 1, 4095, 4097])
  assert.deepEqual(
    [set.has(8191), set.has(8192), set.next(19_999), set.next(20_000)],
    [true, false, 19_999, undefined],
  )
})

test(`a table of numbers is a table (seed ${seed})`, () => {
  const random = new Random(seed)
  for (let round = 0; round < 30; round++) {
    const [table, model] = [new NumberTable(), new Map<number, number>()]
    for (let step = 0; step < 3000; step++) {
      const [number, value] = [someNumber(random), random.below(1000)]
      switch (random.below(6)) {
        case 0:
          table.set(number, value)
          model.set(number, value)
          break
        case 1:
        case 2:
          assert.equal(table.addNew(number, value), !model.has(number))
          if (!model.has(number)) model.set(number, value)
          break
        case 3:
          table.delete(number)
          model.delete(number)
          break
        case 4: {
          const isTaken = table.take((taken, of) => {
            assert.equal(model.get(taken), of)
            model.delete(taken)
          })
          if (!isTaken) assert.equal(model.size, 0)
          break
        }
        default:
          assert.equal(table.get(number), model.get(number))
      }
      assert.equal(table.size, model.size)
    }
    for (const [number, value] of model) assert.equal(table.get(number), value)
    while (table.take(number => assert.equal(model.delete(number), true)));
    assert.deepEqual([table.size, model.size], [0, 0])
  }
})
