// The state beside its slow twin: whatever is written, removed, renumbered, folded and loaded, both show the same. HYPERFLEET_TEST_LONG=1
// takes a million operations.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runSeed } from '../harness/random.ts'
import { Run } from './twin/run.ts'

const OPERATIONS = process.env.HYPERFLEET_TEST_LONG === '1' ? 1_000_000 : 60_000
const SEED = runSeed()

test(`the state equals its slow twin after each of ${OPERATIONS} random operations (contract 3.1, 4.3, 4.8, 5.4, 11.2, 11.8), seed ${SEED}`, t => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const run = new Run(SEED)
  run.operate(OPERATIONS)
  t.diagnostic(JSON.stringify(run.counts))
  const { largest, ...counts } = run.counts
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 0, `there were no ${what}`)
  assert.ok(largest > 200_000, 'some documents are large')
})
