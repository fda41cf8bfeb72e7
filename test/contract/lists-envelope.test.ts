// Lists: the members of an answer, and pages past the end.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const NO_SUCH_ID = `2${'0'.repeat(26)}`
const INT32_MAX = 2_147_483_647
const clusters: { id: string; name: string }[] = []

benchOnBothEngines('the envelope of a list', bench => {
  before(async () => {
    const { client } = bench
    clusters.length = 0
    for (const name of ['c-1', 'c-2', 'c-3', 'c-4', 'c-5']) clusters.push(await client.cluster(name))
    const [first, second] = clusters
    await client.nodepool(first?.id ?? '', 'pool-1')
    await client.nodepool(first?.id ?? '', 'pool-2')
    await client.nodepool(second?.id ?? '', 'pool-3')
    for (const adapter of ['dns', 'validator'])
      await client.post(`/clusters/${first?.id}/statuses`, report(adapter, 'True', 1, '2026-01-01T00:00:00Z'))
  })

  const names = (items: { name: string }[]) => items.map(({ name }) => name).sort()

  test('contract 7.1: a list of clusters has kind, page, size, total and items, in this order', async () => {
    const { json } = await bench.client.get('/clusters')
    assert.deepEqual(Object.keys(json), ['kind', 'page', 'size', 'total', 'items'])
    assert.equal(json.kind, 'ClusterList')
    assert.equal(json.page, 1)
    assert.equal(json.size, 5)
    assert.equal(json.total, 5)
    assert.deepEqual(names(json.items), names(clusters))
  })

  test('contract 7.1: an item of a list equals the resource served alone', async () => {
    const { json } = await bench.client.get('/clusters')
    for (const item of json.items) {
      const alone = await bench.client.get(`/clusters/${item.id}`)
      assert.deepEqual(item, alone.json)
      assert.deepEqual(Object.keys(item), Object.keys(alone.json))
    }
  })

  test('contract 7.1: nodepools of every cluster, and of one cluster, are a NodePoolList', async () => {
    const [first, second] = clusters
    const all = await bench.client.get('/nodepools')
    assert.equal(all.json.kind, 'NodePoolList')
    assert.equal(all.json.total, 3)
    const ofFirst = await bench.client.get(`/clusters/${first?.id}/nodepools`)
    assert.equal(ofFirst.json.kind, 'NodePoolList')
    assert.deepEqual(names(ofFirst.json.items), ['pool-1', 'pool-2'])
    assert.equal(ofFirst.json.total, 2)
    const ofSecond = await bench.client.get(`/clusters/${second?.id}/nodepools`)
    assert.deepEqual(names(ofSecond.json.items), ['pool-3'])
  })

  test('contract 7.1: statuses are an AdapterStatusList', async () => {
    const { json } = await bench.client.get(`/clusters/${clusters[0]?.id}/statuses`)
    assert.deepEqual(Object.keys(json), ['kind', 'page', 'size', 'total', 'items'])
    assert.equal(json.kind, 'AdapterStatusList')
    assert.deepEqual([json.page, json.size, json.total, json.items.length], [1, 2, 2, 2])
  })

  test('contract 7.1: an empty list has no items', async () => {
    for (const path of [
      `/clusters/${clusters[2]?.id}/nodepools`,
      `/clusters/${clusters[2]?.id}/statuses`,
      `/clusters?search=${encodeURIComponent("name = 'nobody'")}`,
    ]) {
      const { status, json } = await bench.client.get(path)
      assert.equal(status, 200)
      assert.deepEqual([json.page, json.size, json.total, json.items], [1, 0, 0, []])
    }
  })

  test('contract 7.1: size counts the items of this answer, and total all matching items', async () => {
    const second = await bench.client.list('/clusters', { page: 2, pageSize: 3 })
    assert.deepEqual([second.json.page, second.json.size, second.json.total], [2, 2, 5])
    assert.equal(second.json.items.length, 2)
    const found = await bench.client.list('/clusters', { search: "name like 'c-%'", pageSize: 1 })
    assert.deepEqual([found.json.size, found.json.total, found.json.items.length], [1, 5, 1])
    const one = await bench.client.list('/clusters', { search: "name = 'c-3'", pageSize: 10 })
    assert.deepEqual([one.json.size, one.json.total], [1, 1])
  })

  test('contract 7.1: all pages together are the whole list', async () => {
    const whole = await bench.client.get('/clusters')
    const parts = []
    for (let page = 1; page <= 3; page++)
      parts.push(...(await bench.client.list('/clusters', { page, pageSize: 2 })).json.items)
    assert.deepEqual(parts, whole.json.items)
  })

  test('contract 7.3: past the last page there are no items and the full total', async () => {
    for (const [page, pageSize] of [
      [2, 5],
      [4, 2],
      [99, 100],
      [INT32_MAX, INT32_MAX],
      [INT32_MAX, 1],
    ] as const) {
      const { status, json } = await bench.client.list('/clusters', { page, pageSize })
      assert.equal(status, 200)
      assert.deepEqual([json.page, json.size, json.total, json.items], [page, 0, 5, []])
    }
  })

  test('contract 7.3: past the last page of a search, total is the number found', async () => {
    const { json } = await bench.client.list('/clusters', { search: "name in ('c-1','c-2')", page: 7 })
    assert.deepEqual([json.page, json.size, json.total, json.items], [7, 0, 2, []])
  })

  test('contract 2.2, 7.1: HEAD answers a list as GET does, without the body', async () => {
    const get = await bench.client.get('/clusters')
    const head = await bench.client.send('/clusters', { method: 'HEAD' })
    assert.equal(head.status, 200)
    assert.equal(head.text, '')
    assert.equal(head.headers['content-type'], 'application/json')
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(get.text)))
  })

  test('contract 2.2, 7.1: lists below an unknown resource are 404, whatever their parameters', async () => {
    const pools = `/clusters/${clusters[1]?.id}/nodepools`
    const { json } = await bench.client.get(pools)
    const id = json.items[0].id
    for (const query of ['', '?page=1&pageSize=1']) {
      for (const path of ['nodepools', 'statuses'])
        assertProblem(await bench.client.get(`/clusters/${NO_SUCH_ID}/${path}${query}`), 'HYPERFLEET-NTF-002')
      assertProblem(await bench.client.get(`${pools}/${NO_SUCH_ID}/statuses${query}`), 'HYPERFLEET-NTF-003')
      const elsewhere = `/clusters/${clusters[0]?.id}/nodepools/${id}/statuses${query}`
      assertProblem(await bench.client.get(elsewhere), 'HYPERFLEET-NTF-003')
    }
  })

  test('contract 2.2: unknown query parameters are ignored', async () => {
    const { status, json } = await bench.client.get('/clusters?fields=name&Page=9&pagesize=1&limit=1&x')
    assert.equal(status, 200)
    assert.deepEqual([json.page, json.size, json.total], [1, 5, 5])
  })
})
