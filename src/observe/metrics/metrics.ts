// Metrics of the server, in Prometheus' text format.

import { collectDefaultMetrics, Registry } from 'prom-client'
import { SERVICE_REFUSALS } from '../../api/problems.ts'
import type { BuildInfo } from '../../binary/build-info.ts'
import type { Settings } from '../../config/schema.ts'
import type { WatchedClock } from '../../fleet/clock.ts'
import type { OpenReads } from '../../http/admission/open-reads.ts'
import type { RequestRecord } from '../../http/request-record.ts'
import type { ConnectionRefusal, Transport } from '../../http/transport/transport.ts'
import type { FleetIndex } from '../../index/fleet-index.ts'
import type { LinearMemory } from '../../index/memory.ts'
import type { Searches, Turns } from '../../search/search.ts'
import type { Store } from '../../store/store.ts'
import type { Watches } from '../../watch/watches.ts'
import { usedBytes } from '../process-limits.ts'
import type { Readiness } from '../readiness.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { describeCluster, describeCopies } from './cluster-metrics.ts'
import { describeDeletions, type RemovalMetrics } from './deletion-metrics.ts'
import type { Deletions } from './deletions.ts'
import { describeCounter, describeGauge, type Sample, Tally } from './described.ts'
import { describeFleet, ReportMetrics } from './fleet-metrics.ts'
import { describeProgress, readinessUnder } from './progress-metrics.ts'
import { describeOpenReads, RequestMetrics } from './request-metrics.ts'
import { describeSearches } from './search-metrics.ts'
import type { StoreMetrics } from './store-metrics.ts'
import { WatchMetrics } from './watch-metrics.ts'

export interface Metrics {
  /** Counts one answered request. */
  request(record: RequestRecord): void
  /** Counts one refused connection. */
  readonly refusedConnection: (reason: ConnectionRefusal) => void
  readonly reports: ReportMetrics
  /** All metrics as text. */
  text(): Promise<string>
  readonly contentType: string
}

export interface MetricsSources {
  readonly store: Store
  readonly storeMetrics: StoreMetrics
  readonly deletions: Deletions
  readonly removals: RemovalMetrics
  readonly index: FleetIndex
  readonly searches: Searches
  readonly turns: Turns
  readonly openReads: OpenReads
  readonly watches: Watches
  readonly build: BuildInfo
  /** The engine of the API, and the reasons for which it reports refused connections. */
  readonly transport: Pick<Transport, 'engine' | 'refusals'>
  readonly readiness: Readiness
  /** Memory of the indexes, which the memory limit includes (contract 9.3). */
  readonly memory: LinearMemory
  readonly clock: Pick<WatchedClock, 'behindMs'>
  /** Copies for other servers by their outcome; undefined for a server that is alone. */
  readonly copies?: Tally | undefined
  /** Undefined if tracing is off. */
  readonly tracing: Pick<Tracing, 'use'> | undefined
  /** Number of dropped log lines. */
  readonly droppedLogLines: () => number
  readonly settings: Pick<Settings, 'compatibility' | 'limits' | 'metrics'>
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
}

/** prom-client's totals over label values. They are gauges, but their names end like counters. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

export function createMetrics(sources: MetricsSources): Metrics {
  const { store, storeMetrics, deletions, index, searches, turns } = sources
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const requests = new RequestMetrics(sources.build.version)
  const refusals = new Tally(SERVICE_REFUSALS)
  const refusedConnections = new Tally(sources.transport.refusals)
  const reports = new ReportMetrics()
  const watches = new WatchMetrics(sources.watches)
  requests.register(registers)
  describeOpenReads(registers, sources.openReads)
  watches.register(registers)
  describeCounter(registers, {
    name: 'refusals_total',
    help: 'Requests refused because the server could not serve them (503)',
    labelNames: ['reason'],
    read: () => [...refusals.entries].map(([reason, count]): Sample => [{ reason }, count]),
  })
  describeCounter(registers, {
    name: 'connections_refused_total',
    help: 'Connections closed before their first request, by reason',
    labelNames: ['reason'],
    read: () => [...refusedConnections.entries].map(([reason, count]): Sample => [{ reason }, count]),
  })
  reports.register(registers)
  const { compatibility } = sources.settings
  describeFleet(registers, store.state, index, compatibility)
  describeDeletions(registers, deletions, sources.machineMs)
  sources.removals.register(registers)
  describeProgress(registers, {
    state: store.state,
    index,
    deletions,
    version: sources.build.version,
    readiness: readinessUnder(compatibility),
    machineMs: sources.machineMs,
    ...sources.settings.metrics,
  })
  storeMetrics.register(registers, store)
  describeSearches(registers, searches, turns)
  describeProcess(registers, sources)
  return {
    request({ method, route, status, durationMs, problem, stream }) {
      requests.add(method, route, status, durationMs)
      if (problem?.refusal !== undefined) refusals.add(problem.refusal)
      if (stream?.isWatch && stream.end !== undefined) watches.ended(stream.end)
    },
    refusedConnection: reason => refusedConnections.add(reason),
    reports,
    text: async () => {
      const { state } = store
      for (let { application } = state; application !== undefined; { application } = state)
        await application.over
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

/** Process metrics that prom-client lacks. */
function describeProcess(registers: Registry[], sources: MetricsSources): void {
  const { build, transport, readiness, memory, clock, tracing, droppedLogLines, settings } = sources
  describeGauge(registers, {
    name: 'build_info',
    help: 'Always 1; the labels identify the build',
    labelNames: ['component', 'version', 'commit', 'engine'],
    read: () => [
      [{ component: 'api', version: build.version, commit: build.commit, engine: transport.engine }, 1],
    ],
  })
  describeGauge(registers, {
    name: 'ready',
    help: '1 if /readyz answers 200, otherwise 0',
    read: () => (readiness.reasons().length === 0 ? 1 : 0),
  })
  if (readiness.cluster !== undefined) describeCluster(registers, readiness)
  if (sources.copies !== undefined) describeCopies(registers, sources.copies)
  describeGauge(registers, {
    name: 'memory_used_bytes',
    help: 'Memory of heap, buffers and indexes, which limits.memoryBytes bounds',
    read: () => usedBytes(memory),
  })
  describeGauge(registers, {
    name: 'memory_bound_bytes',
    help: 'Value of limits.memoryBytes; 0 means no bound',
    read: () => settings.limits.memoryBytes,
  })
  describeGauge(registers, {
    name: 'clock_behind_seconds',
    help: "Lag of the machine's clock behind the last time written, during which time stands still; otherwise 0",
    read: () => clock.behindMs() / 1000,
  })
  describeCounter(registers, {
    name: 'log_lines_dropped_total',
    help: 'Log lines that could not be written',
    read: droppedLogLines,
  })
  if (tracing === undefined) return
  describeCounter(registers, {
    name: 'trace_spans_exported_total',
    help: 'Spans accepted by the collector',
    read: () => tracing.use.exported,
  })
  describeCounter(registers, {
    name: 'trace_spans_dropped_total',
    help: 'Spans dropped because the collector did not accept them',
    read: () => tracing.use.dropped,
  })
}
