import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Body } from '../../src/state/layout.ts'
import { type BodyOwner, BodySlabs, NOWHERE, type Slab } from '../../src/state/slabs.ts'
import { Random, runSeed } from '../harness/random.ts'

const SEED = runSeed()
const OWNERS = 2000
const WRITES = 60_000
/** The largest body gets its own slab. */
const LENGTHS = [28, 300, 1000, 2000, 9000]

interface Written extends BodyOwner {
  body: Buffer
}

function whole(bytes: Buffer): Body {
  return { bytes, offset: 0, length: bytes.length }
}

function bodyOf({ slab, offset, length }: BodyOwner): Buffer {
  return slab.bytes.subarray(offset, offset + length)
}

test(`bodies keep their bytes, and under random writes most of their memory is in use (contract 9.3), seed ${SEED}`, () => {
  const random = new Random(SEED)
  const slabs = new BodySlabs()
  const owners: Written[] = []
  const noise = randomBytes(20_000)
  for (let write = 0; write < WRITES; write++) {
    const present = owners[random.below(OWNERS)]
    const owner = present ?? { slab: NOWHERE, offset: 0, length: 0, body: noise }
    if (present === undefined) owners.push(owner)
    const length = random.of(LENGTHS) + random.below(200)
    const start = random.below(noise.length - length)
    owner.body = noise.subarray(start, start + length)
    slabs.put(owner, whole(owner.body))
  }
  for (const owner of owners) assert.ok(bodyOf(owner).equals(owner.body))
  const used = owners.reduce((sum, { length }) => sum + length, 0)
  const held = [...new Set(owners.map(({ slab }) => slab))].reduce((sum, slab) => sum + slab.bytes.length, 0)
  assert.ok(used > 0.625 * held - 2 * 262_144, `${used} of ${held} bytes are in use`)
})

test(`a slab counts its used bytes correctly, even when few bodies are rewritten many times, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const slabs = new BodySlabs()
  const owners = Array.from({ length: 20 }, () => ({ slab: NOWHERE, offset: 0, length: 0 }))
  for (let write = 0; write < WRITES; write++) {
    slabs.put(random.of(owners), whole(Buffer.alloc(random.of(LENGTHS))))
    const inUse = new Map<Slab, number>()
    for (const { slab, length } of owners) inUse.set(slab, (inUse.get(slab) ?? 0) + length)
    for (const [slab, bytes] of inUse) assert.equal(slab.used, bytes, `after ${write} writes`)
  }
})

test('a body in use does not change when it is replaced and its slab is emptied (contract 4.8)', () => {
  const slabs = new BodySlabs()
  const owner = { slab: NOWHERE, offset: 0, length: 0 }
  slabs.put(owner, whole(Buffer.from('first')))
  const seen = bodyOf(owner)
  const others = Array.from({ length: 100 }, () => ({ slab: NOWHERE, offset: 0, length: 0 }))
  for (let round = 0; round < 100; round++) {
    slabs.put(owner, whole(Buffer.from(`version ${round}`)))
    for (const other of others) slabs.put(other, whole(Buffer.alloc(1000, round)))
  }
  assert.equal(seen.toString(), 'first')
  assert.equal(bodyOf(owner).toString(), 'version 99')
})
