// Every endpoint answers according to its row of the table (contract, section 2).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const NO_ID = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'

benchOnBothEngines('endpoints', bench => {
  let cluster = ''
  let other = ''
  let nodepool = ''
  before(async () => {
    cluster = (await bench.client.cluster('first')).id
    other = (await bench.client.cluster('second')).id
    nodepool = (await bench.client.nodepool(cluster, 'pool')).id
    await bench.client.nodepool(other, 'pool')
  })
  const ofCluster = () => `/clusters/${cluster}`
  const ofNodepool = () => `/clusters/${cluster}/nodepools/${nodepool}`

  test('contract 2.3, 7.1: lists answer 200 with their kind', async () => {
    const lists = [
      ['/clusters', 'ClusterList', 2],
      ['/nodepools', 'NodePoolList', 2],
      [`${ofCluster()}/nodepools`, 'NodePoolList', 1],
      [`${ofCluster()}/statuses`, 'AdapterStatusList', 0],
      [`${ofNodepool()}/statuses`, 'AdapterStatusList', 0],
      [`/nodepools/${nodepool}/statuses`, 'AdapterStatusList', 0],
    ] as const
    for (const [path, kind, total] of lists) {
      const { status, json } = await bench.client.get(path)
      assert.deepEqual([status, json.kind, json.total, json.items.length], [200, kind, total, total], path)
    }
  })

  test('contract 2.3, 3.3: a resource is read at its paths, the same bytes everywhere', async () => {
    assert.equal((await bench.client.get(ofCluster())).json.id, cluster)
    const nested = await bench.client.get(ofNodepool())
    const direct = await bench.client.get(`/nodepools/${nodepool}`)
    assert.deepEqual([nested.status, direct.status, nested.json.id], [200, 200, nodepool])
    assert.equal(nested.text, direct.text)
  })

  test('contract 2.3, 3.1: POST answers 201 with the whole resource, as GET reads it', async () => {
    const created = await bench.client.post('/clusters', { kind: 'Cluster', name: 'whole', spec: { a: 1 } })
    assert.equal(created.status, 201)
    assert.equal((await bench.client.get(`/clusters/${created.json.id}`)).text, created.text)
    const path = `/clusters/${created.json.id}/nodepools`
    const pool = await bench.client.post(path, { kind: 'NodePool', name: 'whole', spec: { a: 1 } })
    assert.equal(pool.status, 201)
    assert.equal((await bench.client.get(`${path}/${pool.json.id}`)).text, pool.text)
  })

  test('contract 2.3, 4.5: PATCH answers 200 with the whole resource, as GET reads it', async () => {
    for (const path of [ofCluster(), ofNodepool(), `/nodepools/${nodepool}`]) {
      const changed = await bench.client.patch(path, { spec: { patched: path } })
      assert.equal(changed.status, 200)
      assert.equal((await bench.client.get(path)).text, changed.text)
    }
  })

  test('contract 5.3, 5.4: POST and PUT of reports behave alike: 201 with the status, or 204', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const pool = await bench.client.nodepool(id, 'pool')
    const other = await bench.client.nodepool(id, 'other')
    for (const path of [
      `/clusters/${id}/statuses`,
      `/clusters/${id}/nodepools/${pool.id}/statuses`,
      `/nodepools/${other.id}/statuses`,
    ]) {
      const posted = await bench.client.post(path, report('poster', 'True', 1, at(1)))
      const put = await bench.client.put(path, report('putter', 'True', 1, at(1)))
      assert.deepEqual([posted.status, posted.json.adapter], [201, 'poster'])
      assert.deepEqual([put.status, put.json.adapter], [201, 'putter'])
      assert.equal((await bench.client.put(path, report('poster', 'True', 1, at(0)))).status, 204)
      assert.equal((await bench.client.post(path, report('putter', 'True', 1, at(0)))).status, 204)
      const list = await bench.client.get(path)
      assert.deepEqual(list.json.items, [posted.json, put.json])
    }
  })

  test('contract 2.3: explain answers 200 for both kinds and accepts the parameters of a search', async () => {
    for (const path of ['/explain/clusters', '/explain/nodepools']) {
      assert.equal((await bench.client.get(path)).status, 200)
      const parameters = { search: "name = 'first' and labels.a = 'b'", orderBy: 'name', order: 'desc' }
      assert.equal((await bench.client.list(path, parameters)).status, 200)
      assertProblem(await bench.client.list(path, { search: 'name =' }), 'HYPERFLEET-VAL-005')
    }
  })

  test('contract 2.2, 5.7: a missing cluster is 404 on every path below it', async () => {
    const missing = `/clusters/${NO_ID}`
    const creation = { kind: 'NodePool', name: 'pool', spec: {} }
    const answers = [
      await bench.client.get(missing),
      await bench.client.patch(missing, { spec: {} }),
      await bench.client.get(`${missing}/statuses`),
      await bench.client.post(`${missing}/statuses`, report('dns', 'True', 1, at(0))),
      await bench.client.put(`${missing}/statuses`, report('dns', 'True', 1, at(0))),
      await bench.client.get(`${missing}/nodepools`),
      await bench.client.post(`${missing}/nodepools`, creation),
    ]
    for (const answer of answers) assertProblem(answer, 'HYPERFLEET-NTF-002')
  })

  test('contract 2.2, 5.7: a nodepool is 404 under another cluster, and if it does not exist', async () => {
    const paths = [`/clusters/${other}/nodepools/${nodepool}`, `/clusters/${cluster}/nodepools/${NO_ID}`]
    const before = await bench.client.get(ofNodepool())
    for (const path of paths) {
      const answers = [
        await bench.client.get(path),
        await bench.client.patch(path, { spec: { stolen: true } }),
        await bench.client.get(`${path}/statuses`),
        await bench.client.post(`${path}/statuses`, report('dns', 'True', 1, at(0))),
        await bench.client.put(`${path}/statuses`, report('dns', 'True', 1, at(0))),
      ]
      for (const answer of answers) assertProblem(answer, 'HYPERFLEET-NTF-003')
    }
    const flat = `/nodepools/${NO_ID}`
    const answers = [
      await bench.client.get(flat),
      await bench.client.patch(flat, { spec: {} }),
      await bench.client.get(`${flat}/statuses`),
      await bench.client.post(`${flat}/statuses`, report('dns', 'True', 1, at(0))),
      await bench.client.put(`${flat}/statuses`, report('dns', 'True', 1, at(0))),
    ]
    for (const answer of answers) assertProblem(answer, 'HYPERFLEET-NTF-003')
    assert.equal((await bench.client.get(ofNodepool())).text, before.text)
  })

  test('contract 2.2: the id of one kind is not found as the other', async () => {
    assertProblem(await bench.client.get(`/clusters/${nodepool}`), 'HYPERFLEET-NTF-002')
    assertProblem(await bench.client.get(`/nodepools/${cluster}`), 'HYPERFLEET-NTF-003')
  })
})
