// Metrics of a fleet that makes no progress, and of adapters that fall silent, under a clock set by the test.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { at, START_MS } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { scrape } from './scrape.ts'

const MINUTE_MS = 60_000

describe('metrics of progress', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let nowMs = START_MS
  let server: TestServer
  let client: TestClient
  before(async () => {
    server = await startTestServer({
      engine: 'node',
      machineMs: () => nowMs,
      environment: {
        HYPERFLEET_METRICS_PORT: String(await freePort()),
        HYPERFLEET_METRICS_STUCK_AFTER_MS: String(10 * MINUTE_MS),
        HYPERFLEET_METRICS_STALE_AFTER_MS: String(60 * MINUTE_MS),
        HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns"]',
      },
    })
    client = new TestClient(server.origin)
  })
  after(async () => {
    client.close()
    await server.stop()
  })
  const value = async (name: string, kind: string) => {
    const { samples } = await scrape(server.server.metricsPort)
    const found = [...samples].filter(
      ([series]) =>
        series.startsWith(`hyperfleet_api_${name}{`) &&
        series.includes(`"${kind}"`) &&
        !series.includes('is_delete="true"'),
    )
    assert.ok(found.length <= 1, name)
    return found[0]?.[1]
  }
  const progress = async (kind: string) => ({
    started: await value('reconciliation_started_total', kind),
    pending: await value('resource_pending_reconciliation', kind),
    stuck: await value('resource_pending_reconciliation_stuck', kind),
    seconds: await value('resource_pending_reconciliation_stuck_duration_seconds', kind),
  })

  test('an empty fleet has nothing stuck, stale or silent', async () => {
    for (const kind of ['cluster', 'nodepool'])
      assert.deepEqual(await progress(kind), { started: 0, pending: 0, stuck: 0, seconds: 0 })
    assert.equal(await value('resources_stale', 'Cluster'), 0)
    assert.equal(await value('adapter_last_report_timestamp_seconds', 'Cluster'), undefined)
  })

  test('contract 6.2, 6.7: a resource is pending from its creation, stuck after the threshold, and neither once it is ready', async () => {
    const { id } = await client.cluster('slow')
    await client.nodepool(id, 'pool')
    assert.deepEqual(await progress('cluster'), { started: 1, pending: 1, stuck: 0, seconds: 0 })
    nowMs = START_MS + 11 * MINUTE_MS
    const { stuck, seconds = 0 } = await progress('cluster')
    assert.equal(stuck, 1)
    assert.ok(seconds > 10 * 60 && seconds <= 11 * 60, `${seconds}`)
    assert.equal((await progress('nodepool')).stuck, 1)
    assert.equal(
      (await client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(660)))).status,
      201,
    )
    assert.deepEqual(await progress('cluster'), { started: 1, pending: 0, stuck: 0, seconds: 0 })
    assert.equal((await progress('nodepool')).pending, 1)
    await client.patch(`/clusters/${id}`, { spec: { changed: true } })
    assert.deepEqual(await progress('cluster'), { started: 2, pending: 1, stuck: 0, seconds: 0 })
    await client.post(`/clusters/${id}/statuses`, report('dns', 'True', 2, at(661)))
  })

  test('contract 6.6, 6.10: reports grow stale with their age, and an adapter has the time of its last one', async () => {
    const last = await value('adapter_last_report_timestamp_seconds', 'Cluster')
    assert.ok(last !== undefined && last === START_MS / 1000 + 661, `${last}`)
    assert.equal(await value('resources_stale', 'Cluster'), 0)
    nowMs = START_MS + 80 * MINUTE_MS
    assert.equal(await value('resources_stale', 'Cluster'), 1)
    assert.equal(await value('adapter_last_report_timestamp_seconds', 'Cluster'), last)
  })

  test('a restart keeps pending resources and times of reports, and counts from 0', async () => {
    const before = await progress('nodepool')
    const last = await value('adapter_last_report_timestamp_seconds', 'Cluster')
    server = await server.restart({ HYPERFLEET_METRICS_PORT: String(await freePort()) })
    client.close()
    client = new TestClient(server.origin)
    assert.deepEqual(await progress('nodepool'), { ...before, started: 0 })
    assert.equal(await value('adapter_last_report_timestamp_seconds', 'Cluster'), last)
  })

  test('the labels of the original server are present', async () => {
    const { labels } = await scrape(server.server.metricsPort)
    await client.get('/clusters')
    const { labels: later } = await scrape(server.server.metricsPort)
    for (const [name, expected] of [
      ['requests_total', ['component', 'version', 'method', 'path', 'code']],
      ['request_duration_seconds_bucket', ['component', 'version', 'method', 'path', 'code', 'le']],
      ['build_info', ['component', 'version', 'commit']],
      ['reconciliation_started_total', ['resource_type', 'is_delete', 'component', 'version']],
      ['resource_pending_reconciliation', ['resource_type', 'is_delete', 'component', 'version']],
      ['resource_pending_reconciliation_stuck', ['resource_type', 'is_delete', 'component', 'version']],
      [
        'resource_pending_reconciliation_stuck_duration_seconds',
        ['resource_type', 'is_delete', 'component', 'version'],
      ],
    ] as const) {
      const own = later.get(`hyperfleet_api_${name}`) ?? labels.get(`hyperfleet_api_${name}`)
      for (const label of expected) assert.ok(own?.has(label), `${name} has no label ${label}`)
    }
  })
})
