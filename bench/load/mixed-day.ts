// Mixed day of a minute: adapters report and Sentinels poll at steady rates while a checkpoint runs. The bare server has
// the same day: it sends the same bytes for each poll, and appends as many bytes as our journal gets for each report.
import { setTimeout as wait } from 'node:timers/promises'
import { alternate } from './alternate.ts'
import type { Harness } from './harness.ts'
import type { Host } from './host.ts'
import type { Pause } from './hosts/collections.ts'
import type { BareAnswers } from './hosts/wire-answer.ts'
import { pauseSpread, pauseSummary } from './pauses.ts'
import type { DaySide, MixedDayResult } from './results.ts'
import { sampleOf } from './rounds.ts'
import { quotients, type Spread, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { type Latency, latencySpread, measureLatency } from './traffic/fixed-rate.ts'
import { polls, reports, stale } from './workloads.ts'

export const POLLS_PER_SECOND = 200
const REPORTS_PER_SECOND = 2000
const REPORTING_CONNECTIONS = 64
const WARMUP_MS = 1000
const SAMPLE_EVERY_MS = 1000
const STATUSES = 2

/** One day of one server. */
interface Day {
  readonly polls: Latency
  readonly reports: Latency
  readonly pauses: readonly Pause[]
  /** Resident memory, second by second. */
  readonly rssBytes: readonly number[]
  readonly hadCheckpoint: boolean
}

/** Measures days in alternation, each in a new process, and of the server on a new copy of the fleet. */
export async function measureMixedDay(harness: Harness, clusters: number): Promise<MixedDayResult> {
  const { dayMs, timing } = harness.options.plan
  const day = createDay(clusters, dayMs)
  let bareAnswers: BareAnswers | undefined
  const measures = {
    server: async () => {
      let measured: Day | undefined
      const flags = checkpointFlags(dayMs)
      await harness.onFleet(
        { clusters, statuses: STATUSES },
        async server => {
          bareAnswers ??= await answersOf(server, clusters)
          measured = { ...(await day(server.host)), hadCheckpoint: await hadCheckpoint(server, dayMs) }
        },
        { flags },
      )
      return measured
    },
    bare: () =>
      harness.onBare(async host => {
        if (bareAnswers === undefined)
          throw new Error('the bare server has its day after the first of the server')
        await host.serve(bareAnswers)
        return { ...(await day(host)), hadCheckpoint: false }
      }),
  }
  const targets = [{ name: 'server' }, { name: 'bare' }] as const
  const days = await alternate(
    targets,
    timing.rounds,
    async () => {},
    async ({ name }) => (await measures[name]()) ?? fail(),
  )
  return conclude(days.get('server') ?? [], days.get('bare') ?? [], { clusters, seconds: dayMs / 1000 })
}

/** Flags of the server that make a checkpoint begin halfway through the day. */
function checkpointFlags(dayMs: number): string[] {
  const entries = Math.ceil((REPORTS_PER_SECOND * dayMs) / 1000 / 2)
  return ['--storage-checkpoint-journal-entries', String(entries)]
}

async function answersOf(server: TestedServer, clusters: number): Promise<BareAnswers> {
  const poll = await sampleOf(server, stale)
  const report = await sampleOf(server, reporting(clusters))
  return { read: poll.answer, write: report.answer, entryBytes: report.journalBytes }
}

function reporting(clusters: number) {
  const [workload] = reports(clusters, [REPORTING_CONNECTIONS])
  return workload ?? fail()
}

function createDay(clusters: number, durationMs: number) {
  const schedule = { warmupMs: WARMUP_MS, durationMs }
  const polling = { ...polls, ...schedule, perSecond: POLLS_PER_SECOND }
  const { load } = reporting(clusters)
  return async (host: Host): Promise<Omit<Day, 'hadCheckpoint'>> => {
    await host.pauses()
    const memory = sampleMemory(host)
    const reported = { ...load, ...schedule, perSecond: REPORTS_PER_SECOND }
    const [pollsLatency, reportsLatency] = await measureLatency(host, polling, reported)
    const rssBytes = await memory.end()
    return { polls: pollsLatency, reports: reportsLatency, pauses: await host.pauses(), rssBytes }
  }
}

/** Reports that a restart would not replay were folded in by a checkpoint. */
async function hadCheckpoint(server: TestedServer, dayMs: number): Promise<boolean> {
  const left = (await server.metrics()).get('hyperfleet_api_journal_entries') ?? 0
  return left < (REPORTS_PER_SECOND * (dayMs + WARMUP_MS)) / 1000 - 1
}

function sampleMemory(host: Host): { end(): Promise<number[]> } {
  const samples: number[] = []
  let isOver = false
  const sampling = (async () => {
    while (!isOver) {
      samples.push(host.residentMemory.rssBytes)
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

function conclude(
  server: readonly Day[],
  bare: readonly Day[],
  shape: { readonly clusters: number; readonly seconds: number },
): MixedDayResult {
  const ratio = (of: 'polls' | 'reports', key: keyof Latency): Spread =>
    spreadOf(
      quotients(
        server.map(day => day[of]),
        bare.map(day => day[of]),
        key,
      ),
    )
  const pauses = (days: readonly Day[]) => days.map(day => pauseSummary(day.pauses))
  const rssBytes = server.flatMap(day => day.rssBytes)
  return {
    ...shape,
    rounds: server.length,
    server: sideOf(server),
    bare: sideOf(bare),
    ratios: {
      pollsP50: ratio('polls', 'p50'),
      pollsP99: ratio('polls', 'p99'),
      pollsP999: ratio('polls', 'p999'),
      reportsP50: ratio('reports', 'p50'),
      reportsP99: ratio('reports', 'p99'),
      longestPause: spreadOf(quotients(pauses(server), pauses(bare), 'longestMs')),
    },
    hadCheckpoint: server.every(day => day.hadCheckpoint),
    growth: spreadOf(server.map(day => memoryGrowth(day.rssBytes))),
    rssBytes: { least: Math.min(...rssBytes), most: Math.max(...rssBytes) },
  }
}

function sideOf(days: readonly Day[]): DaySide {
  return {
    polls: latencySpread(days.map(day => day.polls)),
    reports: latencySpread(days.map(day => day.reports)),
    pauses: pauseSpread(days.map(day => day.pauses)),
  }
}

/** Growth of resident memory from the second third of the day to the last, as a ratio. */
export function memoryGrowth(rssBytes: readonly number[]): number {
  const third = Math.max(1, Math.floor(rssBytes.length / 3))
  const mean = (part: readonly number[]) => part.reduce((sum, bytes) => sum + bytes, 0) / part.length
  return mean(rssBytes.slice(-third)) / mean(rssBytes.slice(-2 * third, -third)) - 1
}

function fail(): never {
  throw new Error('a day was not measured')
}
