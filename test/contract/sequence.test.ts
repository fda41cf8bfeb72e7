// The number of the state that an answer shows, or of the change that it made.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report, type TestAnswer } from '../harness/client.ts'

/** The sequence of an answer, which must have one. */
function sequenceOf({ headers, text }: TestAnswer): number {
  const value = headers['x-hyperfleet-sequence']
  assert.match(String(value), /^[0-9]+$/, text)
  return Number(value)
}

benchOnBothEngines('X-HyperFleet-Sequence', bench => {
  const now = async () => sequenceOf(await bench.client.get('/clusters?pageSize=0'))
  const family = async () => {
    const { client } = bench
    const { id } = await client.cluster(bench.name())
    const nodepool = await client.nodepool(id, 'pool')
    const cluster = `/clusters/${id}`
    return { cluster, nodepool: `${cluster}/nodepools/${nodepool.id}`, flat: `/nodepools/${nodepool.id}` }
  }

  test('contract 12.3: every read of resources and statuses has the number of its state', async () => {
    const { cluster, nodepool, flat } = await family()
    const state = await now()
    for (const path of [
      ...['/clusters', '/nodepools', '/clusters?search=name%3D%27x%27&pageSize=1', cluster, nodepool, flat],
      ...[`${cluster}/nodepools`, `${cluster}/statuses`, `${nodepool}/statuses`, `${flat}/statuses`],
    ]) {
      const answer = await bench.client.get(path)
      assert.deepEqual([answer.status, sequenceOf(answer)], [200, state], path)
      const head = await bench.client.send(path, { method: 'HEAD' })
      assert.equal(sequenceOf(head), state)
      const known = await bench.client.get(path, { 'if-none-match': '*' })
      assert.deepEqual([known.status, sequenceOf(known)], [304, state], path)
    }
    for (const path of [
      '/clusters/none',
      '/nodepools/none',
      `${cluster}/nodepools/none`,
      '/clusters/none/statuses',
    ]) {
      const answer = await bench.client.get(path)
      assert.deepEqual([answer.status, sequenceOf(answer)], [404, state], path)
    }
  })

  test('contract 12.3: a write has the number of its change, which the next read shows', async () => {
    const { client } = bench
    const { cluster, nodepool } = await family()
    let last = await now()
    const writes = [
      () => client.patch(cluster, { spec: { a: 1 } }),
      () => client.put(`${cluster}/statuses`, report('dns', 'True', 2, at(0))),
      () => client.post(`${nodepool}/statuses`, report('dns', 'True', 1, at(0))),
      () => client.delete(nodepool),
      () => client.put(`${nodepool}/statuses`, finalized('dns', 2, at(0))),
      () => client.post('/clusters', { kind: 'Cluster', name: bench.name(), spec: {} }),
      () => client.delete(cluster),
      () => client.forceDelete(cluster),
    ]
    for (const write of writes) {
      const answer = await write()
      assert.ok(answer.status < 300, answer.text)
      assert.equal(sequenceOf(answer), last + 1, answer.text)
      assert.equal(await now(), last + 1)
      last += 1
    }
  })

  test('contract 12.3: a write that changes nothing has the number of a state that it was decided on', async () => {
    const { client } = bench
    const { cluster, nodepool } = await family()
    await client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(0)))
    const { json } = await client.get(cluster)
    const state = await now()
    const cases = [
      [200, () => client.patch(cluster, { spec: {} })],
      [204, () => client.put(`${cluster}/statuses`, report('dns', 'True', 7, at(0)))],
      [400, () => client.put(`${cluster}/statuses`, report('dns', 'True', 1, at(86_400)))],
      [404, () => client.patch('/clusters/none', { spec: {} })],
      [404, () => client.delete(`${cluster}/nodepools/none`)],
      [409, () => client.post('/clusters', { kind: 'Cluster', name: json.name, spec: {} })],
      [409, () => client.put(`${cluster}/statuses`, report('Dns', 'True', 1, at(0)))],
      [409, () => client.forceDelete(nodepool)],
    ] as const
    for (const [status, write] of cases) {
      const answer = await write()
      assert.deepEqual([answer.status, sequenceOf(answer)], [status, state], answer.text)
    }
    assert.equal(await now(), state)
  })

  test('contract 12.3: what is decided without the state has no number', async () => {
    const { client } = bench
    const answers = [
      await client.get('/clusters?page=0'),
      await client.get('/clusters?search=x'),
      await client.get('/nothing'),
      await client.send('/clusters', { method: 'PUT' }),
      await client.post('/clusters', { kind: 'Cluster' }),
      await client.get('/openapi'),
    ]
    for (const { headers, text } of answers) assert.equal(headers['x-hyperfleet-sequence'], undefined, text)
  })

  test('contract 12.3: the number of the state is the same after a restart, also when its change left nothing', async () => {
    const { client } = bench
    const { flat } = await family()
    await bench.restart()
    const removed = await bench.client.delete(flat)
    assert.equal((await bench.client.get(flat)).status, 404, removed.text)
    const state = await now()
    assert.equal(sequenceOf(removed), state)
    assert.ok(client !== bench.client)
    await bench.restart()
    assert.equal(await now(), state)
    await bench.client.cluster(bench.name())
    assert.equal(await now(), state + 1)
  })
})
