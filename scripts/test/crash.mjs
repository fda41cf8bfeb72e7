// Runs the proofs of test/crash, the simulation of several servers, and the random searches and counts in their long form. Each runs in rounds until its goal is
// reached. test/crash/results/proofs.json records the successful rounds with their seeds, so that an interrupted run resumes.
// `npm run test:crash -- kill history` runs the proofs named.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
const account = join(root, 'test/crash/results/proofs.json')

/**
 * Proofs by name: the test, the unit, the goal, the number in a round, the name of its setting, and the seeds that a round uses from its own
 * one on (default 1).
 */
const PROOFS = {
  kill: { test: 'kill', unit: 'kills', goal: 5000, round: 50, variable: 'HYPERFLEET_TEST_KILLS' },
  points: { test: 'crash-points', unit: 'rounds', goal: 50, round: 1, variable: 'HYPERFLEET_TEST_ROUNDS' },
  'points-full': {
    test: 'crash-points-full',
    unit: 'rounds',
    goal: 50,
    round: 1,
    variable: 'HYPERFLEET_TEST_ROUNDS',
  },
  history: { test: 'history', unit: 'lives', goal: 1000, round: 50, variable: 'HYPERFLEET_TEST_LIVES' },
  damage: { test: 'damage', unit: 'flips', goal: 10_000, round: 1000, variable: 'HYPERFLEET_TEST_FLIPS' },
  power: {
    test: 'power/lost-power',
    unit: 'cuts',
    goal: 100_000,
    round: 2500,
    variable: 'HYPERFLEET_TEST_POWER_IMAGES',
  },
  'full-disk': {
    test: 'power/full-disk',
    unit: 'rounds',
    goal: 50,
    round: 10,
    variable: 'HYPERFLEET_TEST_FULL_DISKS',
  },
  'failing-disk': {
    test: 'power/failing-disk',
    unit: 'faults',
    goal: 196,
    round: 196,
    variable: 'HYPERFLEET_TEST_FAULTS',
  },
  watch: {
    test: 'watch',
    unit: 'histories',
    goal: 2000,
    round: 20,
    variable: 'HYPERFLEET_TEST_WATCH_HISTORIES',
  },
  'watch-kill': {
    test: 'watch',
    unit: 'kills',
    goal: 500,
    round: 20,
    variable: 'HYPERFLEET_TEST_WATCH_KILLS',
  },
  servers: {
    test: '../replication/simulation',
    unit: 'histories',
    goal: 100_000,
    round: 5000,
    variable: 'HYPERFLEET_TEST_SERVER_HISTORIES',
  },
  searches: {
    test: '../search/differential',
    unit: 'queries',
    goal: 200_000,
    round: 5000,
    variable: 'HYPERFLEET_TEST_QUERIES',
    seeds: 100,
  },
  counts: {
    test: '../search/facets',
    unit: 'counts',
    goal: 30_000,
    round: 3000,
    variable: 'HYPERFLEET_TEST_COUNTS',
    seeds: 100,
  },
}

function totals(name) {
  return existsSync(account) ? (JSON.parse(readFileSync(account, 'utf8'))[name]?.totals ?? {}) : {}
}

function runRound({ test, variable }, count, seed) {
  const file = join(root, 'dist/test/crash', `${test}.test.js`)
  const { status } = spawnSync(process.execPath, ['--enable-source-maps', file], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      [variable]: String(count),
      HYPERFLEET_TEST_SEED: String(seed),
      HYPERFLEET_TEST_CRASH_PROOFS: account,
    },
  })
  return status === 0
}

function prove(name) {
  const proof = PROOFS[name]
  let seed = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
  for (;;) {
    const done = totals(name)[proof.unit] ?? 0
    if (done >= proof.goal) return
    const count = Math.min(proof.round, proof.goal - done)
    if (!runRound(proof, count, seed)) {
      console.error(
        `${name} failed; repeat it with HYPERFLEET_TEST_SEED=${seed} npm run test:crash -- ${name}`,
      )
      process.exit(1)
    }
    const after = totals(name)
    // A proof that this machine cannot run counts nothing.
    if ((after[proof.unit] ?? 0) === done) return console.log(`${name}: skipped`)
    console.log(`${name}: ${JSON.stringify(after)} of ${proof.goal} ${proof.unit}`)
    seed += proof.seeds ?? 1
  }
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !(name in PROOFS))
if (unknown.length > 0) {
  console.error(`unknown proof ${unknown.join(' or ')}: must be one of ${Object.keys(PROOFS).join(', ')}`)
  process.exit(1)
}
for (const name of wanted.length > 0 ? wanted : Object.keys(PROOFS)) prove(name)
for (const name of Object.keys(PROOFS)) console.log(`${name}: ${JSON.stringify(totals(name))}`)
