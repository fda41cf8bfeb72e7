// Latency of polls with and without a running checkpoint. A poll is a Sentinel's frequent query: the first page of the
// clusters that are not ready, each document joined. Polls are due at fixed moments, whether or not the previous one is
// done, and wait from then on. So a long turn of the event loop counts in full.
import { setTimeout as sleep } from 'node:timers/promises'
import type { FleetIndex } from '../../src/index/fleet-index.ts'
import { ResourceSearch, Turns } from '../../src/search/search.ts'
import { sampleReport } from './sample-records.ts'
import { type Started, start } from './start.ts'

const PERIOD_MS = 2
const POSITIONS = { offset: 0, limit: 100 }

/** Times of polls in microseconds. */
export interface PollRun {
  readonly quiet: readonly number[]
  readonly checkpoint: readonly number[]
}

export interface PollOptions {
  readonly path: string
  readonly size: number
  readonly rounds: number
  /** Number of reports that a checkpoint folds. */
  readonly reports: number
}

/** Alternates polls without and with a checkpoint; both periods take equally long. */
export async function measurePolls({ path, size, rounds, reports }: PollOptions): Promise<PollRun> {
  const checkpoints = { begun: 0, done: 0 }
  const { store, index } = await start(path, reports, ({ kind }) => {
    if (kind === 'checkpoint-started') checkpoints.begun++
    if (kind === 'checkpoint-finished') checkpoints.done++
  })
  const poll = poller(index)
  const run = { quiet: [] as number[], checkpoint: [] as number[] }
  let quietMs = 1000
  for (let round = 1; round <= rounds; round++) {
    const quietEnd = performance.now() + quietMs
    await follow(poll, run.quiet, () => performance.now() < quietEnd)
    await report(store, size, reports, round, () => checkpoints.begun === round)
    const startMs = performance.now()
    await follow(poll, run.checkpoint, () => checkpoints.done < checkpoints.begun)
    quietMs = performance.now() - startMs
  }
  return run
}

/** Writes reports until a checkpoint begins: `reports` of them, or fewer if the journal already has some. */
async function report(
  store: Started['store'],
  size: number,
  reports: number,
  round: number,
  hasBegun: () => boolean,
): Promise<void> {
  const spread = Math.max(1, Math.floor(size / reports))
  for (let sent = 0; !hasBegun(); ) {
    const missing = Math.max(1, Math.min(1000, reports - store.journalInfo.entries))
    for (let i = 0; i < missing; i++, sent++) {
      store.stage([sampleReport((sent * spread) % size, size, sent, round + 1)])
    }
    await store.settled()
  }
}

/** Measures polls while `goesOn`. */
async function follow(poll: () => number, waits: number[], goesOn: () => boolean): Promise<void> {
  let due = performance.now() + PERIOD_MS
  while (goesOn()) {
    await turnAfter(due)
    if (poll() < 0) throw new Error('a poll found nothing')
    waits.push(1000 * (performance.now() - due))
    due += PERIOD_MS
  }
}

/** Resolves in the turn of the event loop in which the time has come; timers may fire a little early. */
async function turnAfter(due: number): Promise<void> {
  const early = due - performance.now()
  if (early > 1) await sleep(early)
  do await new Promise(setImmediate)
  while (performance.now() < due)
}

function poller(index: FleetIndex): () => number {
  const turns = new Turns({ nowMs: () => 0, nextTurn: setImmediate })
  const search = new ResourceSearch({
    index: index.placeOf('Cluster'),
    turns,
    clock: () => 0n,
    nowMs: () => performance.now(),
  })
  const query = search.prepare({ search: `status.conditions.Ready='False'` })
  if (query.kind === 'fault') throw new Error('the query is wrong')
  return () => {
    const found = search.find({ query, positions: POSITIONS, ownerId: undefined, reader: { aborted: false } })
    if (found instanceof Promise) throw new Error('a search was sliced')
    return Buffer.concat(found.entries.map(({ json }) => json)).length
  }
}
