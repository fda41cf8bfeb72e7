// Measures the server over loopback against the ceilings of the machine and writes the results to `bench/results`: `npm
// run bench:load` (about 20 minutes, 20 GB of memory, 15 GB of disk). `-- --short` checks in seconds that it runs. `--
// --only WORD` measures the parts with that word in their name. Neither writes results.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureFairness } from './fairness.ts'
import { FleetFolders } from './fleet-folder.ts'
import { Harness, progress } from './harness.ts'
import { NOTHING } from './hosts/wire-answer.ts'
import { LOG_COST, measureLogCost } from './log-cost.ts'
import { dayFlags, measureMixedDay } from './mixed-day.ts'
import { readOptions } from './options.ts'
import { loadPicture } from './picture.ts'
import type { FairnessResult, LogCostResult, MixedDayResult, Results } from './results.ts'
import { spreadOf } from './spread.ts'
import { loadReport } from './tables.ts'
import type { TestedServer } from './tested-server.ts'
import { measureThroughput } from './traffic/closed-loop.ts'
import { creates, getById, label, newest20, newest100, reports, stale } from './workloads.ts'

const ROOT = join(import.meta.dirname, '../../..')
const RESULTS = join(ROOT, 'bench/results')
/** Pages that quote the results. */
const PAGES = ['docs/internals/performance.md']
const STATUSES = 2

const options = readOptions(process.argv.slice(2))
const { wants, plan } = options
const { small, medium, large } = plan.sizes

const folders = new FleetFolders(options.folder, options.keep)
process.once('exit', () => folders.close())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const harness = await Harness.start(options, folders)
conclude(await measureAll())
await harness.stop()

async function measureAll(): Promise<Results> {
  const client = await measureClient()
  await measureSmall()
  await measureMedium()
  const logCost = await measureLog()
  const mixedDay = await measureDay()
  const fairness = await measureLarge()
  await measureWithoutStatuses()
  return {
    machine: describeMachine(),
    measuredAt: new Date().toISOString(),
    rounds: plan.timing.rounds,
    client,
    rows: harness.rows,
    memory: harness.memory,
    mixedDay,
    fairness,
    logCost,
  }
}

/** Ceiling of the client: measured against the bare server with an answer of two bytes. */
async function measureClient(): Promise<Results['client']> {
  progress('the client alone')
  await harness.bare.serve({ ...NOTHING, status: 200, body: Buffer.from('{}') })
  const rounds = []
  for (let round = 0; round < plan.timing.rounds; round++)
    rounds.push(
      await measureThroughput(harness.bare, newest20.load, {
        warmupMs: plan.timing.warmupMs,
        durationMs: plan.timing.throughputMs,
      }),
    )
  return {
    perSecond: spreadOf(rounds.map(({ perSecond }) => perSecond)),
    clientBusy: spreadOf(rounds.map(({ clientBusy }) => clientBusy)),
    serverBusy: spreadOf(rounds.map(({ serverBusy }) => serverBusy)),
  }
}

async function measureSmall(): Promise<void> {
  if (!wants(stale.name)) return
  await harness.onFleet({ clusters: small, statuses: STATUSES }, server =>
    harness.measure(server, small, [stale]),
  )
}

async function measureMedium(): Promise<void> {
  const one = getById(medium)
  const others = [newest20, newest100, stale, label, ...reports(medium, [1, 16, 64, 256]), creates(64)]
  if (![one, ...others].some(({ name }) => wants(name)) && !wants('memory')) return
  const shape = { clusters: medium, statuses: STATUSES }
  await harness.onFleet(shape, async server => {
    await harness.measureMemory(server, shape)
    await harness.measureEngines(server, shape, one)
    await harness.measure(server, medium, others)
  })
}

async function measureLog(): Promise<LogCostResult[]> {
  const results: LogCostResult[] = []
  if (!wants(LOG_COST)) return results
  const shape = { clusters: medium, statuses: STATUSES }
  const logPath = join(folders.empty(), 'log')
  const measure = async (quiet: TestedServer, logging: TestedServer) => {
    for (const workload of [getById(medium), ...reports(medium, [64])]) {
      progress(`${LOG_COST}: ${workload.name}`)
      results.push(await measureLogCost({ quiet, logging }, workload, plan.timing))
    }
  }
  await harness.onFleet(shape, quiet =>
    harness.onFleet(shape, logging => measure(quiet, logging), { logPath }),
  )
  return results
}

async function measureDay(): Promise<MixedDayResult | undefined> {
  if (!wants('mixed day')) return undefined
  let result: MixedDayResult | undefined
  const measure = async (server: TestedServer) => {
    progress('mixed day')
    const { dayMs, pollsMs } = plan
    result = await measureMixedDay(server, medium, { durationMs: dayMs, idleMs: pollsMs })
  }
  await harness.onFleet({ clusters: medium, statuses: STATUSES }, measure, { flags: dayFlags(plan.dayMs) })
  return result
}

async function measureLarge(): Promise<FairnessResult | undefined> {
  if (![stale.name, 'memory', 'fair to many'].some(wants)) return undefined
  const shape = { clusters: large, statuses: STATUSES }
  let result: FairnessResult | undefined
  await harness.onFleet(shape, async server => {
    await harness.measureMemory(server, shape)
    await harness.measure(server, large, [stale])
    if (!wants('fair to many')) return
    progress('fair to many')
    result = await measureFairness(server, large, plan.pollsMs)
  })
  return result
}

/** Measures the memory of clusters without statuses. */
async function measureWithoutStatuses(): Promise<void> {
  if (!wants('memory')) return
  for (const clusters of [medium, large]) {
    const shape = { clusters, statuses: 0 }
    await harness.onFleet(shape, server => harness.measureMemory(server, shape))
  }
}

function conclude(results: Results): void {
  const report = loadReport(results, plan.sizes)
  console.log(report)
  if (!options.isWhole) return
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, 'load.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(join(RESULTS, 'load.md'), report)
  writeFileSync(join(RESULTS, 'load.svg'), loadPicture(results, plan.sizes))
  for (const page of PAGES) refreshQuotes(join(ROOT, page), report)
}
