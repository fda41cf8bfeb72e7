// Watches: the time from the answer to a report until a watcher has its event, beside 1, 100 and 10,000 of them; the processor time of an event; and that of
// reports while 10,000 watchers wait for something else.
import { setTimeout as wait } from 'node:timers/promises'
import { clusterId, REPORT_TIME, wellBody } from './fleet.ts'
import { type Harness, progress } from './harness.ts'
import type { Plan } from './options.ts'
import type { WatchesResult } from './results.ts'
import type { Timing } from './rounds.ts'
import { type Spread, spreadOf } from './spread.ts'
import type { TestedServer } from './tested-server.ts'
import { measureThroughput } from './traffic/closed-loop.ts'
import { Crowd } from './traffic/crowd.ts'
import { inTurn, postRequest, type RequestSource } from './traffic/requests.ts'
import { openWatchers, TimedWatcher } from './traffic/watchers.ts'
import { CLUSTERS_PATH, reports } from './workloads.ts'

/** Different searches of the watchers that wait. */
const SEARCHES = 100
const REPORT_CONNECTIONS = 64
/** Pause between two reports, so that each has a delivery of its own. */
const PAUSE_MS = 40
/** The reported cluster, which is in any fleet. */
const WATCHED = 1

/** Settings of a server that takes so many watchers from one address. */
export const WATCHED_FLAGS = [
  '--limits-open-reads=20000',
  '--limits-open-reads-per-client=20000',
  '--limits-connections=20000',
]

/** Names of the two parts. */
export const [DELIVERY, WAITING] = ['watches: delivery', 'watches: reports beside those that wait']

export async function measureWatches(
  { options }: Harness,
  server: TestedServer,
  clusters: number,
): Promise<WatchesResult> {
  const { watchers } = options.plan
  const deliveries = options.wants(DELIVERY) ? await measureDeliveries(server, options.plan) : []
  const waiting = Math.max(...watchers)
  const reportCpuRatio = options.wants(WAITING)
    ? await measureWaiting(server, clusters, waiting, options.plan.timing)
    : undefined
  return { clusters, deliveries, searches: SEARCHES, waiting, reportCpuRatio }
}

async function measureDeliveries(
  server: TestedServer,
  { watchers, watchedReports }: Plan,
): Promise<WatchesResult['deliveries']> {
  const deliveries: WatchesResult['deliveries'][number][] = []
  // Of an adapter whose reports nothing else sends: their times must rise.
  const body = wellBody(WATCHED, 1, REPORT_TIME)
  const source = inTurn([postRequest(`${CLUSTERS_PATH}/${clusterId(WATCHED)}/statuses`, body)])
  for (const count of watchers) {
    progress(`${DELIVERY} beside ${count}`)
    deliveries.push(await measureDelivery(server, count, { source, count: watchedReports }))
  }
  return deliveries
}

/** Processor time of a report beside watchers divided by the mean of that before and after. */
async function measureWaiting(
  { host }: TestedServer,
  clusters: number,
  watchers: number,
  { rounds, warmupMs, throughputMs }: Timing,
): Promise<Spread> {
  const [workload] = reports(clusters, [REPORT_CONNECTIONS])
  if (workload === undefined) throw new Error('there is no workload of reports')
  const measure = () => measureThroughput(host, workload.load, { warmupMs, durationMs: throughputMs })
  const ratios: number[] = []
  // A server gets faster with its first ten thousand reports.
  await measure()
  await measure()
  for (let round = 0; round < rounds; round++) {
    progress(`${WAITING}: ${watchers}`)
    const before = await measure()
    const crowd = await openWatchers({ port: host.port, paths: otherPaths(), watchers })
    const beside = await measure()
    await crowd.close()
    const after = await measure()
    ratios.push((2 * beside.cpuUs) / (before.cpuUs + after.cpuUs))
  }
  return spreadOf(ratios)
}

/** Reports one after another on a cluster that all watchers watch. */
async function measureDelivery(
  { host, metrics }: TestedServer,
  watchers: number,
  { source, count }: { readonly source: RequestSource; readonly count: number },
): Promise<WatchesResult['deliveries'][number]> {
  const { port } = host
  const path = watchPath(`id = '${clusterId(WATCHED)}'`)
  const crowd = await openWatchers({ port, paths: [path], watchers: watchers - 1 })
  const timed = await TimedWatcher.open(port, path)
  const reporter = await Crowd.open(host, 1, 201)
  const [connection] = reporter.connections
  if (connection === undefined) throw new Error('there is no connection for reports')
  const latencies: number[] = []
  const eventsOf = async () => (await metrics()).get('hyperfleet_api_watch_events_total') ?? 0
  const [events, before] = [await eventsOf(), host.processorTime]
  for (let i = 0; i < count; i++) {
    const answered = new Promise<number>(resolve => {
      reporter.onAnswer(connection, () => resolve(performance.now()))
    })
    const modified = timed.modified()
    reporter.send(connection, source.next())
    const [answeredMs, modifiedMs] = await reporter.during(Promise.all([answered, modified]))
    reporter.rest(connection)
    latencies.push(Math.max(0, modifiedMs - answeredMs))
    await wait(PAUSE_MS)
  }
  const after = host.processorTime
  const sent = (await eventsOf()) - events
  const cpuMs = after.userMs + after.systemMs - before.userMs - before.systemMs
  timed.close()
  reporter.close()
  await crowd.close()
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  return {
    watchers,
    reports: count,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    eventCpuUs: (1000 * cpuMs) / Math.max(1, sent),
  }
}

function watchPath(search: string): string {
  return `${CLUSTERS_PATH}?watch=true&search=${encodeURIComponent(search)}`
}

/** Searches that read what reports change, and match nothing. */
function otherPaths(): string[] {
  return Array.from({ length: SEARCHES }, (_, number) =>
    watchPath(`status.conditions.Ready='True' and labels.environment='nobody-${number}'`),
  )
}
