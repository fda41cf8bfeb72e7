// The damage proof: whatever single bit is flipped in a data folder, and wherever a file of it is cut, a start shows
// either everything or refuses with words. HYPERFLEET_TEST_FLIPS sets the number of flips (10,000 for the long form);
// HYPERFLEET_TEST_SEED goes on from where an earlier run was cut.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RandomStream } from '../../tools/simulate/random.ts'
import { temporaryFolder } from '../store/samples.ts'
import { type Outcome, runDamages } from './damage-run.ts'
import {
  allCuts,
  type Damage,
  drawFlip,
  makeOriginal,
  type Original,
  saveOriginal,
} from './damaged-folder.ts'
import { addToProofs } from './proofs.ts'

const FLIPS = Number(process.env.HYPERFLEET_TEST_FLIPS ?? 200)
const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
/** Of the folders that open, every so many is written to and opened again: all in the long form. */
const USE_EVERY = FLIPS > 1000 ? 1 : 5
/** Flips drawn from one seed; the next ones come from the next seed. */
const FLIPS_PER_SEED = 200

async function prepare(
  t: TestContext,
): Promise<{ original: Original; run: (damages: Damage[]) => Promise<Counts> }> {
  const folder = temporaryFolder(t)
  const original = await makeOriginal(join(folder, 'made'))
  const [saved, work] = [join(folder, 'original'), join(folder, 'work')]
  for (const each of [saved, work]) mkdirSync(each)
  saveOriginal(saved, original)
  const run = async (damages: Damage[]) => {
    const counts = new Counts()
    await runDamages({ original: saved, work, useEvery: USE_EVERY }, damages, outcome => counts.add(outcome))
    return counts
  }
  return { original, run }
}

class Counts {
  readonly byWord = new Map<string, number>()
  readonly wrong: string[] = []

  add({ damage, words }: Outcome): void {
    const [word = '', kind = ''] = words.split(/[ :]/)
    const name = word === 'refused' ? `${word} ${kind}` : word
    this.byWord.set(name, (this.byWord.get(name) ?? 0) + 1)
    if (word !== 'whole' && word !== 'refused') this.wrong.push(`${JSON.stringify(damage)}: ${words}`)
  }

  toString(): string {
    return [...this.byWord].map(([name, count]) => `${name} ${count}`).join(', ')
  }
}

test(`${FLIPS} times a single flipped bit shows everything or is refused (contract 4.8)`, async t => {
  const { original, run } = await prepare(t)
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_FLIPS=${FLIPS}`)
  const total = new Map<string, number>()
  for (let flips = 0; flips < FLIPS; flips += FLIPS_PER_SEED) {
    const seed = SEED + flips / FLIPS_PER_SEED
    const random = new RandomStream('damage', seed)
    const count = Math.min(FLIPS_PER_SEED, FLIPS - flips)
    const counts = await run(Array.from({ length: count }, () => drawFlip(original, random)))
    assert.deepEqual(counts.wrong, [], `HYPERFLEET_TEST_SEED=${seed}`)
    for (const [name, found] of counts.byWord) total.set(name, (total.get(name) ?? 0) + found)
    if (flips % 1000 === 0) console.log(`${flips + count} flips; go on with HYPERFLEET_TEST_SEED=${seed + 1}`)
  }
  t.diagnostic(`flips: ${[...total].map(([name, count]) => `${name} ${count}`).join(', ')}`)
  addToProofs('damage', SEED, { flips: FLIPS, ...Object.fromEntries(total) })
})

test('a file cut at any page shows everything or is refused (contract 4.8)', async t => {
  const { original, run } = await prepare(t)
  const counts = await run(allCuts(original))
  t.diagnostic(`cuts: ${counts}`)
  assert.deepEqual(counts.wrong, [])
})
