import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { PostingList } from '../../src/index/posting-list.ts'
import { Random } from './random.ts'

function bothKernels(): Kernels[] {
  return [loadKernels(new LinearMemory()), plainKernels(new LinearMemory(), 'a test asked for them')]
}

function ascending(slots: Iterable<number>): number[] {
  return [...slots].sort((a, b) => a - b)
}

function slotsOf(bitmap: Bitmap): number[] {
  return [...bitmap.slots(0, Number.POSITIVE_INFINITY, 'ascending')]
}

function bitmapOf(kernels: Kernels, slots: Iterable<number>, length = 0): Bitmap {
  const bitmap = new Bitmap(kernels, length)
  for (const slot of slots) bitmap.add(slot)
  return bitmap
}

test('bitmaps agree with sets over random operations, and free all their memory', () => {
  const random = new Random()
  for (const kernels of bothKernels()) {
    for (let round = 0; round < 15; round++) {
      const bitmap = new Bitmap(kernels, random.below(200))
      const model = new Set<number>()
      for (let step = 0; step < 60; step++) changeBoth(kernels, random, bitmap, model)
      bitmap.free()
    }
    assert.equal(kernels.memory.allocatedBytes, 0)
  }
})

/** Applies one random operation to a bitmap and its model, and compares them. */
function changeBoth(kernels: Kernels, random: Random, bitmap: Bitmap, model: Set<number>): void {
  const span = random.of([100, 1000, 10_000])
  const slot = random.below(span)
  const others = random.slots(random.below(span), random.of([0.001, 0.1, 0.9]))
  const other = bitmapOf(kernels, others, random.below(span))
  const inOther = new Set(others)
  const common = [...model].filter(each => inOther.has(each))
  assert.equal(bitmap.countAnd(other), common.length)
  const steps: Record<string, () => void> = {
    add: () => assert.equal(bitmap.add(slot), !model.has(slot) && model.add(slot) === model),
    delete: () => assert.equal(bitmap.delete(slot), model.delete(slot)),
    addRange: () => {
      const to = slot + random.below(200)
      bitmap.addRange(slot, to)
      for (let each = slot; each < to; each++) model.add(each)
    },
    and: () => {
      bitmap.and(other)
      for (const each of [...model]) if (!inOther.has(each)) model.delete(each)
    },
    or: () => {
      bitmap.or(other)
      for (const each of others) model.add(each)
    },
    andNot: () => {
      bitmap.andNot(other)
      for (const each of others) model.delete(each)
    },
    not: () => {
      bitmap.not(span)
      const before = new Set(model)
      model.clear()
      for (let each = 0; each < span; each++) if (!before.has(each)) model.add(each)
      assert.equal(bitmap.length, span)
    },
  }
  const name = random.of(Object.keys(steps))
  steps[name]?.()
  other.free()
  checkBitmap(random, bitmap, ascending(model), name)
}

function checkBitmap(random: Random, bitmap: Bitmap, slots: readonly number[], after: string): void {
  assert.deepEqual(slotsOf(bitmap), slots, after)
  assert.equal(bitmap.count(), slots.length)
  const copy = bitmap.copy()
  assert.deepEqual(slotsOf(copy), slots)
  copy.free()
  const offset = random.below(slots.length + 2)
  const limit = random.below(30)
  assert.deepEqual([...bitmap.page(offset, limit, 'ascending')], slots.slice(offset, offset + limit))
  const descending = slots.toReversed()
  assert.deepEqual([...bitmap.page(offset, limit, 'descending')], descending.slice(offset, offset + limit))
  const from = random.below(bitmap.length + 50)
  const next = slots.find(slot => slot >= from) ?? -1
  assert.equal(bitmap.next(from), next)
  assert.equal(bitmap.has(from), next === from)
}

test('a bitmap that grows slot by slot keeps its slots while the memory grows', () => {
  const [kernels] = bothKernels()
  assert(kernels !== undefined)
  const before = kernels.memory.totalBytes
  const bitmap = new Bitmap(kernels)
  const model: number[] = []
  for (let slot = 0; slot < 12_000_000; slot += 997) {
    bitmap.add(slot)
    model.push(slot)
  }
  assert(kernels.memory.totalBytes > before)
  assert.deepEqual(slotsOf(bitmap), model)
})

/** Applies the same random operations to posting lists and sets. The span and the share of additions change between rounds. */
function walk(kernels: Kernels, random: Random, steps: number): void {
  const list = new PostingList(kernels)
  const model = new Set<number>()
  const forms = new Set<string>()
  let span = 2000
  let additions = 0.9
  for (let step = 0; step < steps; step++) {
    if (step > 500 && random.chance(0.002)) additions = random.of([0.05, 0.5, 0.9])
    if (step > 500 && random.chance(0.002)) span = random.of([200, 2000, 20_000, 100_000])
    const slot = random.below(span)
    if (random.chance(additions)) assert.equal(list.add(slot), !model.has(slot) && model.add(slot) === model)
    else {
      const gone = random.chance(0.3) ? slot : (random.of([...model].slice(0, 20).concat(slot)) ?? slot)
      assert.equal(list.delete(gone), model.delete(gone))
    }
    assert.equal(list.size, model.size)
    assert.equal(list.has(slot), model.has(slot))
    forms.add(list.form)
    if (random.chance(0.01)) checkList(kernels, random, list, model)
  }
  for (const slot of [...model]) assert(list.delete(slot))
  assert.equal(list.form, 'sparse')
  list.free()
  assert.equal(kernels.memory.allocatedBytes, 0)
  assert.deepEqual([...forms].sort(), ['dense', 'sparse'])
}

function checkList(kernels: Kernels, random: Random, list: PostingList, model: Set<number>): void {
  const slots = ascending(model)
  assert.deepEqual([...list.slots()], slots)
  const others = random.slots(random.of([10, 3000]), random.of([0.01, 0.8]))
  const inOthers = new Set(others)
  const bitmap = bitmapOf(kernels, others, random.below(5000))
  assert.equal(list.countAnd(bitmap), slots.filter(slot => inOthers.has(slot)).length)
  list.orInto(bitmap)
  assert.deepEqual(slotsOf(bitmap), ascending(new Set([...others, ...slots])))
  bitmap.free()
  const own = list.toBitmap(12_345)
  assert.deepEqual(slotsOf(own), slots)
  assert(own.length >= 12_345)
  own.free()
}

test('posting lists agree with sets over random operations, in both forms', () => {
  const random = new Random()
  for (const kernels of bothKernels()) for (let round = 0; round < 3; round++) walk(kernels, random, 8000)
})

test('a posting list becomes a bitmap above about 1 %, and a list again well below that', () => {
  const [kernels] = bothKernels()
  assert(kernels !== undefined)
  const list = new PostingList(kernels)
  list.add(999_999)
  let slot = 0
  for (; list.form === 'sparse'; slot += 7) list.add(slot)
  assert(list.size > 10_000 && list.size < 20_000, `dense at ${list.size}`)
  const dense = list.size
  assert(list.bytes < 130_000)
  for (slot -= 7; list.form === 'dense'; slot -= 7) list.delete(slot)
  assert(list.size < dense * 0.75 && list.size > 5000, `sparse at ${list.size}`)
  assert.equal(list.slots().length, list.size)
})

test('one distant slot does not enlarge a small dense list', () => {
  const [kernels] = bothKernels()
  assert(kernels !== undefined)
  const list = new PostingList(kernels)
  for (let slot = 0; slot < 1000; slot++) list.add(slot)
  assert.equal(list.form, 'dense')
  list.add(5_000_000)
  assert.equal(list.form, 'sparse')
  assert(list.bytes < 8192)
  assert.deepEqual([...list.slots()].slice(-2), [999, 5_000_000])
})
