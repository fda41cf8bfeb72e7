// Fairness: polls alone, and beside expensive queries of another client.

import { POLLS_PER_SECOND } from './mixed-day.ts'
import type { FairnessResult } from './results.ts'
import type { TestedServer } from './tested-server.ts'
import { measureThroughput } from './traffic/closed-loop.ts'
import { measureLatency } from './traffic/fixed-rate.ts'
import { expensive, polls } from './workloads.ts'

const WARMUP_MS = 500

export async function measureFairness(
  { host }: TestedServer,
  clusters: number,
  durationMs: number,
): Promise<FairnessResult> {
  const polling = { ...polls, perSecond: POLLS_PER_SECOND, durationMs, warmupMs: WARMUP_MS }
  const [alone] = await measureLatency(host.port, polling)
  const beside = []
  for (const { name, load } of expensive) {
    const asking = measureThroughput(host, load, { warmupMs: WARMUP_MS, durationMs })
    const [latency] = await measureLatency(host.port, polling)
    const { perSecond } = await asking
    beside.push({ query: name, perSecond, polls: latency })
  }
  return { clusters, alone, beside }
}
