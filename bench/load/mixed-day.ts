// A day like any other in a minute: adapters report and Sentinels poll at steady rates while a checkpoint runs.
import { setTimeout as wait } from 'node:timers/promises'
import type { MixedDayResult } from './results.ts'
import type { TestedServer } from './tested-server.ts'
import { type Latency, measureLatency } from './traffic/fixed-rate.ts'
import { polls, reports } from './workloads.ts'

export const POLLS_PER_SECOND = 200
const REPORTS_PER_SECOND = 2000
const REPORTING_CONNECTIONS = 64
const WARMUP_MS = 1000
const SAMPLE_EVERY_MS = 1000

/** Flags of the server with which a checkpoint begins halfway through the day. */
export function dayFlags(durationMs: number): string[] {
  const entries = Math.ceil((REPORTS_PER_SECOND * durationMs) / 1000 / 2)
  return ['--storage-checkpoint-journal-entries', String(entries)]
}

/**
 * @param idleMs how long the polls are measured on the idle server first
 * @param durationMs how long the day is
 */
export async function measureMixedDay(
  server: TestedServer,
  clusters: number,
  { idleMs, durationMs }: { readonly idleMs: number; readonly durationMs: number },
): Promise<MixedDayResult> {
  const { host } = server
  const polling = { ...polls, perSecond: POLLS_PER_SECOND, warmupMs: WARMUP_MS }
  const [report] = reports(clusters, [REPORTING_CONNECTIONS])
  if (report === undefined) throw new Error('there is no workload of reports')
  const reporting = { ...report.load, perSecond: REPORTS_PER_SECOND, warmupMs: WARMUP_MS }
  const [idlePolls] = await measureLatency(host.port, { ...polling, durationMs: idleMs })
  await host.pauses()
  const memory = sampleMemory(server)
  const [pollsLatency, reportsLatency] = await measureLatency(
    host.port,
    { ...polling, durationMs },
    { ...reporting, durationMs },
  )
  const rssBytes = await memory.end()
  const pauses = await host.pauses()
  return {
    clusters,
    seconds: durationMs / 1000,
    idlePolls,
    polls: pollsLatency,
    reports: reportsLatency,
    hadCheckpoint: await hadCheckpoint(server, (durationMs + WARMUP_MS) / 1000),
    rssBytes,
    pauses: {
      count: pauses.length,
      totalMs: pauses.reduce((sum, ms) => sum + ms, 0),
      maxMs: Math.max(0, ...pauses),
    },
  }
}

/** What was reported and is not left for a restart to replay, a checkpoint has folded in. */
async function hadCheckpoint(server: TestedServer, seconds: number): Promise<boolean> {
  const left = (await server.metrics()).get('hyperfleet_api_journal_entries') ?? 0
  return left < REPORTS_PER_SECOND * seconds - 1
}

function sampleMemory({ host }: TestedServer): { end(): Promise<number[]> } {
  const samples: number[] = []
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      samples.push((await host.usage()).rssBytes)
      await wait(SAMPLE_EVERY_MS)
    }
  })()
  return {
    async end() {
      isOver = true
      await sampling
      return samples
    },
  }
}

/** How much resident memory has grown from the second third of the day to the last, in parts. */
export function memoryGrowth(rssBytes: readonly number[]): number {
  const third = Math.max(1, Math.floor(rssBytes.length / 3))
  const mean = (part: readonly number[]) => part.reduce((sum, bytes) => sum + bytes, 0) / part.length
  return mean(rssBytes.slice(-third)) / mean(rssBytes.slice(-2 * third, -third)) - 1
}

/** How many times their latency on an idle server polls take beside the reports. */
export function pollSlowdown({ idlePolls, polls }: { idlePolls: Latency; polls: Latency }): number {
  return polls.p99 / idlePolls.p99
}
