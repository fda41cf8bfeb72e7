// Death at every named step of the store: after each the next start finds everything again. The steps that only a full
// disk leads to are in crash-points-full.test.ts. `npm run test:crash -- points` goes on for long.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CrashPoint } from '../../src/store/crash-point.ts'
import { drawFrom } from '../search/random-state.ts'
import { CrashSite, pointsOf } from './crash-site.ts'
import { addToProofs } from './proofs.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const ROUNDS = Number(process.env.HYPERFLEET_TEST_ROUNDS ?? 1)
/** A folder serves for so many deaths: it grows, and so do the checks. */
const POINTS_PER_FOLDER = 16

const draw = drawFrom(SEED)

/** Lets servers die at each of the points in one folder. */
async function dieInOneFolder(points: readonly CrashPoint[], isNew: boolean): Promise<void> {
  // It stays when the test fails.
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-points-'))
  const site = new CrashSite(folder, draw)
  if (!isNew) await site.found()
  await site.dieAt(points)
  await rm(folder, { recursive: true })
}

test('contract 4.8: death at a named point of a first start loses nothing', async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_ROUNDS=${ROUNDS}`)
  for (let round = 0; round < ROUNDS; round++) {
    for (const point of pointsOf('first start')) await dieInOneFolder([point], true)
  }
})

test('contract 4.8, 5.7: death at every other named point loses nothing that was answered', async t => {
  const starting = pointsOf('restart')
  // A start is cut short after each of the first deaths under load, which leave a journal to replay.
  const points = pointsOf('load', 'large deletions', 'stop').flatMap((point, i) => [
    point,
    ...starting.slice(i, i + 1),
  ])
  for (let round = 0; round < ROUNDS; round++) {
    for (let from = 0; from < points.length; from += POINTS_PER_FOLDER)
      await dieInOneFolder(points.slice(from, from + POINTS_PER_FOLDER), false)
  }
  const deaths = ROUNDS * (points.length + pointsOf('first start').length)
  t.diagnostic(`${deaths} deaths`)
  addToProofs('points', SEED, { rounds: ROUNDS, deaths })
})
