// A power cut at any moment loses nothing that was answered and shows nothing that no one sent (contract 4.8, 5.7): the store
// is opened on disks that power cuts would have left. docs/internals/durability.md describes the model.
//
//   HYPERFLEET_TEST_POWER_IMAGES   how many disks are built
//   HYPERFLEET_TEST_POWER_FROM     the round to begin with, to go on with a run that was cut
//   HYPERFLEET_TEST_SEED           the seed of a run that is repeated
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { Random, runSeed } from '../../harness/random.ts'
import { addToProofs } from '../proofs.ts'
import { emptyTally, openImages, type Tally } from './images.ts'
import { newRecording, record } from './record.ts'
import type { Recording } from './recorded.ts'
import { buildRecorder } from './recorder.ts'

const IMAGES = Number(process.env.HYPERFLEET_TEST_POWER_IMAGES ?? 1000)
const FROM = Number(process.env.HYPERFLEET_TEST_POWER_FROM ?? 0)
/** Disks that are built of one recorded run. */
const IMAGES_PER_RUN = 125
/** Two runs, of which the second begins on a disk that the first left. */
const IMAGES_PER_ROUND = 2 * IMAGES_PER_RUN
const ROUNDS = Math.ceil(IMAGES / IMAGES_PER_ROUND)
/** For so many disks that keep their promises there is one that does not. */
const LYING_SHARE = 8

const seed = runSeed()
// Files in memory make no difference to the model, and many disks more.
const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'hyperfleet-power-'))
const recorder = buildRecorder(scratch)
const skip = recorder.kind === 'none' ? recorder.reason : false
const library = recorder.kind === 'ready' ? recorder.library : ''
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))

/** Records a run, most of them killed in the middle, and opens its disks. Returns the disk that was kept. */
async function recordAndOpen(recording: Recording, round: number, tally: Tally): Promise<string> {
  const random = new Random(seed, round, recording.contents === undefined ? 0 : 1)
  const kill = random.of([
    {},
    { kill: { killAfterEvent: 1 + random.below(400) } },
    { kill: { killInSync: 1 + random.below(25) } },
  ])
  await record(recording, {
    library,
    seed: random.word(),
    openings: 2,
    changes: 40 + random.below(80),
    ...kill,
  })
  const kept = join(scratch, 'kept')
  rmSync(kept, { recursive: true, force: true })
  const plan = { recording, seed: random.word(), images: IMAGES_PER_RUN, mode: 'sound', scratch } as const
  await openImages({ ...plan, keep: random.below(IMAGES_PER_RUN) }, tally)
  return kept
}

/** Copies the traces of a round that failed, so that its disks can be built again; tells where they are. */
function keep(recordings: readonly Recording[]): string {
  const kept = mkdtempSync(join(tmpdir(), 'hyperfleet-power-failed-'))
  for (const { root, traceFile, contents } of recordings) {
    for (const path of [root, traceFile, contents ?? '']) {
      if (existsSync(path)) cpSync(path, join(kept, basename(path)), { recursive: true })
    }
  }
  return kept
}

/** Does the work on these recordings, after which the tally must hold no failure, and removes them. */
async function withRecordings(
  recordings: readonly Recording[],
  failures: () => readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
    if (failures().length > 0) throw new Error(failures().slice(0, 20).join('\n'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`the recorded runs are kept in ${keep(recordings)}: ${reason}`, { cause: error })
  }
  for (const { root, traceFile, contents = '' } of recordings) {
    for (const path of [root, traceFile, contents]) rmSync(path, { recursive: true, force: true })
  }
}

async function round(number: number, tally: Tally): Promise<void> {
  const contents = join(scratch, `contents-${number}`)
  const first = newRecording(scratch, `first-${number}`)
  const second = newRecording(scratch, `second-${number}`, contents)
  const failures = () => [...tally.wrong, ...tally.refused, ...tally.crashed]
  await withRecordings([first, second], failures, async () => {
    renameSync(await recordAndOpen(first, number, tally), contents)
    await recordAndOpen(second, number, tally)
  })
}

test(`${IMAGES} power cuts lose nothing that was answered and show nothing that was not sent (contract 4.8, 5.7)`, {
  skip,
}, async t => {
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const tally = emptyTally()
  for (let number = FROM; number < ROUNDS; number++) {
    await round(number, tally)
    if (number % 20 === 19)
      console.log(`HYPERFLEET_TEST_POWER_FROM=${number + 1} of ${ROUNDS}: ${describe(tally)}`)
  }
  t.diagnostic(describe(tally))
  assert.ok(tally.distinct > tally.built / 2)
  assert.equal(tally.right, tally.distinct)
  addToProofs('power', seed, { cuts: tally.built, disks: tally.distinct })
})

function describe({ built, distinct, right, refused, wrong, crashed }: Tally): string {
  return (
    `${built} disks, ${distinct} of them different: ${right} right, ${refused.length} refused, ` +
    `${wrong.length} wrong, ${crashed.length} crashed`
  )
}

test('a disk that loses flushed data is refused, or shows an older state, never a wrong one', {
  skip,
}, async t => {
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const tally = emptyTally()
  for (let number = FROM; number < ROUNDS; number++) {
    const random = new Random(seed, number, 2)
    const recording = newRecording(scratch, `lying-${number}`)
    const failures = () => [...tally.wrong, ...tally.crashed]
    await withRecordings([recording], failures, async () => {
      await record(recording, { library, seed: random.word(), openings: 2, changes: 40 + random.below(80) })
      const images = Math.ceil(IMAGES_PER_ROUND / LYING_SHARE)
      await openImages({ recording, seed: random.word(), images, mode: 'lying', scratch }, tally)
    })
  }
  t.diagnostic(describe(tally))
  const { built, distinct, right, refused } = tally
  addToProofs('lies', seed, { disks: built, different: distinct, right, refused: refused.length })
})
