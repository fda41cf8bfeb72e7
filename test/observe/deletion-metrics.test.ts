// Metrics of deletion under a clock set by the test (contract, section 11).
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { at, START_MS } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { scrape } from './scrape.ts'

const MINUTE_MS = 60_000

for (const mode of ['documents', 'current'] as const)
  describe(`metrics of deletion (${mode})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let nowMs = START_MS
    let server: TestServer
    let client: TestClient
    before(async () => {
      server = await startTestServer({
        engine: 'node',
        machineMs: () => nowMs,
        environment: {
          HYPERFLEET_COMPATIBILITY: mode,
          HYPERFLEET_METRICS_PORT: String(await freePort()),
          HYPERFLEET_METRICS_STUCK_AFTER_MS: String(10 * MINUTE_MS),
          HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns"]',
        },
      })
      client = new TestClient(server.origin)
    })
    after(async () => {
      client.close()
      await server.stop()
    })

    const erase = (path: string) => client.send(path, { method: 'DELETE' })
    const values = async (...series: readonly string[]) => {
      const { samples } = await scrape(server.server.metricsPort)
      return series.map(name => samples.get(`hyperfleet_api_${name}`))
    }
    const deleting = () =>
      values(
        'resources_deleting{kind="Cluster"}',
        'resources_deleting{kind="NodePool"}',
        'oldest_deletion_age_seconds{kind="Cluster"}',
        'oldest_deletion_age_seconds{kind="NodePool"}',
      )
    const removals = async (kind: string) =>
      values(...['finalized', 'at_once', 'forced'].map(how => `removals_total{kind="${kind}",how="${how}"}`))
    /** started, pending, stuck, seconds */
    const progress = async (isDelete: boolean) => {
      const { samples } = await scrape(server.server.metricsPort)
      return [
        'reconciliation_started_total',
        'resource_pending_reconciliation',
        'resource_pending_reconciliation_stuck',
        'resource_pending_reconciliation_stuck_duration_seconds',
      ].map(
        name =>
          [...samples].find(
            ([series]) =>
              series.startsWith(`hyperfleet_api_${name}{`) &&
              series.includes('"cluster"') &&
              series.includes(`is_delete="${isDelete}"`),
          )?.[1],
      )
    }
    const finished = (generation: number, seconds: number) => {
      const last = report('dns', 'False', generation, at(seconds))
      return { ...last, conditions: [...last.conditions, { type: 'Finalized', status: 'True' }] }
    }

    let doomed: string

    test('a fleet without deletions has none, and every cause begins at 0', async () => {
      assert.deepEqual(await deleting(), [0, 0, 0, 0])
      for (const kind of ['Cluster', 'NodePool']) assert.deepEqual(await removals(kind), [0, 0, 0])
      assert.deepEqual(await progress(true), [0, 0, 0, 0])
    })

    test('contract 11.2, 11.10: a deletion is pending with is_delete, and no longer without', async () => {
      doomed = (await client.cluster('doomed')).id
      await client.put(`/clusters/${doomed}/statuses`, report('dns', 'True', 1, at(1)))
      const other = await client.cluster('other')
      assert.deepEqual(await progress(false), [2, 1, 0, 0])
      assert.equal((await erase(`/clusters/${doomed}`)).status, 202)
      assert.equal((await erase(`/clusters/${doomed}`)).status, 202)
      assert.deepEqual(await progress(true), [1, 1, 0, 0])
      assert.deepEqual(await progress(false), [2, 1, 0, 0])
      nowMs += 5 * MINUTE_MS
      await erase(`/clusters/${other.id}`)
      assert.deepEqual(await progress(false), [2, 0, 0, 0])
      assert.deepEqual(await deleting(), [2, 0, 300, 0])
    })

    test('a deletion is stuck after the threshold, by its own age', async () => {
      nowMs += 6 * MINUTE_MS
      assert.deepEqual(await progress(true), [2, 2, 1, 660])
      assert.deepEqual(await progress(false), [2, 0, 0, 0])
    })

    test('a restart keeps what is being deleted and its age, and counts from 0', async () => {
      server = await server.restart({ HYPERFLEET_METRICS_PORT: String(await freePort()) })
      client.close()
      client = new TestClient(server.origin)
      assert.deepEqual(await deleting(), [2, 0, 660, 0])
      assert.deepEqual(await progress(true), [0, 2, 1, 660])
    })

    test('contract 11.8, 11.12: removals are counted by their cause', async () => {
      assert.equal((await client.put(`/clusters/${doomed}/statuses`, finished(2, 700))).status, 201)
      assert.deepEqual(await deleting(), [1, 0, 360, 0])
      assert.deepEqual(await removals('Cluster'), [1, 0, 0])
      const forced = await client.cluster('forced')
      for (const name of ['one', 'two']) await client.nodepool(forced.id, name)
      const light = await client.nodepool(forced.id, 'light')
      await erase(`/nodepools/${light.id}`)
      assert.deepEqual(await removals('NodePool'), [0, 1, 0])
      const { id } = await client.nodepool(forced.id, 'kept')
      const kept = `/clusters/${forced.id}/nodepools/${id}`
      await client.put(`${kept}/statuses`, report('pool', 'True', 1, at(701)))
      await erase(`/clusters/${forced.id}`)
      assert.deepEqual(await removals('NodePool'), [0, 3, 0])
      assert.equal((await client.post(`/clusters/${forced.id}/force-delete`, { reason: 'test' })).status, 204)
      assert.deepEqual(await removals('NodePool'), [0, 3, 1])
      assert.deepEqual(await removals('Cluster'), [1, 0, 1])
      assert.deepEqual(await deleting(), [1, 0, 360, 0])
      // Those that were removed at once count as started, too.
      assert.deepEqual((await progress(true))[0], 1)
      assert.deepEqual(await progress(false), [1, 0, 0, 0])
    })
  })
