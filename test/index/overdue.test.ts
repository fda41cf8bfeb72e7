// Overdue slots and the greatest value of a column, compared with a pass over every slot.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Int64Column } from '../../src/index/column.ts'
import { overdue } from '../../src/index/conditions.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { PostingList } from '../../src/index/posting-list.ts'
import { Random } from './random.ts'

test('overdue slots and the greatest value agree with a pass over every slot', () => {
  const random = new Random()
  for (let round = 0; round < 60; round++) {
    const kernels = loadKernels(new LinearMemory())
    const times = new Int64Column(kernels)
    const list = new PostingList(kernels)
    const known = new Map<number, number>()
    const listed = new Set<number>()
    const slots = random.of([0, 1, 40, 3000])
    for (let change = 0; change < slots * 2; change++) {
      const slot = random.below(slots)
      if (random.chance(0.15)) {
        times.delete(slot)
        known.delete(slot)
      } else {
        const value = random.below(1_000_000)
        times.set(slot, BigInt(value))
        known.set(slot, value)
      }
      if (random.chance(0.5)) {
        list.add(slot)
        listed.add(slot)
      } else {
        list.delete(slot)
        listed.delete(slot)
      }
    }
    const greatest = known.size === 0 ? undefined : Math.max(...known.values())
    assert.equal(times.greatest(), greatest)
    const limit = random.below(1_000_000)
    const late = [...known]
      .filter(([slot, value]) => listed.has(slot) && value < limit)
      .map(([, value]) => value)
    assert.deepEqual(overdue(times, list, BigInt(limit)), {
      count: late.length,
      oldestMicros: late.length === 0 ? undefined : Math.min(...late),
    })
  }
})
