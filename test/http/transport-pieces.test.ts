// Cutting a body into pieces, compared with joining it first.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Pieces } from '../../src/http/transport/pieces.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

/** Sizes near the thresholds for joining and cutting. */
const size = fc.oneof(fc.nat(10), fc.integer({ min: 65_530, max: 65_540 }), fc.nat(600_000))

test('the pieces together are the body, whatever part of each is taken', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const bodies = fc.array(size, { maxLength: 12 })
  const shares = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(bodies, shares, (sizes, percents) => {
      const buffers = sizes.map((bytes, i) => Buffer.alloc(bytes, `${i}-part;`))
      const pieces = new Pieces(buffers)
      const taken: Buffer[] = []
      for (let step = 0; ; step++) {
        const piece = pieces.peek()
        if (piece.length === 0) break
        assert.ok(piece.length <= 256 * 1024)
        // A write may take nothing from time to time, but not forever.
        const percent = step < 1000 ? (percents[step % percents.length] ?? 100) : 100
        const bytes = Math.floor((piece.length * percent) / 100)
        taken.push(piece.subarray(0, bytes))
        pieces.advanceTo(pieces.position + bytes)
      }
      assert.ok(Buffer.concat(taken).equals(Buffer.concat(buffers)))
    }),
    { seed: SEED, numRuns: 60 },
  )
})

test('small buffers are joined into pieces of a minimum size', () => {
  const pieces = new Pieces(Array.from({ length: 1000 }, () => Buffer.alloc(1000)))
  let writes = 0
  for (let piece = pieces.peek(); piece.length > 0; piece = pieces.peek()) {
    pieces.advanceTo(pieces.position + piece.length)
    writes++
  }
  assert.ok(writes <= 16, `${writes} writes`)
})
