// Cost of the log: the same requests to a server that logs only warnings, as in all other parts of a run, and to one
// with the default level.
import { alternate } from './alternate.ts'
import type { LogCostResult } from './results.ts'
import type { Timing } from './rounds.ts'
import { quotients, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { measureThroughput, type Throughput } from './traffic/closed-loop.ts'
import type { Workload } from './workloads.ts'

export const LOG_COST = 'cost of the log'

/** Two servers on fleets of the same shape. */
export interface LogPair {
  readonly quiet: TestedServer
  readonly logging: TestedServer
}

export async function measureLogCost(
  { quiet, logging }: LogPair,
  { name, load }: Workload,
  { rounds, warmupMs, throughputMs }: Timing,
): Promise<LogCostResult> {
  const targets = [
    { name: 'quiet', host: quiet.host },
    { name: 'logging', host: logging.host },
  ] as const
  const span = { warmupMs, durationMs: throughputMs }
  const found = await alternate(
    targets,
    rounds,
    async () => {},
    ({ host }) => measureThroughput(host, load, span),
  )
  const of = (target: keyof LogPair, key: keyof Throughput) =>
    (found.get(target) ?? []).map(round => round[key])
  const ratioOf = (key: keyof Throughput) =>
    spreadOf(quotients(found.get('logging'), found.get('quiet'), key))
  const figures = (target: keyof LogPair) => ({
    perSecond: spreadOf(of(target, 'perSecond')),
    cpuUs: spreadOf(of(target, 'cpuUs')),
  })
  return {
    name,
    quiet: figures('quiet'),
    logging: figures('logging'),
    ratio: ratioOf('perSecond'),
    cpuRatio: ratioOf('cpuUs'),
  }
}
