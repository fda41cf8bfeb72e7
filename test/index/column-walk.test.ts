// Walks over a column while its values change, several walks at a time, in steps of one block.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import { Int64Column } from '../../src/index/column.ts'
import { ColumnWalk } from '../../src/index/column-walk.ts'
import { CountedSlots } from '../../src/index/counted-slots.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { BLOCK_SLOTS } from '../../src/index/value-blocks.ts'
import { Random } from './random.ts'

class Walked {
  readonly column: Int64Column
  readonly values = new Map<number, bigint>()
  readonly #random: Random
  /** Values of this kind, so that some blocks are within one interval. */
  readonly #value: (slot: number) => bigint

  constructor(kernels: Kernels, random: Random) {
    this.column = new Int64Column(kernels)
    this.#random = random
    const ofSlot = (slot: number) => BigInt(slot >>> 7)
    const small = () => BigInt(random.below(40))
    const large = () => 2n ** 60n + BigInt(random.below(200))
    this.#value = random.of([ofSlot, small, large, () => random.bigint()])
  }

  change(slot: number): void {
    if (this.#random.chance(0.2)) {
      this.column.delete(slot)
      this.values.delete(slot)
      return
    }
    const value = this.#value(slot)
    this.column.set(slot, value)
    this.values.set(slot, value)
  }

  /** Bounds that are values, or beside them. */
  bounds(): bigint[] {
    const some = [...this.values.values()]
    const bounds = Array.from({ length: 1 + this.#random.below(33) }, () => {
      const value =
        some.length > 0 && this.#random.chance(0.8) ? this.#random.of(some) : this.#random.bigint()
      return value + BigInt(this.#random.below(3)) - 1n
    })
    const least = -(2n ** 63n)
    const greatest = 2n ** 63n - 1n
    const within = bounds.filter(bound => bound >= least && bound <= greatest)
    return [...new Set(within)].sort((a, b) => (a < b ? -1 : 1))
  }
}

interface Walking {
  step(): boolean
  check(): void
}

function begin(walked: Walked, kernels: Kernels, slots: readonly number[] | undefined): Walking {
  const bitmap = slots && new Bitmap(kernels, 1)
  for (const slot of slots ?? []) bitmap?.add(slot)
  const bounds = walked.bounds()
  const counted = new CountedSlots()
  const walk = new ColumnWalk(walked.column, counted, bounds)
  const expected = new Array(bounds.length + 1).fill(0)
  for (const [slot, value] of walked.values)
    if (bitmap?.has(slot) ?? true) expected[bounds.filter(bound => bound < value).length]++
  counted.settle(slot => bitmap?.has(slot) ?? true)
  return {
    step: () => walk.step(bitmap, BLOCK_SLOTS),
    check() {
      walk.end()
      bitmap?.free()
      assert.deepEqual(walk.counts, expected)
    },
  }
}

function walkWhileChanging(kernels: Kernels, random: Random): void {
  const walked = new Walked(kernels, random)
  const span = random.of([30, 600, 3000])
  const density = random.of([0.003, 0.02, 0.9])
  for (const slot of random.slots(span, density)) walked.change(slot)
  const walks: Walking[] = []
  for (let round = 0; round < 150; round++) {
    if (walks.length < 3 && random.chance(0.4))
      walks.push(
        begin(
          walked,
          kernels,
          random.chance(0.4) ? undefined : random.slots(span, random.of([0, 0.1, 0.9, 1])),
        ),
      )
    for (let writes = random.below(8); writes > 0; writes--) walked.change(random.below(span + 700))
    const at = random.below(Math.max(1, walks.length))
    if (walks[at] === undefined || walks[at].step()) continue
    walks[at].check()
    walks.splice(at, 1)
  }
  for (const walk of walks) {
    while (walk.step());
    walk.check()
  }
  walked.column.free()
}

test('each walk counts the intervals of its moment, whatever changes between its steps (contract 15.2, 15.3)', () => {
  const random = new Random()
  for (const kernels of [loadKernels(new LinearMemory()), plainKernels(new LinearMemory(), 'a test')]) {
    for (let round = 0; round < 25; round++) walkWhileChanging(kernels, random)
    assert.equal(kernels.memory.allocatedBytes, 0)
  }
})
