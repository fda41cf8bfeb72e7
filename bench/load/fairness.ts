// Fairness: polls alone, and beside expensive queries of another client.
import { POLLS_PER_SECOND } from './mixed-day.ts'
import type { FairnessResult } from './results.ts'
import { quotients, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { runClosedLoop } from './traffic/closed-loop.ts'
import { type Latency, latencySpread, measureLatency } from './traffic/fixed-rate.ts'
import { expensive, polls, type Workload } from './workloads.ts'

const WARMUP_MS = 500

interface Beside {
  readonly perSecond: number
  readonly polls: Latency
}

/** Rounds alternate between polls alone and polls beside each of the queries. */
export async function measureFairness(
  { host }: TestedServer,
  clusters: number,
  { rounds, durationMs }: { readonly rounds: number; readonly durationMs: number },
): Promise<FairnessResult> {
  const polling = { ...polls, perSecond: POLLS_PER_SECOND, durationMs, warmupMs: WARMUP_MS }
  const besideQuery = async ({ load }: Workload): Promise<Beside> => {
    const asking = runClosedLoop(host, load, { warmupMs: WARMUP_MS, durationMs }, () => undefined)
    const [latency] = await measureLatency(host, polling)
    const { requests, passedMs } = await asking
    return { perSecond: (1000 * requests) / passedMs, polls: latency }
  }
  const alone: Latency[] = []
  const beside = new Map<Workload, Beside[]>(expensive.map(workload => [workload, []]))
  for (let round = 0; round < rounds; round++) {
    alone.push(...(await measureLatency(host, polling)))
    for (const [workload, found] of beside) found.push(await besideQuery(workload))
  }
  return {
    clusters,
    alone: latencySpread(alone),
    beside: [...beside].map(([{ name }, found]) => {
      const latencies = found.map(each => each.polls)
      return {
        query: name,
        perSecond: spreadOf(found.map(({ perSecond }) => perSecond)),
        polls: latencySpread(latencies),
        p99Ratio: spreadOf(quotients(latencies, alone, 'p99')),
      }
    }),
  }
}
