// What the server counts, in Prometheus' text format.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { IndexUse } from '../index/index-use.ts'
import type { Store } from '../store/store.ts'
import type { BuildInfo } from './build-info.ts'
import { bytesByGroup } from './index-groups.ts'
import type { RequestRecord } from './request-record.ts'

export interface Metrics {
  /** Counts one answered request. */
  request(record: RequestRecord): void
  /** All metrics as text. */
  text(): Promise<string>
  readonly contentType: string
}

const DURATION_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const LABELS = ['method', 'path', 'code'] as const

export interface MetricsSources {
  readonly store: Store
  /** What each index costs at present. */
  readonly indexMemory: () => readonly IndexUse[]
  readonly build: BuildInfo
  /** The HTTP engine that serves the API. */
  readonly engine: string
}

export function createMetrics({ store, indexMemory, build, engine }: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'hyperfleet_api_requests_total',
    help: 'Requests answered',
    labelNames: LABELS,
    registers,
  })
  const durations = new Histogram({
    name: 'hyperfleet_api_request_duration_seconds',
    help: 'Time from the head of a request to its answer',
    labelNames: LABELS,
    buckets: DURATION_BUCKETS,
    registers,
  })
  describeBuild(build, engine, registers)
  describeStore(store, registers)
  describeIndexes(indexMemory, registers)
  return {
    request({ method, route, status, durationMs }) {
      const labels = { method, path: route, code: status }
      requests.inc(labels)
      durations.observe(labels, durationMs / 1000)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function describeBuild(build: BuildInfo, engine: string, registers: Registry[]): void {
  new Gauge({
    name: 'hyperfleet_api_build_info',
    help: 'Always 1; the labels tell what is running',
    labelNames: ['version', 'engine'],
    registers,
  }).set({ version: build.version, engine }, 1)
}

function describeStore(store: Store, registers: Registry[]): void {
  const describe = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `hyperfleet_api_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  new Gauge({
    name: 'hyperfleet_api_resources',
    help: 'Resources in the fleet',
    labelNames: ['kind'],
    registers,
    collect() {
      this.set({ kind: 'Cluster' }, store.state.resources('Cluster').length)
      this.set({ kind: 'NodePool' }, store.state.resources('NodePool').length)
    },
  })
  describe('statuses', "Adapters' statuses in the fleet", () => store.state.statusCount)
  describe('served_bytes', 'Bytes of all documents as served', () => store.state.bytes)
  describe('journal_entries', 'Journal entries that a restart would replay', () => store.journalInfo.entries)
  describe('journal_bytes', 'Bytes of those entries', () => store.journalInfo.bytes)
  describe('commit_batch_size', 'Changes in the last group commit', () => store.journalInfo.lastBatchSize)
  describe(
    'commit_flush_seconds',
    'Time of the last group commit',
    () => store.journalInfo.lastFlushMs / 1000,
  )
  describe('storage_full', '1 while writes are refused for lack of space', () =>
    store.health.kind === 'full' ? 1 : 0,
  )
}

/** Read when the metrics are: no write pays for them. */
function describeIndexes(indexMemory: () => readonly IndexUse[], registers: Registry[]): void {
  new Gauge({
    name: 'hyperfleet_api_index_bytes',
    help: 'Memory of the indexes that searches use, those of all labels and of all conditions together',
    labelNames: ['kind', 'index'],
    registers,
    collect() {
      for (const { kind, group, bytes } of bytesByGroup(indexMemory()))
        this.set({ kind, index: group }, bytes)
    },
  })
}
