// The cost of observing a request: counters, log, trace. Counters are compared with prom-client's own.
import { closeSync, openSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { Counter, Histogram, Registry } from 'prom-client'
import type { Bench } from 'tinybench'
import type { RequestRecord } from '../../src/http/request-record.ts'
import { createTracer } from '../../src/http/tracing/tracer.ts'
import { createLogger } from '../../src/observe/log/log.ts'
import { LogOutput } from '../../src/observe/log/output.ts'
import { createRequestLog } from '../../src/observe/log/requests.ts'
import { RequestMetrics } from '../../src/observe/metrics/request-metrics.ts'

const ROUTES = ['/clusters', '/clusters/{cluster_id}', '/clusters/{cluster_id}/statuses', '/nodepools']
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
const LABELS = ['method', 'path', 'code']

export function observeBenchmarks(bench: Bench): void {
  addCounting(bench)
  addLogging(bench)
  addTracing(bench)
}

function addCounting(bench: Bench): void {
  const registers = [new Registry()]
  const help = 'as the server had it'
  const counter = new Counter({ name: 'requests_total', help, labelNames: LABELS, registers })
  const histogram = new Histogram({ name: 'seconds', help, labelNames: LABELS, buckets: BUCKETS, registers })
  const own = new RequestMetrics('1.2.3')
  let turn = 0
  bench
    .add('count a request, prom-client', () => {
      const labels = { method: 'GET', path: ROUTES[turn++ & 3] ?? '', code: 200 }
      counter.inc(labels)
      histogram.observe(labels, 0.0007)
    })
    .add('count a request, own series', () => own.add('GET', ROUTES[turn++ & 3] ?? '', 200, 0.7))
}

function addLogging(bench: Bench): void {
  const file = openSync('/dev/null', 'w')
  process.once('exit', () => closeSync(file))
  const settings = { level: 'info', format: 'json', maskedFields: [] } as const
  const log = createRequestLog(createLogger(settings, new LogOutput(file)), {
    slowRequestMs: 500,
    readSample: 0.001,
  })
  const read: RequestRecord = {
    method: 'GET',
    route: '/clusters/{cluster_id}',
    status: 200,
    durationMs: 0.123,
    requestId: '8f9f9f5a-7f0a-4f4e-9d57-5fd3a7f1c001',
    bodyBytes: 900,
    problem: undefined,
    request: { header: () => undefined, values: () => [] },
    span: undefined,
    write: undefined,
  }
  const written = { ...read, method: 'POST', status: 201 }
  bench
    .add('a read, one in a thousand is logged', () => log(read))
    // Fewer than can be under way at once: the output would drop the rest, and dropping costs nothing.
    .add('a write, each is logged', async () => {
      for (let i = 0; i < 100; i++) log(written)
      await new Promise(setImmediate)
    })
}

function addTracing(bench: Bench): void {
  const options = {
    nowMs: () => performance.now(),
    randomBytes: (size: number) => Buffer.alloc(size, 1),
    random: () => 0.5,
    onEnd: () => {},
  }
  const end = { method: 'GET', route: '/clusters', status: 200, requestId: 'r' }
  const never = createTracer({ ...options, sampleRatio: 0 })
  const always = createTracer({ ...options, sampleRatio: 1 })
  bench
    .add('a request that is not sampled', () => never.begin(undefined)?.end(end))
    .add('a request that is traced', () => always.begin(undefined)?.end(end))
}
