// The memory bound: above it nothing can grow, and everything else continues.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report, type TestAnswer } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const BOUND = 'HYPERFLEET_LIMITS_MEMORY_BYTES'
const SPEC = { text: 'x'.repeat(1000), list: [1, 2, 3] }
const ids = { cluster: '', nodepool: '' }

/** Fills a server without a bound, and restarts it with a bound that is already exceeded. */
async function prepare(bench: Bench): Promise<void> {
  ids.cluster = (await bench.client.cluster('old', { spec: SPEC, labels: { env: 'prod', tier: 'a' } })).id
  ids.nodepool = (await bench.client.nodepool(ids.cluster, 'pool', { spec: SPEC })).id
  for (const path of statuses())
    assert.equal((await bench.client.post(path, report('dns', 'True', 1, at(0)))).status, 201)
  await bench.restart({ [BOUND]: '1' })
}

const resources = () => [`/clusters/${ids.cluster}`, `/clusters/${ids.cluster}/nodepools/${ids.nodepool}`]
const statuses = () => resources().map(path => `${path}/statuses`)

function assertRefused(answer: TestAnswer): void {
  assertProblem(answer, 'HYPERFLEET-SVC-001')
}

benchOnBothEngines('above the memory bound', bench => {
  before(() => prepare(bench))

  test('contract 9.3: creates are refused', async () => {
    assertRefused(await bench.client.post('/clusters', { kind: 'Cluster', name: 'new', spec: {} }))
    const nodepools = `/clusters/${ids.cluster}/nodepools`
    assertRefused(await bench.client.post(nodepools, { kind: 'NodePool', name: 'new', spec: {} }))
    assert.equal((await bench.client.get('/clusters')).json.total, 1)
    assert.equal((await bench.client.get('/nodepools')).json.total, 1)
  })

  test('contract 9.3: changes that grow are refused and change nothing', async () => {
    for (const path of resources()) {
      const { json } = await bench.client.get(path)
      assertRefused(await bench.client.patch(path, { spec: { ...SPEC, text: 'x'.repeat(2000) } }))
      assertRefused(
        await bench.client.patch(path, { labels: { env: 'prod', tier: 'a', more: 'x'.repeat(99) } }),
      )
      assert.deepEqual((await bench.client.get(path)).json, json)
    }
  })

  test('contract 9.3: a first report of a new adapter is refused', async () => {
    for (const path of statuses()) {
      assertRefused(await bench.client.post(path, report('validator', 'True', 1, at(1))))
      assertRefused(await bench.client.put(path, report('validator', 'Unknown', 1, at(1))))
      assert.equal((await bench.client.get(path)).json.total, 1)
    }
  })

  test('contract 9.3: reads continue', async () => {
    for (const path of [...resources(), ...statuses(), '/clusters', '/nodepools', '/explain/clusters'])
      assert.equal((await bench.client.get(path)).status, 200)
    const { json } = await bench.client.list('/clusters', { search: "status.conditions.Ready = 'True'" })
    assert.equal(json.total, 1)
  })

  test('contract 9.3: reports of known adapters continue', async () => {
    for (const path of statuses()) {
      assert.equal((await bench.client.post(path, report('dns', 'False', 1, at(2)))).status, 201)
      assert.equal((await bench.client.put(path, report('dns', 'True', 1, at(3)))).status, 201)
      assert.equal((await bench.client.post(path, report('dns', 'True', 1, at(1)))).status, 204)
      const { json } = await bench.client.get(path)
      assert.equal(json.items[0].last_report_time, at(3))
    }
  })

  test('contract 9.3: changes that shrink, or change nothing, are still accepted', async () => {
    for (const path of resources()) {
      assert.equal((await bench.client.patch(path, { spec: SPEC })).status, 200)
      const { status, json } = await bench.client.patch(path, { spec: { text: 'x' } })
      assert.equal(status, 200)
      assert.deepEqual([json.generation, json.spec], [2, { text: 'x' }])
      assert.equal((await bench.client.patch(path, { labels: {} })).status, 200)
    }
  })

  test('contract 9.3: faults of a request are still reported', async () => {
    assertProblem(await bench.client.post('/clusters', { kind: 'Cluster' }), 'HYPERFLEET-VAL-000')
    assertProblem(
      await bench.client.post(`/clusters/2${'0'.repeat(26)}/statuses`, report('dns', 'True', 1, at(1))),
      'HYPERFLEET-NTF-002',
    )
  })

  test('contract 9.3: deletions, force deletions and the reports that finish them continue', async () => {
    const [cluster = '', nodepool = ''] = resources()
    const { generation } = (await bench.client.delete(nodepool)).json
    const statusesOfPool = `${nodepool}/statuses`
    assertRefused(await bench.client.put(statusesOfPool, report('new', 'True', generation, at(4))))
    assertRefused(await bench.client.put(statusesOfPool, finalized('new', generation - 1, at(4))))
    assertRefused(
      await bench.client.put(statusesOfPool, finalized('new', generation, at(4), { status: 'False' })),
    )
    const data = { text: 'x'.repeat(5000) }
    assert.equal(
      (await bench.client.put(statusesOfPool, { ...finalized('new', generation, at(4)), data })).status,
      201,
    )
    assert.equal((await bench.client.get(nodepool)).status, 200)
    assert.equal((await bench.client.put(statusesOfPool, finalized('dns', generation, at(4)))).status, 201)
    assertProblem(await bench.client.get(nodepool), 'HYPERFLEET-NTF-003')
    assert.equal((await bench.client.delete(cluster)).status, 202)
    assert.equal((await bench.client.delete(cluster)).status, 202)
    assert.equal((await bench.client.forceDelete(cluster)).status, 204)
    assertProblem(await bench.client.get(cluster), 'HYPERFLEET-NTF-002')
  })

  test('contract 9.3: once there is room again, everything is accepted', async () => {
    await bench.restart({ [BOUND]: '0' })
    ids.cluster = (await bench.client.cluster('new')).id
    ids.nodepool = (await bench.client.nodepool(ids.cluster, 'pool')).id
    for (const path of resources()) assert.equal((await bench.client.patch(path, { spec: SPEC })).status, 200)
    for (const path of statuses())
      assert.equal((await bench.client.post(path, report('validator', 'True', 1, at(5)))).status, 201)
  })
})
