// The examples of the document 'HyperFleet API resources', each as a test. Its ids are placeholders, so any id of the right
// form matches. Clock and caller are taken from the examples, so that times and authors can be compared.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { BASE, report, TestClient } from '../harness/client.ts'
import { anyId, anything, assertShows } from '../harness/shows.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
const MIDNIGHT = '2025-01-01T00:00:00Z'
const TEN = '2025-01-01T10:00:00Z'

const times = { created_time: MIDNIGHT, last_updated_time: MIDNIGHT, last_transition_time: MIDNIGHT }
const awaiting = {
  status: 'False',
  reason: 'AwaitingAdapters',
  message: 'Waiting for adapters to report status',
  observed_generation: 0,
  ...times,
}
const audit = {
  created_time: MIDNIGHT,
  updated_time: MIDNIGHT,
  created_by: 'user@example.com',
  updated_by: 'user@example.com',
}
const notReady = {
  conditions: [
    { type: 'Available', ...awaiting },
    { type: 'Ready', ...awaiting },
  ],
}
const ready = (accessible: string, withTimes: object) => [
  {
    type: 'Available',
    status: 'True',
    reason: 'ResourceAvailable',
    message: accessible,
    observed_generation: 1,
    ...withTimes,
  },
  {
    type: 'Ready',
    status: 'True',
    reason: 'ResourceReady',
    message: 'All adapters report ready at current generation',
    observed_generation: 1,
    ...withTimes,
  },
]

const creation = { kind: 'Cluster', name: 'my-cluster', spec: {}, labels: { environment: 'production' } }
const cluster = { ...creation, id: anyId, generation: 1, ...audit }
const nodepoolCreation = { kind: 'NodePool', name: 'worker-pool', spec: {}, labels: { role: 'worker' } }

const conditions = [
  {
    type: 'Available',
    status: 'True',
    reason: 'AllValidationsPassed',
    message: 'All validations passed',
  },
  {
    type: 'Applied',
    status: 'True',
    reason: 'ValidationJobApplied',
    message: 'Validation job applied successfully',
  },
  {
    type: 'Health',
    status: 'True',
    reason: 'OperationsCompleted',
    message: 'All adapter operations completed successfully',
  },
]
const data = { job_name: 'validator-job-abc123', attempt: 1 }
const statusReport = {
  adapter: 'validator',
  observed_generation: 1,
  observed_time: TEN,
  conditions,
  data,
}
const storedStatus = {
  adapter: 'validator',
  observed_generation: 1,
  conditions: conditions.map(condition => ({ ...condition, last_transition_time: TEN })),
  data,
  created_time: TEN,
  last_report_time: TEN,
}

/** The tests note where the examples differ from the contract. */
benchOnBothEngines(
  'the document on resources',
  bench => {
    let client: TestClient
    before(async () => {
      bench.clockMs = Date.parse(MIDNIGHT)
      client = await callerOf(bench)
    })
    after(() => client.close())

    test('POST /clusters: request and response (contract 3.1, 4.1, 6.2)', async () => {
      const { status, json } = await client.post('/clusters', creation)
      assert.equal(status, 201)
      assertShows(json, { ...cluster, href: `${BASE}/clusters/${json.id}`, status: notReady })
      assert.deepEqual(Object.keys(json).sort(), [...Object.keys(cluster), 'href', 'status'].sort())
    })

    test('GET /clusters/{cluster_id}: the response (contract 6.4, 6.5, 6.9)', async () => {
      const [{ id }] = (await client.get('/clusters')).json.items
      await client.post(`/clusters/${id}/statuses`, report('validator', 'True', 1, MIDNIGHT))
      const { status, json } = await client.get(`/clusters/${id}`)
      assert.equal(status, 200)
      // The example leaves out the adapter's own condition, which the document mentions later.
      json.status.conditions = json.status.conditions.slice(0, 2)
      assertShows(json, {
        ...cluster,
        href: `${BASE}/clusters/${id}`,
        status: { conditions: ready('Cluster is accessible', times) },
      })
    })

    test('GET /clusters?page=1&pageSize=10: the response (contract 7.1, 7.2)', async () => {
      for (let index = 1; index < 100; index++) await client.cluster(`cluster-${index}`)
      const { status, json } = await client.get('/clusters?page=1&pageSize=10')
      assert.equal(status, 200)
      assertShows(json, { kind: 'ClusterList', page: 1, size: 10, total: 100, items: { length: 10 } })
      for (const item of json.items) assertShows(item, { kind: 'Cluster', id: anyId, name: anything })
      // The newest come first (contract 7.4), so the first cluster is on the last page.
      const last = await client.get('/clusters?page=10&pageSize=10')
      assertShows(last.json.items.at(-1), { kind: 'Cluster', id: anyId, name: 'my-cluster' })
    })

    test('page is 1 and pageSize 100 by default (contract 7.2)', async () => {
      // The document says 100 in one place and 20 in another; the contract says 100.
      const { json } = await client.get('/clusters')
      assertShows(json, { page: 1, size: 100, total: 100 })
    })

    test('POST /clusters/{cluster_id}/statuses: request and response (contract 5.1, 5.4)', async () => {
      bench.clockMs = Date.parse(TEN)
      const { id } = await client.cluster('reported')
      const { status, json } = await client.post(`/clusters/${id}/statuses`, statusReport)
      assert.equal(status, 201)
      assert.deepEqual(json, storedStatus)
      const list = await client.get(`/clusters/${id}/statuses`)
      assertShows(list.json, { kind: 'AdapterStatusList', page: 1, size: 1, total: 1, items: [storedStatus] })
    })
  },
  keySet.environment,
)

benchOnBothEngines(
  'the document on resources, nodepools',
  bench => {
    let client: TestClient
    let owner: string
    before(async () => {
      bench.clockMs = Date.parse(MIDNIGHT)
      client = await callerOf(bench)
      owner = (await client.cluster('my-cluster')).id
    })
    after(() => client.close())

    const nodepool = () => ({
      ...nodepoolCreation,
      id: anyId,
      // The example has `kind` and `id`; the contract adds `href`.
      owner_references: { kind: 'Cluster', id: owner, href: `${BASE}/clusters/${owner}` },
      generation: 1,
      ...audit,
    })

    test('POST /clusters/{cluster_id}/nodepools: request and response (contract 3.1, 3.3, 6.2)', async () => {
      const { status, json } = await client.post(`/clusters/${owner}/nodepools`, nodepoolCreation)
      assert.equal(status, 201)
      assertShows(json, { ...nodepool(), href: `${BASE}/nodepools/${json.id}`, status: notReady })
      assert.deepEqual(Object.keys(json).sort(), [...Object.keys(nodepool()), 'href', 'status'].sort())
    })

    test('GET /clusters/{cluster_id}/nodepools/{nodepool_id}: the response (contract 6.9)', async () => {
      const [{ id }] = (await client.get(`/clusters/${owner}/nodepools`)).json.items
      const path = `/clusters/${owner}/nodepools/${id}`
      await client.post(`${path}/statuses`, report('validator', 'True', 1, MIDNIGHT))
      const { status, json } = await client.get(path)
      assert.equal(status, 200)
      json.status.conditions = json.status.conditions.slice(0, 2)
      assertShows(json, {
        ...nodepool(),
        href: `${BASE}/nodepools/${id}`,
        status: { conditions: ready('NodePool is accessible', {}) },
      })
    })

    test('the lists of nodepools (contract 7.1)', async () => {
      for (const path of ['/nodepools', `/clusters/${owner}/nodepools`]) {
        const { status, json } = await client.get(path)
        assert.equal(status, 200)
        assertShows(json, { kind: 'NodePoolList', page: 1, size: 1, total: 1, items: [nodepool()] })
      }
    })

    test('POST and GET of the statuses of a nodepool: the same format as for clusters (contract 5.4)', async () => {
      bench.clockMs = Date.parse(TEN)
      const { id } = await client.nodepool(owner, 'reported')
      const path = `/clusters/${owner}/nodepools/${id}/statuses`
      const { status, json } = await client.post(path, statusReport)
      assert.equal(status, 201)
      assert.deepEqual(json, storedStatus)
      assert.deepEqual((await client.get(path)).json.items, [storedStatus])
    })
  },
  keySet.environment,
)

after(() => keySet.remove())

async function callerOf(bench: Bench): Promise<TestClient> {
  return new TestClient(bench.server.origin, { authorization: await signer.bearer() })
}
