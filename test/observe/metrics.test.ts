// Metrics of a running server after known traffic, compared with prom-client's own counting.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Counter, Histogram, Registry } from 'prom-client'
import { RequestMetrics } from '../../src/observe/metrics/request-metrics.ts'
import { at, START_MS } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, startTestServer, type TestServer } from '../harness/server.ts'
import { Random } from '../index/random.ts'
import { scrape } from './scrape.ts'

const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

/** The output of prom-client if it does the counting itself: slow and obvious. */
class OracleMetrics {
  readonly registry = new Registry()
  readonly #options = {
    labelNames: ['method', 'path', 'code', 'component', 'version'],
    registers: [this.registry],
  }
  readonly #requests = new Counter({
    name: 'hyperfleet_api_requests_total',
    help: 'Requests answered',
    ...this.#options,
  })
  readonly #durations = new Histogram({
    name: 'hyperfleet_api_request_duration_seconds',
    help: 'Time from the head of a request to its answer',
    buckets: BOUNDS,
    ...this.#options,
  })

  add(method: string, path: string, code: number, durationMs: number): void {
    const labels = { method, path, code, component: 'api', version: '1.2.3' }
    this.#requests.inc(labels)
    this.#durations.observe(labels, durationMs / 1000)
  }
}

/** The samples in a common order; the two outputs differ in order. */
async function samples(registry: Registry): Promise<string[]> {
  const lines = (await registry.metrics()).split('\n').map(line => {
    const [, name, labels = '', value] = /^(\S+?)\{(.*)\} (\S+)$/.exec(line) ?? []
    return name === undefined ? line : `${name}{${labels.split(',').sort().join(',')}} ${value}`
  })
  return lines.sort()
}

test('requests are counted and printed as by prom-client', async () => {
  const random = new Random()
  const oracle = new OracleMetrics()
  const registry = new Registry()
  const metrics = new RequestMetrics('1.2.3')
  metrics.register([registry])
  for (let i = 0; i < 5000; i++) {
    // A duration equal to a bound counts towards it.
    const onBound = random.of([0, 0.5, 1, 2.5, 100, 5000])
    const durationMs = random.chance(0.5) ? onBound : random.below(7_000_000) / 1000
    const [method, path] = [random.of(['GET', 'POST']), random.of(['/a', '/b{"}'])]
    const request = [method, path, random.of([200, 404, 503]), durationMs] as const
    metrics.add(...request)
    oracle.add(...request)
  }
  assert.deepEqual(await samples(registry), await samples(oracle.registry))
})

for (const engine of ENGINES) {
  describe(`metrics (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let server: TestServer
    let client: TestClient
    before(async () => {
      server = await startTestServer({
        engine,
        machineMs: () => START_MS,
        environment: {
          HYPERFLEET_METRICS_PORT: String(await freePort()),
          HYPERFLEET_LIMITS_MEMORY_BYTES: String(2 ** 40),
        },
      })
      client = new TestClient(server.origin)
    })
    after(async () => {
      client.close()
      await server.stop()
    })
    const values = async (...series: readonly string[]) => {
      const { samples } = await scrape(server.server.metricsPort)
      return series.map(name => samples.get(`hyperfleet_api_${name}`))
    }

    test('contract 5.3, 5.4: reports are counted, discarded ones by reason', async () => {
      const { id } = await client.cluster('reported')
      const pool = await client.nodepool(id, 'pool')
      const path = `/clusters/${id}/statuses`
      for (const sent of [
        report('dns', 'True', 1, at(10)),
        report('dns', 'True', 2, at(10)),
        report('dns', 'True', 1, at(9)),
        report('dns', 'Unknown', 1, at(11)),
        report('other', 'True', 5, at(11)),
      ])
        assert.ok((await client.post(path, sent)).status < 300)
      await client.post(`/clusters/${id}/nodepools/${pool.id}/statuses`, report('dns', 'False', 1, at(1)))
      await client.post(path, { adapter: 'not valid' })
      assert.deepEqual(
        await values(
          'reports_accepted_total{kind="Cluster"}',
          'reports_accepted_total{kind="NodePool"}',
          'reports_discarded_total{kind="Cluster",reason="future-generation"}',
          'reports_discarded_total{kind="Cluster",reason="earlier-time"}',
          'reports_discarded_total{kind="Cluster",reason="unknown"}',
          'reports_discarded_total{kind="Cluster",reason="old-generation"}',
        ),
        [1, 1, 2, 1, 1, 0],
      )
    })

    test('contract 6.4, 6.10: conditions are counted by type and status', async () => {
      const { json } = await client.get('/clusters')
      const { json: pools } = await client.get('/nodepools')
      const expected = new Map<string, number>()
      for (const { kind, status } of [...json.items, ...pools.items])
        for (const condition of status.conditions) {
          const series = `hyperfleet_api_conditions{kind="${kind}",type="${condition.type}",status="${condition.status}"}`
          expected.set(series, (expected.get(series) ?? 0) + 1)
        }
      const { samples } = await scrape(server.server.metricsPort)
      const told = [...samples].filter(([name, value]) => name.includes('_conditions{') && value > 0)
      assert.deepEqual(told.sort(), [...expected].sort())
      assert.ok(told.some(([name]) => name.includes('"DnsSuccessful"')))
    })

    test('commits are counted with their sizes, and nothing remains staged', async () => {
      const [before = 0] = await values('commit_batch_size_sum')
      await Promise.all(['a-1', 'a-2', 'a-3'].map(name => client.cluster(name)))
      const [changes = 0, staged, bytes, lag] = await values(
        'commit_batch_size_sum',
        'staged_writes',
        'staged_bytes',
        'commit_lag_seconds',
      )
      assert.deepEqual([changes - before, staged, bytes, lag], [3, 0, 0, 0])
      const [flushes, batches, durable = 0] = await values(
        'commit_flush_seconds_count',
        'commit_batch_size_count',
        'committed_bytes_total',
      )
      assert.equal(flushes, batches)
      assert.ok(durable > 0)
    })

    test('searches are counted by steps, plans and records read', async () => {
      const series = [
        'search_steps_total{kind="Cluster",operation="row-scan"}',
        'search_rows_scanned_total{kind="Cluster"}',
        'search_plans_total{kind="Cluster",result="hit"}',
        'search_plans_total{kind="Cluster",result="miss"}',
      ]
      const before = await values(...series)
      const { json } = await client.list('/explain/clusters', { search: "name like '%e%' or id like '%e%'" })
      assert.ok(JSON.stringify(json).includes('row-scan'), 'the plan reads rows')
      await client.list('/clusters', { search: "name like '%o%' or id like '%o%'" })
      const grown = (await values(...series)).map((value = 0, i) => value - (before[i] ?? 0))
      assert.deepEqual(grown, [2, 2 * json.rows_scanned, 1, 1])
    })

    test('contract 9.3: memory in use and its bound are shown', async () => {
      const [bound, used = 0] = await values('memory_bound_bytes', 'memory_used_bytes')
      assert.equal(bound, 2 ** 40)
      assert.ok(used > 1_000_000)
    })

    test('a serving server is ready, and no client path becomes a series', async () => {
      await fetch(`${server.origin}/nowhere/at-all`)
      await fetch(`${server.origin}/api/hyperfleet/v1/clusters`, { method: 'PROPFIND' })
      const { samples, text } = await scrape(server.server.metricsPort)
      assert.equal(samples.get('hyperfleet_api_ready'), 1)
      assert.doesNotMatch(text, /at-all|PROPFIND/)
    })
  })
}
