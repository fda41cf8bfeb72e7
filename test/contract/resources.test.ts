// Clusters and nodepools on the wire: members, ids, hrefs, authors, absent members (contract 3.1-3.3, 3.6, 3.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'

const CLUSTER_KEYS = [
  'kind',
  'id',
  'href',
  'name',
  'generation',
  'spec',
  'labels',
  'created_time',
  'updated_time',
  'created_by',
  'updated_by',
  'status',
]
const NODEPOOL_KEYS = [...CLUSTER_KEYS.slice(0, 4), 'owner_references', ...CLUSTER_KEYS.slice(4)]
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/

benchOnBothEngines('resources', bench => {
  test('contract 3.1: the members of a cluster are in order, everywhere', async () => {
    const created = await bench.client.cluster('ordered', { labels: { a: 'b' } })
    assert.deepEqual(Object.keys(created), CLUSTER_KEYS)
    assert.equal(created.kind, 'Cluster')
    const path = `/clusters/${created.id}`
    assert.deepEqual(Object.keys((await bench.client.get(path)).json), CLUSTER_KEYS)
    const patched = await bench.client.patch(path, { spec: { a: 1 } })
    assert.deepEqual(Object.keys(patched.json), CLUSTER_KEYS)
    const list = await bench.client.list('/clusters', { search: "name = 'ordered'" })
    assert.deepEqual(Object.keys(list.json.items[0]), CLUSTER_KEYS)
  })

  test('contract 3.1: a nodepool has its owner, one object, after its name', async () => {
    const owner = await bench.client.cluster('owner')
    const created = await bench.client.nodepool(owner.id, 'owned', { labels: { a: 'b' } })
    assert.deepEqual(Object.keys(created), NODEPOOL_KEYS)
    assert.equal(created.kind, 'NodePool')
    const reference = { kind: 'Cluster', id: owner.id, href: owner.href }
    assert.equal(JSON.stringify(created.owner_references), JSON.stringify(reference))
    const path = `/clusters/${owner.id}/nodepools/${created.id}`
    assert.deepEqual(Object.keys((await bench.client.patch(path, { spec: { a: 1 } })).json), NODEPOOL_KEYS)
  })

  test('contract 3.2: an id is a 2 and 26 characters, so that it can name a Kubernetes namespace', async () => {
    const { id } = await bench.client.cluster(bench.name())
    for (const resource of [id, (await bench.client.nodepool(id, 'pool')).id])
      assert.match(resource, /^2[0-9a-z]{26}$/)
  })

  test('contract 3.3: the href of each kind leads to the resource', async () => {
    const cluster = await bench.client.cluster(bench.name())
    const nodepool = await bench.client.nodepool(cluster.id, 'pool')
    assert.equal(cluster.href, `/api/hyperfleet/v1/clusters/${cluster.id}`)
    assert.equal(nodepool.href, `/api/hyperfleet/v1/nodepools/${nodepool.id}`)
    assert.deepEqual((await bench.client.get(cluster.href)).json, cluster)
    assert.deepEqual((await bench.client.get(nodepool.href)).json, nodepool)
  })

  test('contract 3.6: without authentication the author is the system, as an e-mail address', async () => {
    const cluster = await bench.client.cluster(bench.name())
    const nodepool = await bench.client.nodepool(cluster.id, 'pool')
    const { json: patched } = await bench.client.patch(`/clusters/${cluster.id}`, { spec: { a: 1 } })
    for (const { created_by, updated_by } of [cluster, nodepool, patched]) {
      assert.deepEqual([created_by, updated_by], ['system@hyperfleet.local', 'system@hyperfleet.local'])
      assert.match(created_by, EMAIL)
    }
  })

  test('contract 3.7: labels that are unset or null are left out', async () => {
    for (const extra of [{}, { labels: null }]) {
      const cluster = await bench.client.cluster(bench.name(), extra)
      assert.ok(!('labels' in cluster))
      assert.ok(!('labels' in (await bench.client.nodepool(cluster.id, 'pool', extra))))
      assert.ok(!('labels' in (await bench.client.get(cluster.href)).json))
    }
  })

  test('contract 3.7: a null in a PATCH counts as absent', async () => {
    const cluster = await bench.client.cluster(bench.name(), { spec: { a: 1 }, labels: { a: 'b' } })
    bench.clockMs += 1000
    const { status, json } = await bench.client.patch(cluster.href, { spec: null, labels: null })
    assert.equal(status, 200)
    assert.deepEqual(json, cluster)
  })

  test('contract 3.7: members that are unset or null in a report are left out of the status', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const unset = { reason: null, message: null }
    const conditions = ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True', ...unset }))
    const body = { ...report('dns', 'True', 1, at(0)), conditions, metadata: null, data: null }
    const { status, json } = await bench.client.post(`${href}/statuses`, body)
    assert.equal(status, 201)
    assert.ok(!('metadata' in json) && !('data' in json))
    for (const condition of json.conditions)
      assert.deepEqual(Object.keys(condition), ['type', 'status', 'last_transition_time'])
    const resource = (await bench.client.get(href)).json
    const own = resource.status.conditions.find(({ type }: { type: string }) => type === 'DnsSuccessful')
    assert.ok(!('reason' in own) && !('message' in own))
    assert.doesNotMatch((await bench.client.get(href)).text, /null/)
  })
})

benchOnBothEngines('ids', bench => {
  test('contract 3.2: ids sort in creation order within one millisecond, across kinds, connections and restarts', async () => {
    const ids: string[] = []
    for (let round = 0; round < 3; round++) {
      const second = new TestClient(bench.server.origin)
      for (let count = 0; count < 40; count++) {
        const client = count % 2 === 0 ? bench.client : second
        const cluster = await client.cluster(bench.name())
        ids.push(cluster.id, (await client.nodepool(cluster.id, 'pool')).id)
      }
      second.close()
      await bench.restart()
    }
    assert.deepEqual(ids, [...new Set(ids)].sort())
  })

  test('contract 3.2: ids sort in creation order even if the machine clock jumps back, also across a restart', async () => {
    const ids = []
    for (const seconds of [100, 50, -100_000, 100, 101]) {
      bench.clockAt(seconds)
      ids.push((await bench.client.cluster(bench.name())).id)
      bench.clockAt(seconds - 10)
      await bench.restart()
      ids.push((await bench.client.cluster(bench.name())).id)
    }
    assert.deepEqual(ids, [...new Set(ids)].sort())
  })
})
