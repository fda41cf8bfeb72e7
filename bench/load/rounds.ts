// One workload against the server and its ceilings. Rounds alternate between them, so that other load on the machine
// affects all of them. Throughput comes first, then latency at a rate that the server handles easily.
import { alternate } from './alternate.ts'
import type { Host } from './host.ts'
import type { RowResult, TargetName, TargetResult } from './results.ts'
import { sampleAnswer } from './sample.ts'
import { type Spread, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { measureThroughput, type Throughput } from './traffic/closed-loop.ts'
import { type Latency, measureLatency } from './traffic/fixed-rate.ts'
import type { Workload } from './workloads.ts'

export interface Timing {
  readonly rounds: number
  readonly warmupMs: number
  readonly throughputMs: number
  readonly latencyMs: number
}

/** Targets of a workload. All but the bare ones serve the same fleet. */
export interface Field {
  readonly server: TestedServer
  readonly ceilings: { readonly bare: Host; readonly node: Host }
  /** The server on its second engine, if it is compared. */
  readonly serverOnNode?: TestedServer | undefined
}

/** Rate for latency, as a fraction of the server's throughput. */
const FIXED_RATE = 0.5
/** Targets whose latency is measured. */
const TIMED: ReadonlySet<TargetName> = new Set(['server', 'bare'])

export async function measureRow(
  workload: Workload,
  clusters: number,
  field: Field,
  timing: Timing,
): Promise<RowResult> {
  const { ceilings } = field
  const { name, load } = workload
  const { answer, entryBytes } = await prepare(field.server, workload)
  const renew = async () => {
    // Starts each round with an empty journal, because a long one would be slower.
    for (const host of [ceilings.bare, ceilings.node]) await host.serve({ ...answer, entryBytes })
  }
  const targets = targetsOf(field)
  const throughputs = await alternate(targets, timing.rounds, renew, ({ host }) =>
    measureThroughput(host, load, { warmupMs: timing.warmupMs, durationMs: timing.throughputMs }),
  )
  const medianOf = (target: TargetName) =>
    spreadOf((throughputs.get(target) ?? []).map(({ perSecond }) => perSecond)).median
  const fixedRate = Math.max(10, FIXED_RATE * medianOf('server'))
  const timed = targets.filter(target => TIMED.has(target.name))
  const latencies = await alternate(timed, timing.rounds, renew, async ({ host }) => {
    const schedule = {
      perSecond: fixedRate,
      durationMs: timing.latencyMs,
      warmupMs: timing.warmupMs,
    }
    const [latency] = await measureLatency(host.port, { ...load, ...schedule })
    return latency
  })
  const results = targets.map(target => [
    target.name,
    summary(throughputs.get(target.name) ?? [], latencies.get(target.name)),
  ])
  return {
    name,
    clusters,
    connections: load.connections,
    answerBytes: answer.body.length,
    entryBytes,
    fixedRate,
    targets: Object.fromEntries(results),
    ...ratios(throughputs),
  }
}

interface Target {
  readonly name: TargetName
  readonly host: Host
}

function targetsOf({ server, ceilings, serverOnNode }: Field): Target[] {
  const { bare, node } = ceilings
  return [
    { name: 'server', host: server.host },
    { name: 'bare', host: bare },
    { name: 'node', host: node },
    ...(serverOnNode === undefined ? [] : [{ name: 'server on node', host: serverOnNode.host } as const]),
  ]
}

/** Answer for the ceilings and, for a write, the size of the journal entry. */
async function prepare(server: TestedServer, { load, isWrite }: Workload) {
  for (;;) {
    const before = await journalBytes(server)
    const answer = await sampleAnswer(server.host.port, load.source.next(), load.status)
    const entryBytes = (await journalBytes(server)) - before
    if (!isWrite) return { answer, entryBytes: undefined }
    // Retries if a checkpoint has shortened the journal in between.
    if (entryBytes > 0) return { answer, entryBytes }
  }
}

async function journalBytes(server: TestedServer): Promise<number> {
  return (await server.metrics()).get('hyperfleet_api_journal_bytes') ?? 0
}

function summary(
  throughputs: readonly Throughput[],
  latencies: readonly Latency[] | undefined,
): TargetResult {
  const spread = (key: keyof Throughput) => spreadOf(throughputs.map(round => round[key]))
  return {
    perSecond: spread('perSecond'),
    cpuUs: spread('cpuUs'),
    serverBusy: spread('serverBusy'),
    clientBusy: spread('clientBusy'),
    latency: latencies === undefined ? undefined : latencySpread(latencies),
  }
}

function latencySpread(latencies: readonly Latency[]): Record<keyof Latency, Spread> {
  const spread = (key: keyof Latency) => spreadOf(latencies.map(round => round[key]))
  return {
    p50: spread('p50'),
    p99: spread('p99'),
    p999: spread('p999'),
    max: spread('max'),
    perSecond: spread('perSecond'),
  }
}

function ratios(throughputs: ReadonlyMap<TargetName, readonly Throughput[]>) {
  const [server, bare] = [throughputs.get('server') ?? [], throughputs.get('bare') ?? []]
  const second = throughputs.get('server on node')
  const parts = (key: keyof Throughput, others: readonly Throughput[]) =>
    server.map((round, i) => round[key] / (others[i]?.[key] ?? Number.NaN))
  return {
    ratio: spreadOf(parts('perSecond', bare)),
    cpuRatio: spreadOf(parts('cpuUs', bare).map(times => 1 / times)),
    engineRatio: second === undefined ? undefined : spreadOf(parts('perSecond', second)),
  }
}
