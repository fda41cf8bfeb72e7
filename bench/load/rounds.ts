// One workload against the server and its ceilings. Rounds alternate between them, so that other load on the machine
// affects all of them. Throughput comes first, then latency at a rate that the server handles easily.
import { alternate } from './alternate.ts'
import type { Host } from './host.ts'
import type { WireAnswer } from './hosts/wire-answer.ts'
import type { RowResult, TargetName, TargetResult } from './results.ts'
import { sampleAnswer } from './sample.ts'
import { quotients, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { keepBusy, measureThroughput, type Throughput } from './traffic/closed-loop.ts'
import { type Latency, latencySpread, measureLatency } from './traffic/fixed-rate.ts'
import type { Workload } from './workloads.ts'

export interface Timing {
  readonly rounds: number
  /** Warm-up before the first round: V8 compiles in it. The first 2,500 reports take four times the processor time of those after 10,000. */
  readonly compileMs: number
  /** Warm-up before each round. */
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
/** Writes whose bytes in the journal are averaged. */
const WRITE_SAMPLES = 20
/** Targets whose latency is measured. */
const TIMED: ReadonlySet<TargetName> = new Set(['server', 'bare'])

export async function measureRow(
  workload: Workload,
  clusters: number,
  field: Field,
  timing: Timing,
): Promise<RowResult> {
  const { ceilings } = field
  const { name, load, isWrite } = workload
  const { answer, journalBytes } = await sampleOf(field.server, workload)
  const entryBytes = isWrite ? (workload.bareEntryBytes ?? journalBytes) : undefined
  const renew = async () => {
    // Starts each round with an empty journal, because a long one would be slower.
    for (const host of [ceilings.bare, ceilings.node])
      await host.serve({ read: answer, write: answer, entryBytes })
  }
  const targets = targetsOf(field)
  await renew()
  for (const { host } of targets) await keepBusy(host, load, timing.compileMs)
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
    const [latency] = await measureLatency(host, { ...load, ...schedule })
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
    isWrite,
    answerBytes: answer.body.length,
    journalBytes,
    bareEntryBytes: entryBytes,
    fixedRate,
    targets: Object.fromEntries(results),
    ...ratios(throughputs),
    p99Ratio: spreadOf(quotients(latencies.get('server'), latencies.get('bare'), 'p99')),
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

/** Answer for the ceilings and, for a write, the bytes that one request adds to our journal. */
export async function sampleOf(
  server: TestedServer,
  { load, isWrite }: Workload,
): Promise<{ readonly answer: WireAnswer; readonly journalBytes: number | undefined }> {
  const sample = () => sampleAnswer(server.host.port, load.source.next(), load.status)
  if (!isWrite) return { answer: await sample(), journalBytes: undefined }
  for (;;) {
    const before = await journalLength(server)
    const answer = await sample()
    for (let more = 1; more < WRITE_SAMPLES; more++) await sample()
    const journalBytes = ((await journalLength(server)) - before) / WRITE_SAMPLES
    // Retries if a checkpoint has shortened the journal in between.
    if (journalBytes > 0) return { answer, journalBytes: Math.round(journalBytes) }
  }
}

async function journalLength(server: TestedServer): Promise<number> {
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
    userUs: spread('userUs'),
    systemUs: spread('systemUs'),
    serverBusy: spread('serverBusy'),
    clientBusy: spread('clientBusy'),
    latency: latencies === undefined ? undefined : latencySpread(latencies),
  }
}

function ratios(throughputs: ReadonlyMap<TargetName, readonly Throughput[]>) {
  const [server, bare] = [throughputs.get('server'), throughputs.get('bare')]
  const second = throughputs.get('server on node')
  return {
    ratio: spreadOf(quotients(server, bare, 'perSecond')),
    cpuRatio: spreadOf(quotients(bare, server, 'cpuUs')),
    userRatio: spreadOf(quotients(bare, server, 'userUs')),
    systemRatio: spreadOf(quotients(bare, server, 'systemUs')),
    engineRatio: second === undefined ? undefined : spreadOf(quotients(server, second, 'perSecond')),
  }
}
