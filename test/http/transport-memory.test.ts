// Memory of bodies in flight, and its division between clients (contract 4.11).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IncomingBody } from '../../src/http/transport/body.ts'
import { DEFAULT_LIMITS } from '../../src/http/transport/limits.ts'
import { BytePool, Holding } from '../../src/http/transport/traffic.ts'
import { Random, runSeed } from '../harness/random.ts'

const BYTE = Uint8Array.of(120)
const NOTHING = new Uint8Array(0)

/** A body that gets all memory it asks for, and the amount. */
function bodyOf(declaredBytes: number | undefined) {
  const held: number[] = []
  const body = new IncomingBody(DEFAULT_LIMITS, declaredBytes, bytes => {
    held.push(bytes)
    return true
  })
  return { body, held }
}

for (const declaredBytes of [undefined, 100_000])
  test(`contract 4.11: a body of single bytes is one buffer of at most twice its size (${declaredBytes ?? 'chunked'})`, async () => {
    const { body, held } = bodyOf(declaredBytes)
    const result = body.read(1_000_000)
    for (let received = 1; received <= 100_000; received++) {
      body.push(BYTE, received === declaredBytes)
      const bytes = held.at(-1) ?? 0
      assert.ok(bytes >= received && bytes <= Math.max(4096, 2 * received), `${bytes} for ${received}`)
    }
    body.push(NOTHING, true)
    assert.ok(held.length < 20)
    const settled = await result
    assert.equal(settled.kind === 'body' && settled.bytes.equals(Buffer.alloc(100_000, 'x')), true)
    body.letGo()
    assert.equal(held.at(-1), 0)
  })

test('contract 4.11: an announced length costs nothing before its bytes arrive', () => {
  const { body, held } = bodyOf(1_000_000)
  assert.deepEqual(held, [])
  body.push(BYTE, false)
  assert.deepEqual(held, [4096])
})

test('contract 4.11: bytes that arrive after a body is freed are not kept', () => {
  const { body, held } = bodyOf(undefined)
  body.push(BYTE, false)
  body.letGo()
  for (let i = 0; i < 1000; i++) body.push(BYTE, false)
  assert.deepEqual(held, [4096, 0])
  assert.equal(body.isDrainable, true)
  // A piece of one byte counts more than a byte, because each costs a callback.
  for (let i = 0; i < DEFAULT_LIMITS.drainBytes / 50; i++) body.push(BYTE, false)
  assert.equal(body.isDrainable, false)
})

test('one client may hold half of a pool, two a third each, and there is always room for one more', () => {
  const pool = new BytePool(1000)
  const fill = (client: string) => {
    let bytes = 0
    while (pool.hasRoom(client, 1)) {
      pool.add(client, 1)
      bytes++
    }
    return bytes
  }
  assert.equal(fill('a'), 500)
  assert.equal(fill('b'), 250)
  assert.equal(fill('c'), 125)
  assert.equal(pool.hasRoom('a', 1), false)
  assert.equal(pool.hasRoom('d', 60), true)
  pool.remove('a', 500)
  assert.equal(pool.hasRoom('b', 100), true)
})

test('one item always fits into an empty pool, and one item larger than the pool always fits', () => {
  const pool = new BytePool(1000)
  assert.equal(pool.hasRoom('a', 1000), true)
  const oversized = new Holding(pool)
  assert.equal(oversized.resize(5000, 'a'), true)
  assert.equal(new Holding(pool).resize(5000, 'b'), false)
  const other = new Holding(pool)
  assert.equal(other.resize(1000, 'b'), true)
  assert.equal(new Holding(pool).resize(1, 'c'), false)
  oversized.release()
  assert.equal(new Holding(pool).resize(5000, 'b'), true)
  other.release()
  assert.equal(new Holding(pool).resize(1000, 'c'), true)
})

test('random holding and releasing leaves a pool empty', context => {
  const seed = runSeed()
  context.diagnostic(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  const pool = new BytePool(10_000)
  const holdings = Array.from({ length: 20 }, () => new Holding(pool))
  for (let i = 0; i < 5000; i++) {
    const holding = random.of(holdings)
    if (random.chance(0.2)) holding.release()
    else holding.resize(random.below(12_000), random.chance(0.2) ? undefined : random.of(['a', 'b', 'c']))
  }
  for (const holding of holdings) holding.release()
  for (const client of ['a', 'b', 'c', undefined]) {
    const holding = new Holding(pool)
    assert.ok(pool.hasRoom(undefined, 10_001) && holding.resize(10_000, client))
    holding.release()
  }
})
