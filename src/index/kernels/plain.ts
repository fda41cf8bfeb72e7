// The kernels in plain TypeScript: the fallback without WebAssembly, and the oracle of its tests.

import type { LinearMemory } from '../memory.ts'
import { type Kernels, LEFT_OUT } from './kernels.ts'

export function plainKernels(memory: LinearMemory, whyPlain: string | undefined): Kernels {
  return {
    kind: 'plain',
    whyPlain,
    memory,
    ...setOperations(memory),
    ...slotNumbers(memory),
    ...lists(memory),
    ...valueRows(memory),
    scanI64: (...scan) => scanI64(memory, ...scan),
    scanI32: (...scan) => scanI32(memory, ...scan),
    histogramI64: (...values) => histogramI64(memory, ...values),
    extremesI64: (...values) => extremesI64(memory, ...values),
    extremesI32: (...values) => extremesI32(memory, ...values),
  }
}

/** Returns the number of set bits of a word. */
function ones(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555)
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

/** The position of the lowest set bit of a nonzero word. */
function lowest(word: number): number {
  return 31 - Math.clz32(word & -word)
}

type SetOperations = Pick<
  Kernels,
  'clear' | 'and' | 'or' | 'andNot' | 'not' | 'count' | 'countAnd' | 'countAndFour'
>

function setOperations(memory: LinearMemory): SetOperations {
  const countAnd: Kernels['countAnd'] = (left, right, words) => {
    const { u32 } = memory
    let total = 0
    for (let i = 0, l = left >>> 2, r = right >>> 2; i < words; i++, l++, r++)
      total += ones((u32[l] ?? 0) & (u32[r] ?? 0))
    return total
  }
  // Three loops: one loop that calls its operation as a function takes five times as long.
  return {
    clear: (target, words) => {
      memory.u32.fill(0, target >>> 2, (target >>> 2) + words)
    },
    and: (target, source, words) => {
      const { u32 } = memory
      for (let i = 0, t = target >>> 2, s = source >>> 2; i < words; i++, t++, s++)
        u32[t] = (u32[t] ?? 0) & (u32[s] ?? 0)
    },
    or: (target, source, words) => {
      const { u32 } = memory
      for (let i = 0, t = target >>> 2, s = source >>> 2; i < words; i++, t++, s++)
        u32[t] = (u32[t] ?? 0) | (u32[s] ?? 0)
    },
    andNot: (target, source, words) => {
      const { u32 } = memory
      for (let i = 0, t = target >>> 2, s = source >>> 2; i < words; i++, t++, s++)
        u32[t] = (u32[t] ?? 0) & ~(u32[s] ?? 0)
    },
    not: (target, bits) => {
      const { u32 } = memory
      const first = target >>> 2
      const rest = bits & 31
      for (let i = first; i < first + (bits >>> 5); i++) u32[i] = ~(u32[i] ?? 0)
      const last = first + (bits >>> 5)
      if (rest !== 0) u32[last] = ~(u32[last] ?? 0) & ((1 << rest) - 1)
    },
    count: (bitmap, words) => {
      const { u32 } = memory
      let total = 0
      for (let i = 0, b = bitmap >>> 2; i < words; i++, b++) total += ones(u32[b] ?? 0)
      return total
    },
    countAnd,
    countAndFour: (bitmap, one, two, three, four, words, out) => {
      const each = [one, two, three, four].map(other => countAnd(bitmap, other, words))
      memory.u32.set(each, out >>> 2)
    },
  }
}

function slotNumbers(memory: LinearMemory): Pick<Kernels, 'firstAscending' | 'firstDescending' | 'select'> {
  return {
    firstAscending: (bitmap, words, from, limit, out) => {
      const { u32 } = memory
      let found = 0
      for (let word = from >>> 5; word < words; word++) {
        let bits = u32[(bitmap >>> 2) + word] ?? 0
        if (word === from >>> 5) bits &= -1 << (from & 31)
        for (; bits !== 0 && found < limit; bits &= bits - 1)
          u32[(out >>> 2) + found++] = word * 32 + lowest(bits)
        if (found === limit) break
      }
      return found
    },
    firstDescending: (bitmap, words, from, limit, out) => {
      const { u32 } = memory
      let found = 0
      for (let word = Math.min(from >> 5, words - 1); word >= 0 && found < limit; word--) {
        let bits = u32[(bitmap >>> 2) + word] ?? 0
        if (word === from >> 5) bits &= -1 >>> (31 - (from & 31))
        while (bits !== 0 && found < limit) {
          const bit = 31 - Math.clz32(bits)
          u32[(out >>> 2) + found++] = word * 32 + bit
          bits ^= 1 << bit
        }
      }
      return found
    },
    select: (bitmap, words, rank) => {
      const { u32 } = memory
      let left = rank
      for (let word = 0; word < words; word++) {
        let bits = u32[(bitmap >>> 2) + word] ?? 0
        const here = ones(bits)
        if (here > left) {
          for (; left > 0; left--) bits &= bits - 1
          return word * 32 + lowest(bits)
        }
        left -= here
      }
      return -1
    },
  }
}

function lists(memory: LinearMemory): Pick<Kernels, 'orList' | 'andNotList' | 'andList' | 'countList'> {
  return {
    orList: (bitmap, list, length) => {
      const { u32 } = memory
      for (let i = list >>> 2; i < (list >>> 2) + length; i++) {
        const slot = u32[i] ?? 0
        const word = (bitmap >>> 2) + (slot >>> 5)
        u32[word] = (u32[word] ?? 0) | (1 << (slot & 31))
      }
    },
    andNotList: (bitmap, list, length) => {
      const { u32 } = memory
      for (let i = list >>> 2; i < (list >>> 2) + length; i++) {
        const slot = u32[i] ?? 0
        const word = (bitmap >>> 2) + (slot >>> 5)
        u32[word] = (u32[word] ?? 0) & ~(1 << (slot & 31))
      }
    },
    andList: (list, length, bitmap, words, out) => {
      const { u32 } = memory
      let found = 0
      for (let i = list >>> 2; i < (list >>> 2) + length; i++) {
        const slot = u32[i] ?? 0
        if (slot >>> 5 >= words) break
        if ((((u32[(bitmap >>> 2) + (slot >>> 5)] ?? 0) >>> (slot & 31)) & 1) === 1)
          u32[(out >>> 2) + found++] = slot
      }
      return found
    },
    countList: (list, length, bitmap, words) => {
      const { u32 } = memory
      let found = 0
      for (let i = list >>> 2; i < (list >>> 2) + length; i++) {
        const slot = u32[i] ?? 0
        if (slot >>> 5 >= words) break
        found += ((u32[(bitmap >>> 2) + (slot >>> 5)] ?? 0) >>> (slot & 31)) & 1
      }
      return found
    },
  }
}

// A row of a value index has four words; the place of a text and the slots are the last two. See ../value-index.ts, ../posting-list.ts and
// ../stored-values.ts.
const [ROW_WORDS, VALUE, SLOTS, LIST_SIZE, LIST_SLOTS] = [4, 2, 3, 1, 4]

function valueRows(memory: LinearMemory): Pick<Kernels, 'countRows' | 'sumCounts' | 'topRows'> {
  const { countList } = lists(memory)
  return {
    countRows: (rows, length, bitmap, words, slots, out) => {
      const { u32 } = memory
      let left = slots
      for (let i = 0; i < length; i++) {
        const list = u32[(rows >>> 2) + i * ROW_WORDS + SLOTS] ?? 0
        const size = u32[(list >>> 2) + LIST_SIZE] ?? 0
        let count = LEFT_OUT
        if ((list & 1) === 1) count = bitmap === 0 || hasBit(u32, bitmap, words, list >>> 1) ? 1 : 0
        else if (bitmap === 0) count = size
        else if (((u32[list >>> 2] ?? 0) & 1) === 0) {
          count = countList(list + LIST_SLOTS * 4, size, bitmap, words)
          left -= size
        }
        u32[(out >>> 2) + i] = count
        if (left <= 0) return i + 1
      }
      return length
    },
    sumCounts: (counts, length) => {
      const { u32 } = memory
      let sum = 0
      for (let i = 0; i < length; i++) sum += u32[(counts >>> 2) + i] ?? 0
      return sum
    },
    topRows: (rows, length, counts, least, text, textLength, out) => {
      const { u8, u32 } = memory
      let found = 0
      for (let i = 0; i < length; i++) {
        const count = u32[(counts >>> 2) + i] ?? 0
        if (count < least) continue
        const value = u32[(rows >>> 2) + i * ROW_WORDS + VALUE] ?? 0
        if (count === least && !isBefore(u8, value, text, textLength)) continue
        u32[(out >>> 2) + found++] = i
      }
      return found
    },
  }
}

function hasBit(u32: Uint32Array, bitmap: number, words: number, slot: number): boolean {
  return slot >>> 5 < words && (((u32[(bitmap >>> 2) + (slot >>> 5)] ?? 0) >>> (slot & 31)) & 1) === 1
}

/** True if the text at a place comes before another one. It begins with twice its length, seven bits a byte. */
function isBefore(u8: Uint8Array, at: number, text: number, textLength: number): boolean {
  let first = at
  let head = 0
  for (let shift = 0, byte = 0x80; byte >= 0x80; shift += 7) {
    byte = u8[first++] ?? 0
    head |= (byte & 0x7f) << shift
  }
  const length = head >>> 1
  for (let i = 0; i < Math.min(length, textLength); i++) {
    const difference = (u8[first + i] ?? 0) - (u8[text + i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return length < textLength
}

// 64-bit integers are compared as a signed and an unsigned half: a bigint per value would cost an allocation.

function scanI64(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  low: bigint,
  high: bigint,
  mask: number,
  out: number,
): void {
  const lowUpper = Number(low >> 32n)
  const lowLower = Number(low & 0xffffffffn)
  const highUpper = Number(high >> 32n)
  const highLower = Number(high & 0xffffffffn)
  scanWords(u32, length, mask, out, i => {
    const at = (values >>> 2) + i * 2
    const upper = i32[at + 1] ?? 0
    const lower = u32[at] ?? 0
    return (
      (upper > lowUpper || (upper === lowUpper && lower >= lowLower)) &&
      (upper < highUpper || (upper === highUpper && lower <= highLower))
    )
  })
}

function scanI32(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  low: number,
  high: number,
  mask: number,
  out: number,
): void {
  scanWords(u32, length, mask, out, i => {
    const value = i32[(values >>> 2) + i] ?? 0
    return value >= low && value <= high
  })
}

function scanWords(
  u32: Uint32Array,
  length: number,
  mask: number,
  out: number,
  matches: (index: number) => boolean,
): void {
  for (let from = 0; from < length; from += 32) {
    const wanted = u32[(mask >>> 2) + (from >>> 5)] ?? 0
    const count = Math.min(32, length - from)
    let bits = 0
    if (wanted !== 0) for (let i = 0; i < count; i++) if (matches(from + i)) bits |= 1 << i
    u32[(out >>> 2) + (from >>> 5)] = bits & wanted
  }
}

function histogramI64(
  { u32, i64 }: LinearMemory,
  values: number,
  length: number,
  mask: number,
  limits: number,
  bounds: number,
  counts: number,
): void {
  for (let i = 0; i < length; i++) {
    if (((u32[(mask >>> 2) + (i >>> 5)] ?? 0) & (1 << (i & 31))) === 0) continue
    const value = i64[(values >>> 3) + i] ?? 0n
    let below = 0
    while (below < bounds && value > (i64[(limits >>> 3) + below] ?? 0n)) below++
    const at = (counts >>> 2) + below
    u32[at] = (u32[at] ?? 0) + 1
  }
}

function extremesI64(
  { u32, i64 }: LinearMemory,
  values: number,
  length: number,
  mask: number,
  out: number,
): number {
  let least = 2n ** 63n - 1n
  let greatest = -(2n ** 63n)
  let found = 0
  for (let i = 0; i < length; i++) {
    if (((u32[(mask >>> 2) + (i >>> 5)] ?? 0) & (1 << (i & 31))) === 0) continue
    const value = i64[(values >>> 3) + i] ?? 0n
    if (value < least) least = value
    if (value > greatest) greatest = value
    found++
  }
  i64[out >>> 3] = least
  i64[(out >>> 3) + 1] = greatest
  return found
}

function extremesI32(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  mask: number,
  out: number,
): number {
  let least = 2 ** 31 - 1
  let greatest = -(2 ** 31)
  let found = 0
  for (let i = 0; i < length; i++) {
    if (((u32[(mask >>> 2) + (i >>> 5)] ?? 0) & (1 << (i & 31))) === 0) continue
    const value = i32[(values >>> 2) + i] ?? 0
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    found++
  }
  i32[out >>> 2] = least
  i32[(out >>> 2) + 1] = greatest
  return found
}
