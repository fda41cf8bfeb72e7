import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bitmap } from '../../src/index/bitmap.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { listSlots } from '../../src/index/posting-list.ts'
import { Rows } from '../../src/index/rows.ts'
import { type BytesTest, StoredTexts } from '../../src/index/stored-values.ts'
import { integerIndex, textIndex, type ValueFilter, ValueIndex } from '../../src/index/value-index.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { compareCodePoints } from '../../src/wire/text.ts'
import { Random } from './random.ts'

function kernelsOver(memory = new LinearMemory()): Kernels {
  return loadKernels(memory)
}

/** The slots of each value in plain sets. */
class PlainValues<V> {
  readonly slots = new Map<V, Set<number>>()
  readonly values = new Map<number, V>()

  replace(slot: number, after: V | undefined): V | undefined {
    const before = this.values.get(slot)
    if (before !== undefined) {
      const slots = this.slots.get(before)
      slots?.delete(slot)
      if (slots?.size === 0) this.slots.delete(before)
    }
    this.values.delete(slot)
    if (after === undefined) return before
    this.values.set(slot, after)
    this.slots.set(after, (this.slots.get(after) ?? new Set()).add(slot))
    return before
  }
}

function ascending(slots: Iterable<number>): number[] {
  return [...slots].sort((a, b) => a - b)
}

function compare<V extends string | number>(index: ValueIndex<V>, plain: PlainValues<V>): void {
  assert.equal(index.size, plain.slots.size)
  assert.equal(index.slotCount, plain.values.size)
  const seen = new Set<V>()
  for (const [value, slots] of index.entries()) {
    assert(!seen.has(value), 'each value once')
    seen.add(value)
    assert.deepEqual([...listSlots(slots)], ascending(plain.slots.get(value) ?? []))
  }
}

/** Makes random changes to both. A value is often met again, often by many slots. */
function walk<V extends string | number>(
  random: Random,
  index: ValueIndex<V>,
  { steps, span, nextValue }: { steps: number; span: number; nextValue: () => V },
): PlainValues<V> {
  const plain = new PlainValues<V>()
  let present = 0.9
  for (let step = 0; step < steps; step++) {
    if (random.chance(10 / steps)) present = random.of([0.1, 0.5, 0.9])
    const slot = random.below(span)
    const after = random.chance(present) ? nextValue() : undefined
    index.replace(slot, plain.replace(slot, after), after)
    const asked = nextValue()
    const slots = index.slotsOf(asked)
    const expected = plain.slots.get(asked)
    assert.equal(slots === undefined, expected === undefined)
    if (slots !== undefined && expected !== undefined && step % 16 === 0)
      assert.deepEqual([...listSlots(slots)], ascending(expected))
  }
  return plain
}

function clear<V extends string | number>(random: Random, index: ValueIndex<V>, plain: PlainValues<V>): void {
  const slots = [...plain.values.keys()]
  while (slots.length > 0) {
    const at = random.below(slots.length)
    const slot = slots[at] ?? 0
    slots[at] = slots.at(-1) ?? 0
    slots.pop()
    index.replace(slot, plain.replace(slot, undefined), undefined)
  }
  assert.equal(index.size, 0)
  assert.equal(index.slotCount, 0)
  assert.equal(index.bytes, 0)
}

const PIECES = [
  'a',
  'b',
  'z',
  '',
  '-',
  '\u0000',
  '\u007f',
  '\u0080',
  'é',
  'ß',
  '\uffff',
  '日',
  '本',
  '𝒳',
  '👩‍👩‍👧',
  '\u{10ffff}',
]

/** Texts of any script; some differ only at their ends, some have thousands of bytes. */
function randomTexts(random: Random, count: number): string[] {
  const texts = new Set(['', ...PIECES])
  while (texts.size < count) {
    const base = random.of([
      '',
      'cluster-',
      'x'.repeat(random.of([61, 62, 63, 64, 65, 127, 128, 8191, 8192, 20_000])),
    ])
    const pieces = Array.from({ length: random.below(4) }, () => random.of(PIECES))
    texts.add(base + pieces.join('') + random.below(1000))
  }
  return [...texts]
}

const WEAK_HASHES: Readonly<Record<string, (text: string) => number>> = {
  'the same for all': () => 0,
  'the greatest for all': () => 2 ** 32 - 1,
  'the length': text => text.length,
  'multiples of a power of two': text => (text.length * 2 ** 16) >>> 0,
}

test('the slots of each text are those of plain sets over random changes, and all memory is returned', () => {
  const random = new Random()
  for (const memory of [new LinearMemory(), new LinearMemory()])
    for (const kernels of [loadKernels(memory), plainKernels(memory, 'a test asked for them')]) {
      const texts = randomTexts(random, random.of([20, 1000, 3000]))
      const index = textIndex(kernels, KNOWN_SEED)
      const plain = walk(random, index, { steps: 10_000, span: 3000, nextValue: () => random.of(texts) })
      compare(index, plain)
      assert(index.bytes > 0 && index.bytes <= memory.allocatedBytes)
      clear(random, index, plain)
      assert.equal(memory.allocatedBytes, 0)
    }
})

test('texts whose hashes meet are kept apart', () => {
  const random = new Random()
  for (const [name, hash] of Object.entries(WEAK_HASHES)) {
    const kernels = kernelsOver()
    const texts = randomTexts(random, 200)
    const index = new ValueIndex(kernels, new StoredTexts(kernels.memory, hash))
    const plain = walk(random, index, { steps: 5000, span: 500, nextValue: () => random.of(texts) })
    compare(index, plain)
    clear(random, index, plain)
    assert.equal(kernels.memory.allocatedBytes, 0, name)
  }
})

test('integers of 32 bits have their slots; any others have none', () => {
  const random = new Random()
  const kernels = kernelsOver()
  const index = integerIndex(kernels, KNOWN_SEED)
  const edges = [0, -1, 2 ** 31 - 1, -(2 ** 31)]
  const nextValue = () => (random.chance(0.2) ? random.of(edges) : random.below(300))
  const plain = walk(random, index, { steps: 20_000, span: 20_000, nextValue })
  compare(index, plain)
  for (const other of [
    2 ** 31,
    2 ** 32,
    2 ** 32 + 1,
    -(2 ** 31) - 1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])
    assert.equal(index.slotsOf(other), undefined)
  clear(random, index, plain)
  assert.equal(kernels.memory.allocatedBytes, 0)
})

test('a million changes of 200,000 values leave what is in plain sets', () => {
  const random = new Random()
  const kernels = kernelsOver()
  const index = textIndex(kernels, KNOWN_SEED)
  const plain = new PlainValues<string>()
  for (let step = 0; step < 1_000_000; step++) {
    const slot = random.below(250_000)
    const isLate = step > 700_000
    const after = random.chance(isLate ? 0.3 : 0.8) ? `owner-${random.below(200_000)}` : undefined
    index.replace(slot, plain.replace(slot, after), after)
  }
  compare(index, plain)
  for (const _ of index.discard()) assert(true)
  assert.equal(kernels.memory.allocatedBytes, 0)
})

test('the values that pass a test give their slots to a bitmap, by their texts and by their bytes', () => {
  const random = new Random()
  const kernels = kernelsOver()
  const index = textIndex(kernels, KNOWN_SEED)
  const texts = randomTexts(random, 800)
  const plain = walk(random, index, { steps: 10_000, span: 3000, nextValue: () => random.of(texts) })
  for (let round = 0; round < 20; round++) {
    const least = random.of(texts)
    const expected = [...plain.values].filter(([, value]) => compareCodePoints(value, least) >= 0)
    const bytes = Buffer.from(least)
    // Bytes of UTF-8 sort like code points.
    const byBytes: BytesTest = (all, start, end) => Buffer.compare(all.subarray(start, end), bytes) >= 0
    const filters: ValueFilter<string>[] = [
      { by: 'value', passes: value => compareCodePoints(value, least) >= 0 },
      { by: 'bytes', passes: byBytes },
    ]
    for (const filter of filters) {
      const bitmap = new Bitmap(kernels)
      index.orInto(filter, bitmap)
      const slots = [...bitmap.slots(0, Number.POSITIVE_INFINITY, 'ascending')]
      assert.deepEqual(slots, ascending(expected.map(([slot]) => slot)))
      assert.deepEqual(ascending(index.listsOf(filter).flatMap(list => [...listSlots(list)])), slots)
      bitmap.free()
    }
  }
})

test('a slot that does not have its former value stops the process', () => {
  const index = textIndex(kernelsOver(), KNOWN_SEED)
  index.replace(7, undefined, 'a')
  index.replace(8, undefined, 'b')
  index.replace(9, undefined, 'b')
  assert.throws(() => index.replace(7, 'c', undefined), /not in the index/)
  assert.throws(() => index.replace(8, 'a', undefined), /disagree/)
  assert.throws(() => index.replace(7, 'b', undefined), /disagree/)
  assert.throws(() => index.replace(9, undefined, 'b'), /disagree/)
})

test('rows keep their words while others come and go at the end', () => {
  const random = new Random()
  const memory = new LinearMemory()
  for (const rowWords of [1, 2, 4, 16]) {
    const rows = new Rows(memory, rowWords)
    const plain: number[] = []
    let goal = 0
    for (let step = 0; step < 40_000; step++) {
      if (step % 2000 === 0) goal = random.of([0, 1, 5, 300, 1500, 5000])
      if (plain.length < goal || (plain.length === 0 && goal > 0)) {
        rows.add()
        const word = random.word()
        for (let i = 0; i < rowWords; i++) memory.u32[rows.wordOf(plain.length) + i] = word
        plain.push(word >>> 0)
      } else if (plain.length > 0) {
        rows.removeLast()
        plain.pop()
      }
      assert.equal(rows.length, plain.length)
      if (step % 500 !== 0) continue
      for (const [row, word] of plain.entries())
        for (let i = 0; i < rowWords; i++) assert.equal(memory.u32[rows.wordOf(row) + i], word)
    }
    assert.equal(rows.bytes, memory.allocatedBytes)
    rows.free()
    assert.equal(memory.allocatedBytes, 0)
  }
})
