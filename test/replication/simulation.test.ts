// Several servers on one journal, simulated: seeded histories of clients and faults, checked against what the database has stored
// (contract 14). Faults that are planted into the protocol have to be found.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addToProofs } from '../crash/proofs.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { runSeed } from '../harness/random.ts'
import { PLANTED_FAULTS } from './simulation/planted-faults.ts'
import { simulate } from './simulation/task.ts'

const HISTORIES = Number(process.env.HYPERFLEET_TEST_SERVER_HISTORIES ?? 1000)
/** More histories than it takes to find a fault that is planted; the rarest is found after hundreds. */
const MAX_UNTIL_FOUND = 20_000
/** Events that have to occur in the histories. */
const OCCUR = [
  'changed',
  'conflict',
  'read',
  'unanswered',
  'behind',
  'epochs',
  'resolved',
  'fenced',
  'deposed',
]

const seed = runSeed()
console.error(`HYPERFLEET_TEST_SEED=${seed}`)

test(`contract 14.1, 14.3, 14.4, 14.5, 14.7, 14.8, 14.10, 14.15: ${HISTORIES} histories with faults are right`, async t => {
  const { violations, histories, sums } = await simulate({
    seed,
    histories: HISTORIES,
    edits: [],
    isFenced: true,
  })
  assert.deepEqual(violations.slice(0, 5), [], `HYPERFLEET_TEST_SEED=${seed}, history ${histories}`)
  t.diagnostic(JSON.stringify(sums))
  for (const name of OCCUR) assert.ok((sums[name] ?? 0) > 0, `${name} occurs`)
  addToProofs('servers', seed, { histories, ...sums })
})

for (const { fault, edits, isFenced = true, isRare = false } of PLANTED_FAULTS) {
  if (isRare && process.env.HYPERFLEET_TEST_LONG === undefined) continue
  test(`the simulation finds it if ${fault}`, { timeout: TEST_HANGS_AFTER_MS }, async t => {
    const { violations, histories } = await simulate({ seed, histories: MAX_UNTIL_FOUND, edits, isFenced })
    const [first] = violations
    assert.ok(first !== undefined, `not found in ${histories} histories`)
    t.diagnostic(`history ${histories}: contract ${first.rule}: ${first.what}`)
  })
}
