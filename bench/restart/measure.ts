// Measurements of a restart: starts and plain readings of the same folder alternate, then polls beside checkpoints.
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Load } from './load.ts'
import type { PollRun } from './polls.ts'
import { inProcess } from './process.ts'

/** Default of `storage.checkpointJournalEntries`. */
const CHECKPOINT_ENTRIES = 100_000

export interface RestartRun {
  readonly size: number
  /** One of each for every round. */
  readonly starts: readonly Load[]
  readonly ceilings: readonly Load[]
  readonly polls: PollRun
  /** Number of journal entries that start a checkpoint. */
  readonly reports: number
}

export interface RunOptions {
  /** Number of clusters. */
  readonly size: number
  readonly rounds: number
  readonly heapMib: number
  /** Existing folder, on the disk to be measured. */
  readonly parent: string
  readonly progress: (message: string) => void
}

export async function measureRestart(options: RunOptions): Promise<RestartRun> {
  const { size, rounds, heapMib, progress } = options
  return onFolder(options, async path => {
    const { starts, ceilings } = await alternateStarts(path, options)
    progress('polls')
    const reports = Math.max(200, Math.min(CHECKPOINT_ENTRIES, size))
    const polls = await inProcess({ kind: 'polls', path, size, rounds, reports }, heapMib)
    return { size, starts, ceilings, polls, reports }
  })
}

/** Measures the starts and the readings alone. */
export function measureStarts(options: RunOptions): Promise<Pick<RestartRun, 'starts' | 'ceilings'>> {
  return onFolder(options, path => alternateStarts(path, options))
}

async function alternateStarts(
  path: string,
  { rounds, heapMib, progress }: RunOptions,
): Promise<Pick<RestartRun, 'starts' | 'ceilings'>> {
  const [starts, ceilings]: [Load[], Load[]] = [[], []]
  for (let round = 1; round <= rounds; round++) {
    starts.push(await inProcess({ kind: 'start', path }, heapMib))
    ceilings.push(await inProcess({ kind: 'ceiling', path }, heapMib))
    progress(`round ${round}: ${seconds(starts)} s to start, ${seconds(ceilings)} s to read and parse`)
  }
  return { starts, ceilings }
}

/** Makes a folder for the time of `use`. */
async function onFolder<T>(
  { size, heapMib, parent, progress }: RunOptions,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = await mkdtemp(join(parent, 'hyperfleet-bench-'))
  try {
    progress(`making a folder of ${size} clusters`)
    await inProcess({ kind: 'make', path, size }, heapMib)
    return await use(path)
  } finally {
    await rm(path, { recursive: true })
  }
}

function seconds(loads: readonly Load[]): string {
  return ((loads.at(-1)?.durationMs ?? 0) / 1000).toFixed(2)
}
