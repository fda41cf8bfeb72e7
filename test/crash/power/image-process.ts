// Process that builds the disks left by power cuts of a recorded run, opens the real store on each, and compares it
// with the history. It prints each image's number first, so that a crash of LMDB is attributed to that image.
import { createHash } from 'node:crypto'
import { cpSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { StoreError } from '../../../src/store/errors.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { Random } from '../../harness/random.ts'
import { optionsFor } from '../../store/samples.ts'
import { drawCuts, drawFate } from './cut.ts'
import type { Disk } from './disk.ts'
import { digestOf, type History, linesOf } from './history.ts'
import type { ImagePlan, Outcome } from './images.ts'
import { type Recorded, readRecorded, replay } from './recorded.ts'

/** One image in so many is closed and opened again. */
const REOPENED = 8
/** Images of a lying disk that share the moment from which it lied, and how long it did. */
const LIES_PER_START = 20
const LYING_EVENTS = 400

// The parent wrote it.
const plan: ImagePlan = JSON.parse(process.argv[2] ?? '')
const recorded = readRecorded(plan.recording)
const seen = new Set<string>()

function say(outcome: Outcome): void {
  writeSync(1, `${JSON.stringify(outcome)}\n`)
}

/** Builds the image, and opens it unless it was there before. */
async function check(image: number, disk: Disk, history: History): Promise<void> {
  const random = new Random(plan.seed, image, plan.mode === 'lying' ? 1 : 0)
  const folder = join(plan.scratch, `image-${image}`)
  // Removes the leftovers of an image that ended the previous process.
  rmSync(folder, { recursive: true, force: true })
  const hash = createHash('sha1').update(`${plan.mode === 'sound' ? history.answered : 0} ${history.sent}`)
  disk.image(folder, drawFate(random), bytes => hash.update(bytes))
  try {
    if (image === plan.keep) cpSync(folder, join(plan.scratch, 'kept'), { recursive: true })
    const digest = hash.digest('base64')
    if (seen.has(digest)) return say({ kind: 'same', image })
    seen.add(digest)
    if (image < plan.first) return
    say({ kind: 'opening', image })
    say({ ...(await open(join(folder, 'data'), history, image % REOPENED === 0)), image })
  } finally {
    if (!plan.isKeeping) rmSync(folder, { recursive: true })
  }
}

type Found = { kind: 'right'; lost: number } | { kind: 'refused' | 'wrong'; reason: string }

async function open(path: string, history: History, again: boolean): Promise<Found> {
  try {
    const first = await openOnce(path, history)
    if (first.kind !== 'right' || !again) return first
    const second = await openOnce(path, history)
    if (second.kind === 'right' && second.lost === first.lost) return first
    return { kind: 'wrong', reason: `opened again it holds another state: ${JSON.stringify(second)}` }
  } catch (error) {
    if (error instanceof StoreError) return { kind: 'refused', reason: `${error.kind}: ${error.message}` }
    return { kind: 'wrong', reason: String(error) }
  }
}

async function openOnce(path: string, history: History): Promise<Found> {
  const store = await openStore(optionsFor(path))
  const found = judge(store, history)
  await store.close()
  return found
}

function judge(store: Store, history: History): Found {
  const least = plan.mode === 'lying' ? 0 : history.answered
  const lines = linesOf(store.state)
  const change = history.changeOf(digestOf(lines), least)
  if (change === undefined) {
    const older = history.changeOf(digestOf(lines), 0)
    const what = older === undefined ? 'a state that never was' : `the state after change ${older}`
    return { kind: 'wrong', reason: `${what} instead of one of ${least} to ${history.sent}` }
  }
  if ((store.latestId ?? '') < history.latestIdAt(change))
    return { kind: 'wrong', reason: `latestId is ${store.latestId}` }
  return { kind: 'right', lost: history.sent - change }
}

/** Power cuts of a disk that keeps its promises. */
async function sound({ events, pending, openings, base }: Recorded): Promise<void> {
  const cuts = drawCuts(new Random(plan.seed), pending, openings, plan.images)
  const run = replay(plan.recording, base)
  let done = 0
  for (const [image, cut] of cuts.entries()) {
    for (; done <= cut; done++) run.apply(events[done])
    await check(image, run.disk, run.history)
  }
}

/** Power cuts of a disk that forgets flushed writes of late. */
async function lying({ events, base }: Recorded): Promise<void> {
  for (let image = 0; image < plan.images; image += LIES_PER_START) {
    const random = new Random(plan.seed, image)
    const from = random.below(events.length)
    const run = replay(plan.recording, base)
    for (const event of events.slice(0, from)) run.apply(event)
    run.disk.isLying = true
    const cuts = Array.from({ length: Math.min(LIES_PER_START, plan.images - image) }, () =>
      Math.min(events.length, from + random.below(LYING_EVENTS)),
    ).sort((a, b) => a - b)
    let done = from
    for (const [i, cut] of cuts.entries()) {
      for (; done < cut; done++) run.apply(events[done])
      await check(image + i, run.disk, run.history)
    }
  }
}

await (plan.mode === 'lying' ? lying(recorded) : sound(recorded))
