import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import { type Column, Int32Column, Int64Column } from '../../src/index/column.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import type { RangeTest } from '../../src/index/range.ts'
import { Random } from './random.ts'

function bothKernels(): Kernels[] {
  return [loadKernels(new LinearMemory()), plainKernels(new LinearMemory(), 'a test asked for them')]
}

const OPERATORS = ['=', '!=', '<', '<=', '>', '>='] as const

/** The operators that hold for a value before, equal to and after the operand. */
const HOLDING = { before: ['!=', '<', '<='], equal: ['=', '<=', '>='], after: ['!=', '>', '>='] }

/** Derives the operators that hold from the sorted order of two values, without a comparison by operator. */
function matches<V extends bigint | number>(test: RangeTest<V>, value: V): boolean {
  const placeBeside = (other: V) => {
    if (other === value) return 'equal'
    const [first] = [value, other].sort((a, b) => (a < b ? -1 : 1))
    return first === value ? 'before' : 'after'
  }
  if (test.kind === 'compare') return HOLDING[placeBeside(test.value)].includes(test.operator)
  return placeBeside(test.low) !== 'before' && placeBeside(test.high) !== 'after'
}

/** A column, its model, and the source of its values. */
interface Subject<V extends bigint | number> {
  readonly kernels: Kernels
  readonly column: Column<V>
  readonly model: Map<number, V>
  readonly random: Random
  /** A value for a slot, mostly near the neighbours' values, so that the zone map can exclude blocks. */
  readonly valueFor: (slot: number) => V
}

function slotsOf(bitmap: Bitmap): number[] {
  return [...bitmap.slots(0, Number.POSITIVE_INFINITY, 'ascending')]
}

function randomTest<V extends bigint | number>({ random, valueFor, model }: Subject<V>): RangeTest<V> {
  const value = () => {
    const slot = random.below(5000)
    return random.chance(0.5) ? valueFor(slot) : (model.get(slot) ?? valueFor(slot))
  }
  if (random.chance(0.2)) return { kind: 'between', low: value(), high: value() }
  return { kind: 'compare', operator: random.of(OPERATORS), value: value() }
}

function checkScan<V extends bigint | number>(subject: Subject<V>): void {
  const { kernels, column, model, random } = subject
  const test = randomTest(subject)
  const expected = [...model]
    .filter(([, value]) => matches(test, value))
    .map(([slot]) => slot)
    .sort((a, b) => a - b)
  const into = new Bitmap(kernels, random.below(6000))
  into.addRange(0, random.below(6000))
  column.scan(test, into)
  const shown = JSON.stringify(test, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))
  assert.deepEqual(slotsOf(into), expected, shown)
  const chosen = random.slots(random.below(6000), random.of([0.001, 0.5]))
  const within = new Bitmap(kernels, random.below(6000))
  for (const slot of chosen) within.add(slot)
  const isChosen = new Set(chosen)
  column.scan(test, into, within)
  assert.deepEqual(
    slotsOf(into),
    expected.filter(slot => isChosen.has(slot)),
    `${shown} within some`,
  )
  const passes = column.probe(test)
  for (const slot of [...model.keys()].slice(0, 20))
    assert.equal(passes(slot), expected.includes(slot), shown)
  assert.equal(passes(9999), false)
  const estimate = column.estimate(test)
  assert(estimate >= 0 && estimate <= model.size)
  into.free()
  within.free()
}

function checkValues<V extends bigint | number>({ kernels, column, model, random }: Subject<V>): void {
  const present = column.present(random.below(9000))
  assert.deepEqual(
    slotsOf(present),
    [...model.keys()].sort((a, b) => a - b),
  )
  present.free()
  assert.equal(column.size, model.size)
  assert(column.bytes > 0 || model.size === 0)
  for (let i = 0; i < 30; i++) {
    const [left, right] = [random.below(5000), random.below(5000)]
    assert.equal(column.get(left), model.get(left))
    assert.equal(column.has(left), model.has(left))
    assert.equal(Math.sign(column.compare(left, right)), compare(model.get(left), model.get(right)))
  }
  assert(kernels.memory.allocatedBytes > 0 || model.size === 0)
}

function compare<V extends bigint | number>(left: V | undefined, right: V | undefined): number {
  if (left === right) return 0
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1
  return left < right ? -1 : left > right ? 1 : 0
}

/** Random writes that fill the column, thin it out and refill it, with scans between them. */
function walk<V extends bigint | number>(subject: Subject<V>): void {
  const { kernels, column, model, random, valueFor } = subject
  const forms = new Set<string>()
  for (const [writes, shareOfSets, span] of [
    [40, 1, 5000],
    [4000, 0.9, 5000],
    [2500, 0.02, 1500],
    [6000, 0.02, 5000],
    [1500, 0.9, 700],
  ] as const) {
    for (let write = 0; write < writes; write++) {
      const slot = random.below(span)
      if (random.chance(shareOfSets)) {
        const value = valueFor(slot)
        column.set(slot, value)
        model.set(slot, value)
      } else {
        const present = model.size > 0 && random.chance(0.9) ? [...model.keys()][0] : undefined
        assert.equal(column.delete(present ?? slot), model.delete(present ?? slot))
      }
      forms.add(column.form)
      if (random.chance(0.02)) checkScan(subject)
    }
    checkValues(subject)
    for (let i = 0; i < 20; i++) checkScan(subject)
  }
  assert.deepEqual([...forms].sort(), ['dense', 'sparse'])
  column.free()
  assert.equal(kernels.memory.allocatedBytes, 0)
  assert.equal(column.size, 0)
}

test('columns of 64-bit integers agree with maps over random writes and scans, in both forms', () => {
  const random = new Random()
  for (const kernels of bothKernels()) {
    const valueFor = (slot: number) =>
      random.chance(0.02) ? random.bigint() : 1_800_000_000_000_000n + BigInt(slot * 100 + random.below(5000))
    walk({ kernels, column: new Int64Column(kernels), model: new Map(), random, valueFor })
  }
})

test('columns of 64-bit integers agree with maps where neighbours round to one double', () => {
  const random = new Random()
  for (const kernels of bothKernels()) {
    const base = random.of([2n ** 62n, -(2n ** 62n), 2n ** 63n - 40n, -(2n ** 63n)])
    const valueFor = (slot: number) => base + BigInt((slot >>> 9) * 3 + random.below(3))
    walk({ kernels, column: new Int64Column(kernels), model: new Map(), random, valueFor })
  }
})

test('columns of 32-bit integers agree with maps over random writes and scans, in both forms', () => {
  const random = new Random()
  for (const kernels of bothKernels()) {
    const valueFor = (slot: number) =>
      random.chance(0.02) ? random.word() | 0 : (slot >>> 8) + random.below(4)
    walk({ kernels, column: new Int32Column(kernels), model: new Map(), random, valueFor })
  }
})

test('a test may name values outside the range of the type', () => {
  const [kernels] = bothKernels()
  assert(kernels !== undefined)
  const into = new Bitmap(kernels)
  const times = new Int64Column(kernels)
  const generations = new Int32Column(kernels)
  for (const slot of [3, 5]) {
    times.set(slot, BigInt(slot))
    generations.set(slot, slot)
  }
  const expected = { '=': 0, '!=': 2, '<': 2, '<=': 2, '>': 0, '>=': 0 }
  for (const operator of OPERATORS) {
    times.scan({ kind: 'compare', operator, value: 2n ** 70n }, into)
    assert.equal(into.count(), expected[operator], operator)
    generations.scan({ kind: 'compare', operator, value: 2 ** 40 }, into)
    assert.equal(into.count(), expected[operator], operator)
  }
  times.scan({ kind: 'between', low: -(2n ** 80n), high: 3n }, into)
  assert.deepEqual(slotsOf(into), [3])
  generations.scan({ kind: 'between', low: 5, high: Number.POSITIVE_INFINITY }, into)
  assert.deepEqual(slotsOf(into), [5])
})

test('the values of a whole fleet take little more than their own size', () => {
  const [kernels] = bothKernels()
  assert(kernels !== undefined)
  const column = new Int64Column(kernels)
  for (let slot = 0; slot < 400_000; slot++) column.set(slot, BigInt(slot))
  assert(column.bytes < 400_000 * 8.4, `${column.bytes}`)
  assert(kernels.memory.totalBytes < 400_000 * 8.4 + 2 ** 20, `${kernels.memory.totalBytes}`)
})
