// Mixed day of a minute: adapters report and Sentinels poll at steady rates while a checkpoint runs.
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

/** Flags of the server that make a checkpoint begin halfway through the day. */
export function dayFlags(durationMs: number): string[] {
  const entries = Math.ceil((REPORTS_PER_SECOND * durationMs) / 1000 / 2)
  return ['--storage-checkpoint-journal-entries', String(entries)]
}

/**
 * @param idleMs time for which polls are first measured on the idle server
 * @param durationMs length of the day
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

/** Reports that a restart would not replay were folded in by a checkpoint. */
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

/** Growth of resident memory from the second third of the day to the last, as a ratio. */
export function memoryGrowth(rssBytes: readonly number[]): number {
  const third = Math.max(1, Math.floor(rssBytes.length / 3))
  const mean = (part: readonly number[]) => part.reduce((sum, bytes) => sum + bytes, 0) / part.length
  return mean(rssBytes.slice(-third)) / mean(rssBytes.slice(-2 * third, -third)) - 1
}

/** Latency of polls during the day, divided by their latency on an idle server. */
export function pollSlowdown({ idlePolls, polls }: { idlePolls: Latency; polls: Latency }): number {
  return polls.p99 / idlePolls.p99
}
