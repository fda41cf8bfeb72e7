// What the server counts, in Prometheus' text format.

import { collectDefaultMetrics, Registry } from 'prom-client'
import { SERVICE_REFUSALS } from '../../api/problems.ts'
import type { BuildInfo } from '../../binary/build-info.ts'
import type { RequestRecord } from '../../http/request-record.ts'
import type { ConnectionRefusal } from '../../http/transport/transport.ts'
import type { FleetIndex } from '../../index/fleet-index.ts'
import type { Turns } from '../../search/run/turns.ts'
import type { Store } from '../../store/store.ts'
import type { ExporterUse } from '../tracing/exporter.ts'
import { describeCounter, describeGauge, type Sample } from './described.ts'
import { describeFleet, ReportMetrics } from './fleet-metrics.ts'
import { describeProgress } from './progress-metrics.ts'
import { RequestMetrics } from './request-metrics.ts'
import { describeSearches, type Searches } from './search-metrics.ts'
import type { StoreMetrics } from './store-metrics.ts'
import { Tally } from './tally.ts'

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
  readonly index: FleetIndex
  readonly searches: Searches
  readonly turns: Turns
  readonly build: BuildInfo
  /** The HTTP engine that serves the API. */
  readonly engine: string
  /** The reasons that this engine tells of. */
  readonly connectionRefusals: readonly ConnectionRefusal[]
  readonly isReady: () => boolean
  /** What the memory bound is held against, and the bound, 0 for none (contract 9.3). */
  readonly usedBytes: () => number
  readonly memoryBoundBytes: number
  readonly droppedLogLines: () => number
  /** How far the machine's clock is behind the last time written (contract 3.4). */
  readonly clockBehindMs: () => number
  /** Undefined while tracing is off. */
  readonly spans: (() => ExporterUse) | undefined
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  readonly thresholds: { readonly stuckAfterMs: number; readonly staleAfterMs: number }
}

/** Sums of series that stand beside them; gauges whose names end as those of counters. */
const MISNAMED = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
]

export function createMetrics(sources: MetricsSources): Metrics {
  const { store, storeMetrics, index, searches, turns } = sources
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  for (const name of MISNAMED) registry.removeSingleMetric(name)
  const requests = new RequestMetrics(sources.build.version)
  const refusals = new Tally(SERVICE_REFUSALS)
  const refusedConnections = new Tally(sources.connectionRefusals)
  const reports = new ReportMetrics()
  requests.register(registers)
  describeCounter(registers, {
    name: 'refusals_total',
    help: 'Requests that were refused for a reason of the server (503)',
    labelNames: ['reason'],
    read: () => [...refusals.entries].map(([reason, count]): Sample => [{ reason }, count]),
  })
  describeCounter(registers, {
    name: 'connections_refused_total',
    help: 'Connections that were closed before a request on them was handed on, by the reason',
    labelNames: ['reason'],
    read: () => [...refusedConnections.entries].map(([reason, count]): Sample => [{ reason }, count]),
  })
  reports.register(registers)
  describeFleet(registers, store.state, index)
  describeProgress(registers, {
    state: store.state,
    index,
    version: sources.build.version,
    machineMs: sources.machineMs,
    ...sources.thresholds,
  })
  storeMetrics.register(registers, store)
  describeSearches(registers, searches, turns)
  describeProcess(registers, sources)
  return {
    request({ method, route, status, durationMs, problem }) {
      requests.add(method, route, status, durationMs)
      if (problem?.refusal !== undefined) refusals.add(problem.refusal)
    },
    refusedConnection: reason => refusedConnections.add(reason),
    reports,
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

/** What prom-client does not tell of the process by itself. */
function describeProcess(registers: Registry[], sources: MetricsSources): void {
  const { build, engine, isReady, usedBytes, memoryBoundBytes, droppedLogLines, clockBehindMs, spans } =
    sources
  describeGauge(registers, {
    name: 'build_info',
    help: 'Always 1; the labels tell what is running',
    labelNames: ['component', 'version', 'commit', 'engine'],
    read: () => [[{ component: 'api', version: build.version, commit: build.commit, engine }, 1]],
  })
  describeGauge(registers, {
    name: 'ready',
    help: '1 while /readyz answers 200',
    read: () => (isReady() ? 1 : 0),
  })
  describeGauge(registers, {
    name: 'memory_used_bytes',
    help: 'Heap, buffers and indexes: what the memory bound is held against',
    read: usedBytes,
  })
  describeGauge(registers, {
    name: 'memory_bound_bytes',
    help: 'The memory bound; 0: none',
    read: () => memoryBoundBytes,
  })
  describeGauge(registers, {
    name: 'clock_behind_seconds',
    help: "How far the machine's clock is behind the last time written, where times stand still; 0 while it is not",
    read: () => clockBehindMs() / 1000,
  })
  describeCounter(registers, {
    name: 'log_lines_dropped_total',
    help: 'Lines of the log that could not be written',
    read: droppedLogLines,
  })
  if (spans === undefined) return
  describeCounter(registers, {
    name: 'trace_spans_exported_total',
    help: 'Spans that the collector took',
    read: () => spans().exported,
  })
  describeCounter(registers, {
    name: 'trace_spans_dropped_total',
    help: 'Spans that were dropped because the collector did not take them',
    read: () => spans().dropped,
  })
}
