import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinearMemory, type Pages } from '../../src/index/memory.ts'
import { Random } from './random.ts'

const PAGE_BYTES = 65_536

/** The pages without WebAssembly: growth copies them, and old views are stale but not detached. */
function copiedPages(): Pages {
  let buffer = new ArrayBuffer(16 * PAGE_BYTES)
  return {
    get buffer() {
      return buffer
    },
    grow(pages) {
      const before = buffer
      buffer = new ArrayBuffer(before.byteLength + pages * PAGE_BYTES)
      new Uint8Array(buffer).set(new Uint8Array(before))
      return before.byteLength / PAGE_BYTES
    },
  }
}

interface Region {
  readonly at: number
  readonly bytes: number
  readonly mark: number
}

/** Allocates and frees at random, and checks that every region keeps its contents. */
function churn(memory: LinearMemory, steps: number): void {
  const random = new Random()
  const regions: Region[] = []
  for (let step = 0; step < steps; step++) {
    if (regions.length > 0 && random.chance(step < steps / 2 ? 0.4 : 0.6)) {
      const [region] = regions.splice(random.below(regions.length), 1)
      if (region !== undefined) release(memory, region)
    } else regions.push(take(memory, random))
  }
  for (const region of regions) release(memory, region)
  assert.equal(memory.allocatedBytes, 0)
}

function take(memory: LinearMemory, random: Random): Region {
  const bytes = random.below(random.of([40, 3000, 20_000, 400_000])) + 1
  const at = memory.allocate(bytes)
  assert.equal(at % 16, 0)
  assert(at > 0 && at + memory.roomFor(bytes) <= memory.totalBytes)
  const mark = random.below(256)
  memory.u8.fill(mark, at, at + memory.roomFor(bytes))
  return { at, bytes, mark }
}

function release(memory: LinearMemory, { at, bytes, mark }: Region): void {
  const end = at + memory.roomFor(bytes)
  assert(
    memory.u8.subarray(at, end).every(byte => byte === mark),
    `a region of ${bytes} bytes at ${at} was overwritten`,
  )
  memory.free(at, bytes)
}

test('regions keep their contents while others are allocated and freed and the memory grows', () => {
  churn(new LinearMemory(), 6000)
})

test('without WebAssembly the memory is an ArrayBuffer that grows in the same way', () => {
  churn(new LinearMemory(copiedPages()), 2000)
})

test('a size class wastes at most a quarter, and less than 16 bytes of a small region', () => {
  const memory = new LinearMemory()
  for (let bytes = 1; bytes < 5000; bytes++) {
    const room = memory.roomFor(bytes)
    assert(room >= bytes && room % 16 === 0)
    assert.equal(memory.roomFor(room), room)
    if (bytes <= 2048) assert(room - bytes < Math.max(16, bytes / 4), `${room} for ${bytes}`)
  }
})

test('lists that grow side by side leave no holes behind', () => {
  const memory = new LinearMemory()
  let lists = Array.from({ length: 2000 }, () => memory.allocate(16))
  let before = 16
  for (const size of [32, 64, 128, 256, 512, 1024, 2048, 4096]) {
    lists = lists.map(list => {
      const at = memory.allocate(size)
      memory.free(list, before)
      return at
    })
    before = size
  }
  assert.equal(memory.allocatedBytes, 2000 * 4096)
  assert(memory.totalBytes < memory.allocatedBytes * 1.7, `${memory.totalBytes}`)
})

test('a freed region is reused', () => {
  const memory = new LinearMemory()
  for (const bytes of [16, 100, 2048, 100_000]) {
    const at = memory.allocate(bytes)
    memory.u8.fill(255, at, at + bytes)
    memory.free(at, bytes)
    const total = memory.totalBytes
    assert.equal(memory.allocate(bytes), at)
    memory.free(at, bytes)
    assert.equal(memory.totalBytes, total)
  }
})

test('freeing a region that is not allocated throws', () => {
  const memory = new LinearMemory()
  const at = memory.allocate(16)
  memory.free(at, 16)
  assert.throws(() => memory.free(at, 16), /no allocated region/)
})
