import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLines } from '../../../src/ops/export/line-reader.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

async function* given(pieces: readonly string[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece)
}

test('lines are whole and numbered, whatever pieces their bytes arrive in', async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r') }))
  await fc.assert(
    fc.asyncProperty(pieces, async some => {
      const lines: [string, string][] = []
      for await (const { where, bytes } of readLines(given(some))) lines.push([where, bytes.toString()])
      const expected = some.join('').split('\n')
      if (expected.at(-1) === '') expected.pop()
      assert.deepEqual(
        lines,
        expected.map((line, i) => [`line ${i + 1}`, line]),
      )
    }),
    { seed: SEED, numRuns: 500 },
  )
})

test('a line without an end is abandoned', async () => {
  let pieces = 0
  async function* endless() {
    for (; ; pieces++) yield Buffer.alloc(1000, 'x')
  }
  await assert.rejects(async () => {
    for await (const _ of readLines(endless(), 50_000));
  }, /line 1 is longer than 50000 bytes/)
  assert.ok(pieces <= 51, `${pieces}`)
})
