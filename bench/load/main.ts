// Measures the server over loopback against the ceilings of the machine and writes the results to `bench/results`: `npm
// run bench:load` (about 40 minutes, 20 GB of memory, 25 GB of disk). `-- --short` checks in seconds that it runs. `--
// --only WORD` measures the parts with that word in their name. Neither writes results.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Writable } from '../../src/state/records.ts'
import { describeMachine } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureClient } from './client.ts'
import { measureFairness } from './fairness.ts'
import { FleetFolders } from './fleet-folder.ts'
import { measureGarbage } from './garbage.ts'
import { Harness, progress } from './harness.ts'
import { LOG_COST, measureLogCost } from './log-cost.ts'
import { measureRewritten, measureStarted } from './memory.ts'
import { measureMixedDay } from './mixed-day.ts'
import { readOptions } from './options.ts'
import { measurePauses } from './pauses.ts'
import { loadPicture } from './report/picture.ts'
import { loadReport } from './report/report.ts'
import type {
  GarbageResult,
  LogCostResult,
  MemoryResult,
  MixedDayResult,
  PausesResult,
  Results,
  StartResult,
  WatchesResult,
} from './results.ts'
import { measureStartTime } from './start-time.ts'
import type { TestedServer } from './tested-server.ts'
import { DELIVERY, measureWatches, WAITING, WATCHED_FLAGS } from './watches.ts'
import {
  creates,
  getById,
  label,
  newest20,
  newest100,
  reports,
  stale,
  staleFields,
  staleMembers,
} from './workloads.ts'

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
const results: Writable<Results> = {
  machine: describeMachine(),
  measuredAt: new Date().toISOString(),
  rounds: plan.timing.rounds,
  client: undefined,
  rows: harness.rows,
  garbage: [],
  logCost: [],
  watches: undefined,
  mixedDay: undefined,
  pauses: undefined,
  fairness: undefined,
  memory: [],
  start: undefined,
}
await measureAll()
await harness.stop()
console.log(loadReport(results, plan.sizes))

/** Writes the results after each part, so that a run that is cut off leaves what it measured. */
async function measureAll(): Promise<void> {
  const parts: (() => Promise<Partial<Results> | undefined>)[] = [
    async () => ({ client: await measureClient(harness) }),
    measureSmall,
    measureMedium,
    async () => ({ garbage: await measureGarbages() }),
    async () => ({ logCost: await measureLog() }),
    async () => ({ watches: await measureWatching() }),
    async () => ({ mixedDay: await measureDay() }),
    async () => ({ pauses: await measureWithoutHttp() }),
    async () => ({ memory: await measureMemories() }),
    measureLarge,
    async () => ({ start: await measureStart() }),
  ]
  for (const measure of parts) {
    Object.assign(results, await measure())
    if (options.isWhole) write()
  }
}

async function measureSmall(): Promise<undefined> {
  if (!wants(stale.name, small)) return undefined
  await harness.onFleet({ clusters: small, statuses: STATUSES }, server =>
    harness.measure(server, small, [stale]),
  )
  return undefined
}

async function measureMedium(): Promise<undefined> {
  const one = getById(medium)
  const others = [
    newest20,
    newest100,
    stale,
    staleFields,
    staleMembers,
    label,
    ...reports(medium, [1, 16, 64, 256]),
    creates(64),
  ]
  if (![one, ...others].some(({ name }) => wants(name, medium))) return undefined
  const shape = { clusters: medium, statuses: STATUSES }
  await harness.onFleet(shape, async server => {
    await harness.measureEngines(server, shape, one)
    await harness.measure(server, medium, others)
  })
  return undefined
}

async function measureGarbages(): Promise<GarbageResult[]> {
  const results: GarbageResult[] = []
  if (!wants('garbage')) return results
  const { compileMs: warmupMs, throughputMs: durationMs } = plan.timing
  await harness.onFleet({ clusters: medium, statuses: STATUSES }, async server => {
    for (const workload of [getById(medium), newest20, stale, label, ...reports(medium, [64])]) {
      progress(`garbage: ${workload.name}`)
      const pair = { server, bare: harness.bare }
      results.push(await measureGarbage(pair, medium, workload, { warmupMs, durationMs }))
    }
  })
  return results
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

async function measureWatching(): Promise<WatchesResult | undefined> {
  if (![DELIVERY, WAITING].some(name => wants(name))) return undefined
  let result: WatchesResult | undefined
  const measure = async (server: TestedServer) => {
    result = await measureWatches(harness, server, medium)
  }
  await harness.onFleet({ clusters: medium, statuses: STATUSES }, measure, { flags: WATCHED_FLAGS })
  return result
}

async function measureDay(): Promise<MixedDayResult | undefined> {
  if (!wants('mixed day')) return undefined
  progress('mixed day')
  return measureMixedDay(harness, medium)
}

async function measureWithoutHttp(): Promise<PausesResult | undefined> {
  if (!wants('pauses')) return undefined
  progress('pauses without HTTP')
  return measurePauses(harness, { clusters: medium, statuses: STATUSES })
}

/** Memory of the fleets that are smaller than the largest with statuses. */
async function measureMemories(): Promise<MemoryResult[]> {
  const results: MemoryResult[] = []
  const { settleMs, rewrites } = plan
  for (const [clusters, statuses] of [
    [small, STATUSES],
    [medium, STATUSES],
    [medium, 0],
    [large, 0],
  ] as const) {
    if (!wants('memory', clusters)) continue
    const shape = { clusters, statuses }
    const emptyRssBytes = await harness.emptyRssBytes()
    const measure = async (server: TestedServer, folder: string) => {
      progress('memory')
      const started = await measureStarted(server, { folder, settleMs })
      const isRewritten = clusters === medium && statuses > 0
      const options = { folder, settleMs, rewrites: rewrites.medium }
      const rewritten = isRewritten ? await measureRewritten(server, shape, options) : undefined
      results.push({ ...shape, emptyRssBytes, ...started, rewritten })
    }
    await harness.onFleet(shape, measure)
  }
  return results
}

/** All that needs the largest fleet, whose start takes long. Rewriting comes last. */
async function measureLarge(): Promise<Partial<Results> | undefined> {
  const wantsMemory = wants('memory', large)
  if (!wantsMemory && ![stale.name, 'fair to many'].some(name => wants(name, large))) return undefined
  const found: Writable<Partial<Results>> = {}
  const shape = { clusters: large, statuses: STATUSES }
  const { settleMs, rewrites, pollsMs: durationMs, timing } = plan
  const emptyRssBytes = wantsMemory ? await harness.emptyRssBytes() : 0
  await harness.onFleet(shape, async (server, folder) => {
    const started = wantsMemory ? await measureStarted(server, { folder, settleMs }) : undefined
    await harness.measure(server, large, [stale])
    if (wants('fair to many', large)) {
      progress('fair to many')
      found.fairness = await measureFairness(server, large, { rounds: timing.rounds, durationMs })
    }
    if (started === undefined) return
    progress('memory')
    const rewritten = await measureRewritten(server, shape, { folder, settleMs, rewrites: rewrites.large })
    found.memory = [...results.memory, { ...shape, emptyRssBytes, ...started, rewritten }]
  })
  return found
}

async function measureStart(): Promise<StartResult | undefined> {
  if (!wants('start')) return undefined
  progress('start')
  const { rounds } = plan.timing
  return measureStartTime(large, { rounds, parent: folders.root, progress })
}

function write(): void {
  const report = loadReport(results, plan.sizes)
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(join(RESULTS, 'load.json'), `${JSON.stringify(results, null, 1)}\n`)
  writeFileSync(join(RESULTS, 'load.md'), report)
  writeFileSync(join(RESULTS, 'load.svg'), loadPicture(results, plan.sizes))
  for (const page of PAGES) refreshQuotes(join(ROOT, page), report)
}
