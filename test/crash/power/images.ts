// Opens the disks that power cuts would have left of a recorded run, in a process that is started again when an image kills it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { WAIT_HANGS_AFTER_MS } from '../../harness/patience.ts'
import type { Recording } from './recorded.ts'

const IMAGE_PROCESS = fileURLToPath(new URL('./image-process.js', import.meta.url))

export interface ImagePlan {
  readonly recording: Recording
  readonly seed: number
  readonly images: number
  /** The first image to be opened: those before it were. */
  readonly first: number
  /** `lying`: the disk may lose data that it reported as flushed. */
  readonly mode: 'sound' | 'lying'
  /** A folder for the images. */
  readonly scratch: string
  /** This image is copied to `kept` there, before it is opened. */
  readonly keep?: number
  /** Leaves every image where it was built, to be looked at. */
  readonly isKeeping?: boolean
}

/** Result of an image. */
export type Outcome = { readonly image: number } & (
  | { readonly kind: 'opening' | 'same' }
  /** `lost`: how many changes that were sent, and not answered, are not there. */
  | { readonly kind: 'right'; readonly lost: number }
  | { readonly kind: 'refused' | 'wrong'; readonly reason: string }
)

export interface Tally {
  /** Images that were built, and those among them that were like none before. */
  built: number
  distinct: number
  right: number
  readonly refused: string[]
  readonly wrong: string[]
  /** Images whose opening killed the process. */
  readonly crashed: string[]
}

export function emptyTally(): Tally {
  return { built: 0, distinct: 0, right: 0, refused: [], wrong: [], crashed: [] }
}

/** Builds and opens all the images, and adds to the tally what came of them. */
export async function openImages(plan: Omit<ImagePlan, 'first'>, tally: Tally): Promise<void> {
  tally.built += plan.images
  for (let first = 0; first < plan.images; ) {
    const crashedAt = await run({ ...plan, first }, tally)
    if (crashedAt === undefined) return
    first = crashedAt + 1
  }
}

/** Returns the image that killed the process, or was too much for it. */
async function run(plan: ImagePlan, tally: Tally): Promise<number | undefined> {
  const child = spawn(process.execPath, ['--enable-source-maps', IMAGE_PROCESS, JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const tooLong = () => child.kill('SIGKILL')
  let timer = setTimeout(tooLong, WAIT_HANGS_AFTER_MS)
  let opening: number | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    clearTimeout(timer)
    timer = setTimeout(tooLong, WAIT_HANGS_AFTER_MS)
    // The process writes nothing else.
    const outcome: Outcome = JSON.parse(line)
    // A process that LMDB has spoilt may also end a little later.
    if (outcome.kind !== 'same') opening = outcome.image
    add(plan, outcome, tally)
  }
  const [code, signal] = await exited
  clearTimeout(timer)
  if (code === 0) return undefined
  if (opening === undefined) throw new Error(`the images cannot be built: ${signal ?? code} ${errors}`)
  tally.crashed.push(`${labelOf(plan, opening)} ended by ${signal ?? code} ${errors.slice(0, 500)}`)
  return opening
}

function add(plan: ImagePlan, outcome: Outcome, tally: Tally): void {
  if (outcome.kind === 'opening') tally.distinct++
  if (outcome.kind === 'right') tally.right++
  if (outcome.kind !== 'refused' && outcome.kind !== 'wrong') return
  tally[outcome.kind].push(`${labelOf(plan, outcome.image)} ${outcome.reason}`)
}

function labelOf({ recording, seed }: ImagePlan, image: number): string {
  return `[image ${image} of ${recording.traceFile}, seed ${seed}]`
}
