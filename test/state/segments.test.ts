import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { Rows } from '../../src/state/rows.ts'
import { SEGMENT_BYTES, Segments } from '../../src/state/segments.ts'
import { Random, runSeed } from '../harness/random.ts'

const SEED = runSeed()
const BODIES = 4000
const WRITES = 60_000
/** The largest body has memory of its own. */
const LENGTHS = [0, 28, 300, 1000, 2000, 9000]

/** Segments beside a Map that has a copy of each body. */
class Kept {
  readonly rows = new Rows(4)
  readonly segments = new Segments(this.rows)
  readonly bodies = new Map<number, Buffer>()
  readonly #noise = randomBytes(400_000)
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
  }

  put(row: number, length: number): void {
    const start = this.#random.below(this.#noise.length - length)
    const body = this.#noise.subarray(start, start + length)
    this.segments.put(row, { bytes: this.#noise, offset: start, length })
    this.bodies.set(row, body)
  }

  remove(row: number): void {
    this.segments.remove(row)
    this.bodies.delete(row)
  }

  body(row: number): Buffer {
    const { bytes, offset, length } = this.segments.bodyOf(row)
    return bytes.subarray(offset, offset + length)
  }

  check(): void {
    for (const [row, body] of this.bodies) assert.ok(this.body(row).equals(body), `row ${row}`)
  }

  get usedBytes(): number {
    return [...this.bodies.values()].reduce((sum, { length }) => sum + length, 0)
  }
}

test(`bodies keep their bytes, and the memory follows them up and down (contract 9.3), seed ${SEED}`, () => {
  const random = new Random(SEED)
  const kept = new Kept(random)
  const rows = Array.from({ length: BODIES }, () => kept.rows.allocate())
  for (let write = 0; write < WRITES; write++) {
    if (write % 50 === 0) kept.segments.recycle()
    const row = random.of(rows)
    if (random.below(10) === 0) kept.remove(row)
    else if (random.below(500) === 0) kept.put(row, 150_000 + random.below(100_000))
    else kept.put(row, random.of(LENGTHS) + random.below(200))
    if (write % 5000 === 0) kept.check()
  }
  kept.check()
  const { memoryBytes } = kept.segments
  // A fifth may be stale, and some segments are always there.
  assert.ok(memoryBytes < kept.usedBytes * 1.5 + 8 * SEGMENT_BYTES, `${memoryBytes} for ${kept.usedBytes}`)
  for (const row of rows) kept.remove(row)
  for (let turn = 0; turn < 3; turn++) kept.segments.recycle()
  assert.ok(kept.segments.memoryBytes <= 12 * SEGMENT_BYTES, `${kept.segments.memoryBytes} for nothing`)
})

test('under writes to random bodies of one size the memory does not grow (contract 9.3)', () => {
  const random = new Random(SEED)
  const kept = new Kept(random)
  const rows = Array.from({ length: 20_000 }, () => kept.rows.allocate())
  for (const row of rows) kept.put(row, 1000)
  const rewrite = () => {
    for (let write = 0; write < 60_000; write++) {
      if (write % 64 === 0) kept.segments.recycle()
      kept.put(random.of(rows), 1000)
    }
  }
  rewrite()
  const { memoryBytes } = kept.segments
  rewrite()
  assert.ok(kept.segments.memoryBytes <= memoryBytes + 2 * SEGMENT_BYTES)
  assert.ok(memoryBytes < kept.usedBytes * 1.4 + 4 * SEGMENT_BYTES, `${memoryBytes} for ${kept.usedBytes}`)
  kept.check()
})

test('a body in use keeps its bytes until the next group, and for longer when it is retained (contract 4.8)', () => {
  const kept = new Kept(new Random(SEED))
  const rows = Array.from({ length: 3000 }, () => kept.rows.allocate())
  const rewrite = () => {
    for (const row of rows) kept.put(row, 1000)
  }
  rewrite()
  const found = rows.slice(0, 10).map(row => ({ bytes: kept.body(row), copy: Buffer.from(kept.body(row)) }))
  for (let round = 0; round < 5; round++) rewrite()
  for (const { bytes, copy } of found) assert.ok(bytes.equals(copy), 'nothing is overwritten within a group')
  const [held] = found
  assert.ok(held !== undefined && kept.segments.retain(held.bytes.buffer))
  for (let round = 0; round < 20; round++) {
    kept.segments.recycle()
    rewrite()
    assert.ok(held.bytes.equals(held.copy), 'a retained body is not overwritten')
  }
  const before = kept.segments.memoryBytes
  kept.segments.giveBack(held.bytes.buffer)
  let isOverwritten = false
  for (let round = 0; round < 20; round++) {
    kept.segments.recycle()
    rewrite()
    isOverwritten ||= !held.bytes.equals(held.copy)
  }
  assert.ok(isOverwritten, 'its segment is used again once it is given back')
  assert.ok(kept.segments.memoryBytes <= before)
  assert.equal(kept.segments.retain(Buffer.from('another memory').buffer), false)
})
