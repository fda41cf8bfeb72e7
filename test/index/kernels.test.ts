import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { plainKernels } from '../../src/index/kernels/plain.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { Random } from './random.ts'

const DENSITIES = [0, 0.01, 0.3, 0.97, 1]
const ROUNDS = 150

const wasm = loadKernels(new LinearMemory())
const both = [wasm, plainKernels(new LinearMemory(), 'a test asked for them')]

/** A region followed by guard words, which no kernel may change. */
interface Region {
  readonly at: number
  readonly words: number
  free(): void
}

const GUARD = 0xdeadbeef

function region({ memory }: Kernels, words: number): Region {
  const bytes = (words + 4) * 4
  const at = memory.allocate(bytes)
  memory.u32.fill(0, at >>> 2, (at >>> 2) + words)
  memory.u32.fill(GUARD, (at >>> 2) + words, (at >>> 2) + words + 4)
  return {
    at,
    words,
    free() {
      const guard = memory.u32.slice((at >>> 2) + words, (at >>> 2) + words + 4)
      assert.deepEqual([...guard], [GUARD, GUARD, GUARD, GUARD], 'wrote behind its region')
      memory.free(at, bytes)
    },
  }
}

function wordsFor(bits: number): number {
  return (bits + 31) >>> 5
}

function bitmapOf(kernels: Kernels, bits: number, slots: readonly number[]): Region {
  const made = region(kernels, wordsFor(bits))
  const { u32 } = kernels.memory
  for (const slot of slots) {
    const word = (made.at >>> 2) + (slot >>> 5)
    u32[word] = (u32[word] ?? 0) | (1 << (slot & 31))
  }
  return made
}

function slotsIn({ memory }: Kernels, { at, words }: Region): number[] {
  const slots: number[] = []
  for (let slot = 0; slot < words * 32; slot++)
    if ((((memory.u32[(at >>> 2) + (slot >>> 5)] ?? 0) >>> (slot & 31)) & 1) === 1) slots.push(slot)
  return slots
}

function listOf(kernels: Kernels, slots: readonly number[]): Region {
  const made = region(kernels, slots.length)
  kernels.memory.u32.set(slots, made.at >>> 2)
  return made
}

function listIn({ memory }: Kernels, { at }: Region, length: number): number[] {
  return [...memory.u32.subarray(at >>> 2, (at >>> 2) + length)]
}

/** Runs a check with random lengths on the kernels in WebAssembly and on the plain ones. */
function holds(check: (kernels: Kernels, random: Random, bits: number) => void): () => void {
  return () => {
    const random = new Random()
    for (let round = 0; round < ROUNDS; round++) {
      const bits = random.below(random.of([40, 140, 700, 5000]))
      for (const kernels of both) check(kernels, random, bits)
    }
  }
}

test('the build makes the kernels in WebAssembly', () => {
  assert.equal(wasm.whyPlain, undefined)
  assert.equal(wasm.kind, 'wasm')
})

test('without the module the plain kernels are used, with the reason', () => {
  const kernels = loadKernels(new LinearMemory(), new URL('./no-such-module.wasm', import.meta.url))
  assert.equal(kernels.kind, 'plain')
  assert.match(kernels.whyPlain ?? '', /no-such-module/)
  const broken = loadKernels(new LinearMemory(), new URL(import.meta.url))
  assert.equal(broken.kind, 'plain')
})

test(
  'and, or and and-not of two bitmaps are those of the sets, and are counted alike',
  holds((kernels, random, bits) => {
    const left = random.slots(bits, random.of(DENSITIES))
    const right = random.slots(bits, random.of(DENSITIES))
    const inRight = new Set(right)
    const both = left.filter(slot => inRight.has(slot))
    const expected = {
      and: both,
      or: [...new Set([...left, ...right])].sort((a, b) => a - b),
      andNot: left.filter(slot => !inRight.has(slot)),
    }
    for (const name of ['and', 'or', 'andNot'] as const) {
      const target = bitmapOf(kernels, bits, left)
      const source = bitmapOf(kernels, bits, right)
      assert.equal(kernels.count(target.at, target.words), left.length)
      assert.equal(kernels.countAnd(target.at, source.at, target.words), both.length)
      kernels[name](target.at, source.at, target.words)
      assert.deepEqual(slotsIn(kernels, target), expected[name])
      assert.deepEqual(slotsIn(kernels, source), right)
      target.free()
      source.free()
    }
  }),
)

test(
  'four bitmaps are counted at once as one by one',
  holds((kernels, random, bits) => {
    const slots = random.slots(bits, random.of(DENSITIES))
    const bitmap = bitmapOf(kernels, bits, slots)
    const others = [1, 2, 3, 4].map(() => random.slots(bits, random.of(DENSITIES)))
    const [one, two, three, four] = others.map(other => bitmapOf(kernels, bits, other))
    assert(one && two && three && four)
    const out = region(kernels, 4)
    kernels.countAndFour(bitmap.at, one.at, two.at, three.at, four.at, bitmap.words, out.at)
    const inBitmap = new Set(slots)
    assert.deepEqual(
      listIn(kernels, out, 4),
      others.map(other => other.filter(slot => inBitmap.has(slot)).length),
    )
    for (const each of [bitmap, one, two, three, four, out]) each.free()
  }),
)

test(
  'clear leaves nothing of the words that it is given, and the words around them alone',
  holds((kernels, random, bits) => {
    const bitmap = bitmapOf(kernels, bits, random.slots(bits, random.of(DENSITIES)))
    const before = slotsIn(kernels, bitmap)
    const from = random.below(bitmap.words + 1)
    const to = from + random.below(bitmap.words - from + 1)
    kernels.clear(bitmap.at + from * 4, to - from)
    assert.deepEqual(
      slotsIn(kernels, bitmap),
      before.filter(slot => slot >>> 5 < from || slot >>> 5 >= to),
    )
    bitmap.free()
  }),
)

test(
  'not turns the bits within the length round, and leaves those above 0',
  holds((kernels, random, bits) => {
    const slots = random.slots(bits, random.of(DENSITIES))
    const bitmap = bitmapOf(kernels, bits, slots)
    kernels.not(bitmap.at, bits)
    const present = new Set(slots)
    const absent = Array.from({ length: bits }, (_, slot) => slot).filter(slot => !present.has(slot))
    assert.deepEqual(slotsIn(kernels, bitmap), absent)
    bitmap.free()
  }),
)

test(
  'the first slots from an offset come in order, upward and downward',
  holds((kernels, random, bits) => {
    const slots = random.slots(bits, random.of(DENSITIES))
    const bitmap = bitmapOf(kernels, bits, slots)
    const from = random.below(bits + 70) - 35
    const limit = random.of([0, 1, 20, bits])
    const out = region(kernels, limit)
    const upward = slots.filter(slot => slot >= from).slice(0, limit)
    if (from >= 0) {
      assert.equal(kernels.firstAscending(bitmap.at, bitmap.words, from, limit, out.at), upward.length)
      assert.deepEqual(listIn(kernels, out, upward.length), upward)
    }
    const downward = slots
      .filter(slot => slot <= from)
      .reverse()
      .slice(0, limit)
    assert.equal(kernels.firstDescending(bitmap.at, bitmap.words, from, limit, out.at), downward.length)
    assert.deepEqual(listIn(kernels, out, downward.length), downward)
    out.free()
    bitmap.free()
  }),
)

test(
  'select finds the slot of every rank',
  holds((kernels, random, bits) => {
    const slots = random.slots(bits, random.of(DENSITIES))
    const bitmap = bitmapOf(kernels, bits, slots)
    const ranks = [0, slots.length - 1, slots.length, random.below(slots.length + 1)].filter(
      rank => rank >= 0,
    )
    for (const rank of ranks)
      assert.equal(kernels.select(bitmap.at, bitmap.words, rank), slots[rank] ?? -1, `rank ${rank}`)
    bitmap.free()
  }),
)

test(
  'a list is united with a bitmap, taken from it, counted in it, and intersected with it in place',
  holds((kernels, random, bits) => {
    const slots = random.slots(bits, random.of(DENSITIES))
    const listed = random.slots(bits, random.of(DENSITIES))
    // For the intersection, a list may reach beyond the bitmap.
    const beyond = listed.concat(bits + 40, bits + 4000)
    const inList = new Set(listed)
    const inBitmap = new Set(slots)
    const list = listOf(kernels, listed)
    const united = bitmapOf(kernels, bits, slots)
    kernels.orList(united.at, list.at, listed.length)
    assert.deepEqual(
      slotsIn(kernels, united),
      [...new Set([...slots, ...listed])].sort((a, b) => a - b),
    )
    const left = bitmapOf(kernels, bits, slots)
    kernels.andNotList(left.at, list.at, listed.length)
    assert.deepEqual(
      slotsIn(kernels, left),
      slots.filter(slot => !inList.has(slot)),
    )
    const long = listOf(kernels, beyond)
    const bitmap = bitmapOf(kernels, bits, slots)
    const common = kernels.countList(long.at, beyond.length, bitmap.at, bitmap.words)
    assert.equal(common, listed.filter(slot => inBitmap.has(slot)).length)
    const found = kernels.andList(long.at, beyond.length, bitmap.at, bitmap.words, long.at)
    assert.deepEqual(
      listIn(kernels, long, found),
      listed.filter(slot => inBitmap.has(slot)),
    )
    for (const each of [list, united, left, long, bitmap]) each.free()
  }),
)

const I64_ENDS = [-(2n ** 63n), 2n ** 63n - 1n] as const
const I32_ENDS = [-(2 ** 31), 2 ** 31 - 1] as const

test(
  'a scan of 64-bit integers finds those from low to high in the mask, and the extremes are theirs',
  holds((kernels, random, length) => {
    const { memory } = kernels
    const values = Array.from({ length }, () => random.bigint())
    const column = region(kernels, length * 2)
    memory.i64.set(values, column.at >>> 3)
    const masked = random.slots(length, random.of(DENSITIES))
    const mask = bitmapOf(kernels, length, masked)
    const out = region(kernels, wordsFor(length))
    const low = random.of([random.bigint(), I64_ENDS[0], random.of([...values, 0n])])
    const high = random.of([random.bigint(), I64_ENDS[1], low])
    kernels.scanI64(column.at, length, low, high, mask.at, out.at)
    const isWithin = (slot: number) => (values[slot] ?? 0n) >= low && (values[slot] ?? 0n) <= high
    assert.deepEqual(slotsIn(kernels, out), masked.filter(isWithin))
    const ends = region(kernels, 4)
    assert.equal(kernels.extremesI64(column.at, length, mask.at, ends.at), masked.length)
    const sorted = masked.map(slot => values[slot] ?? 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    if (masked.length > 0)
      assert.deepEqual(
        [memory.i64[ends.at >>> 3], memory.i64[(ends.at >>> 3) + 1]],
        [sorted[0], sorted.at(-1)],
      )
    kernels.scanI64(column.at, length, low, high, mask.at, mask.at)
    assert.deepEqual(slotsIn(kernels, mask), slotsIn(kernels, out), 'in place')
    for (const each of [column, mask, out, ends]) each.free()
  }),
)

test(
  'a scan of 32-bit integers finds those from low to high in the mask, and the extremes are theirs',
  holds((kernels, random, length) => {
    const { memory } = kernels
    const integer = () => random.of([random.word() | 0, random.below(9) - 4, random.of(I32_ENDS)])
    const values = Array.from({ length }, integer)
    const column = region(kernels, length)
    memory.i32.set(values, column.at >>> 2)
    const masked = random.slots(length, random.of(DENSITIES))
    const mask = bitmapOf(kernels, length, masked)
    const out = region(kernels, wordsFor(length))
    const [low, high] = [random.of([integer(), I32_ENDS[0]]), random.of([integer(), I32_ENDS[1]])]
    kernels.scanI32(column.at, length, low, high, mask.at, out.at)
    const isWithin = (slot: number) => (values[slot] ?? 0) >= low && (values[slot] ?? 0) <= high
    assert.deepEqual(slotsIn(kernels, out), masked.filter(isWithin))
    const ends = region(kernels, 2)
    assert.equal(kernels.extremesI32(column.at, length, mask.at, ends.at), masked.length)
    const sorted = masked.map(slot => values[slot] ?? 0).sort((a, b) => a - b)
    if (masked.length > 0)
      assert.deepEqual(
        [memory.i32[ends.at >>> 2], memory.i32[(ends.at >>> 2) + 1]],
        [sorted[0], sorted.at(-1)],
      )
    for (const each of [column, mask, out, ends]) each.free()
  }),
)

/** Texts that differ at each place of a word of eight bytes and behind it, also by the highest bit, and texts of which one begins the other. */
function textBytes(random: Random): Buffer {
  const text = Buffer.alloc(random.of([0, 1, 7, 8, 9, 16, 23, 70, 200]), random.of([0x61, 0xff]))
  const at = random.below(text.length + 3)
  if (at < text.length) text[at] = random.of([0, 0x60, 0x62, 0x7f, 0x80, 0xfe])
  return text
}

test(
  'counts are summed, and the rows that may be among the most frequent have more slots or an earlier text (contract 15.2)',
  holds((kernels, random, bits) => {
    const { memory } = kernels
    const length = bits % 257
    const texts = Array.from({ length }, () => textBytes(random))
    const counts = texts.map(() => random.of([0, 2, 3, 4, 2 ** 32 - 1]))
    const rows = region(kernels, length * 4)
    const stored = texts.map((text, i) => {
      // A text begins with twice its length, seven bits a byte.
      const twice = text.length * 2
      const head = twice < 0x80 ? [twice] : [(twice & 0x7f) | 0x80, twice >>> 7]
      const bytes = region(kernels, 60)
      memory.u8.set([...head, ...text], bytes.at)
      memory.u32[(rows.at >>> 2) + i * 4 + 2] = bytes.at
      return bytes
    })
    const counted = listOf(kernels, counts)
    assert.equal(
      kernels.sumCounts(counted.at, length),
      counts.reduce((sum, count) => sum + count, 0),
    )
    const least =
      random.chance(0.5) && length > 0
        ? (texts[random.below(length)] ?? textBytes(random))
        : textBytes(random)
    const text = region(kernels, 60)
    memory.u8.set(least, text.at)
    const out = region(kernels, length)
    const found = kernels.topRows(rows.at, length, counted.at, 3, text.at, least.length, out.at)
    const isTop = (i: number) =>
      (counts[i] ?? 0) > 3 || (counts[i] === 3 && Buffer.compare(texts[i] ?? least, least) < 0)
    assert.deepEqual(listIn(kernels, out, found), texts.map((_, i) => i).filter(isTop))
    for (const each of [rows, counted, text, out, ...stored]) each.free()
  }),
)
