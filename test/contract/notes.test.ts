// The decisions of docs/contract-notes.md, where the contract is silent or ambiguous, on a running server.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { rawRequest, sendRaw } from '../harness/raw.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const FAR_AHEAD = '2099-01-01T00:00:00Z'

/** A cluster, with the path of its statuses. */
async function reported(bench: Bench) {
  const { id } = await bench.client.cluster(bench.name())
  const path = `/clusters/${id}/statuses`
  return {
    id,
    path,
    send: async (...sent: Parameters<typeof report>) =>
      (await bench.client.post(path, report(...sent))).status,
  }
}

benchOnBothEngines('notes on bodies', bench => {
  const create = (extra: Record<string, unknown>) =>
    bench.client.post('/clusters', { kind: 'Cluster', name: bench.name(), spec: {}, ...extra })

  test('contract 4.1, 3.7: an id is refused even if it is null', async () => {
    assertProblem(await create({ id: null }), 'HYPERFLEET-VAL-000')
  })

  test('contract 4.5, 3.7: another key of a patch is refused even if it is null', async () => {
    const { id } = await bench.client.cluster(bench.name())
    for (const key of ['id', 'kind', 'name', 'other'])
      assertProblem(await bench.client.patch(`/clusters/${id}`, { [key]: null }), 'HYPERFLEET-VAL-000')
  })

  test('contract 4.5, 3.7: null for spec and labels changes nothing, and {} removes labels', async () => {
    const before = await bench.client.cluster(bench.name(), { spec: { a: 1 }, labels: { a: 'b' } })
    const path = `/clusters/${before.id}`
    const { status, json } = await bench.client.patch(path, { spec: null, labels: null })
    assert.deepEqual([status, json], [200, before])
    assert.deepEqual((await bench.client.patch(path, { labels: {} })).json.labels, {})
  })

  test('contract 3.7: labels sent empty are served; labels that were not sent are left out', async () => {
    assert.deepEqual((await create({ labels: {} })).json.labels, {})
    for (const { json } of [await create({}), await create({ labels: null })])
      assert.equal(Object.hasOwn(json, 'labels'), false)
  })

  test('contract 4.6, 4.5: a merge patch is accepted as JSON, and replaces', async () => {
    const { id } = await bench.client.cluster(bench.name(), { spec: { a: 1, b: 2 } })
    const { status, json } = await bench.client.send(`/clusters/${id}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { spec: { b: null } },
    })
    assert.deepEqual([status, json.spec], [200, { b: null }])
  })

  test('contract 4.6: a compressed body is malformed', async () => {
    const answer = await bench.client.send('/clusters', {
      method: 'POST',
      headers: { 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify({ kind: 'Cluster', name: bench.name(), spec: {} })),
    })
    assertProblem(answer, 'HYPERFLEET-VAL-006')
  })

  test('contract 5.1: a generation of 1.0 is 1', async () => {
    const { path } = await reported(bench)
    const body = JSON.stringify(report('dns', 'True', 1, at(0))).replace(
      '"observed_generation":1',
      '"observed_generation":1.0',
    )
    assert.match(body, /1\.0/)
    const { status, json } = await bench.client.post(path, body)
    assert.deepEqual([status, json.observed_generation], [201, 1])
  })
})

benchOnBothEngines('notes on reports', bench => {
  test('contract 9: of several faults the first in the order of the notes is reported', async () => {
    const unknown = '/clusters/none/statuses'
    const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }
    assertProblem(await bench.client.send('/nothing', text), 'HYPERFLEET-NTF-000')
    assertProblem(await bench.client.send(unknown, { ...text, method: 'DELETE' }), 'HYPERFLEET-VAL-008')
    assertProblem(await bench.client.send(unknown, text), 'HYPERFLEET-VAL-010')
    assertProblem(await bench.client.post(unknown, 'x'.repeat(2 ** 21)), 'HYPERFLEET-VAL-009')
    assertProblem(await bench.client.post(unknown, {}), 'HYPERFLEET-VAL-000')
    assertProblem(await bench.client.post(unknown, report('a', 'True', 9, FAR_AHEAD)), 'HYPERFLEET-NTF-002')
  })

  test('contract 5.3: a time far ahead is reported, even if the report would be dropped', async () => {
    const { send } = await reported(bench)
    assert.equal(await send('dns', 'True', 9, FAR_AHEAD), 400)
    assert.equal(await send('dns', 'True', 9, at(0)), 204)
  })

  test('contract 5.3, 6.10: a dropped report is not refused for its condition type', async () => {
    const { send } = await reported(bench)
    assert.equal(await send('gcp-dns', 'True', 1, at(0)), 201)
    assert.equal(await send('gcp--dns', 'True', 1, at(0)), 409)
    assert.equal(await send('gcp--dns', 'True', 2, at(0)), 204)
  })

  test('contract 5.3d, 5.6: an adapter that has reported only Unknown counts as having reported', async () => {
    const { path, send } = await reported(bench)
    assert.equal(await send('dns', 'Unknown', 1, at(0)), 201)
    assert.equal(await send('dns', 'Unknown', 1, at(5)), 204)
    assert.equal((await bench.client.get(path)).json.items[0].last_report_time, at(0))
  })

  test('contract 6.10: an adapter that has reported only Unknown owns the condition type', async () => {
    const { send } = await reported(bench)
    assert.equal(await send('gcp-dns', 'Unknown', 1, at(0)), 201)
    assert.equal(await send('gcp--dns', 'True', 1, at(0)), 409)
  })

  test('contract 6.10, 3.7: a condition has no reason and no message if its report had none', async () => {
    const { id, path } = await reported(bench)
    const sent = report('dns', 'True', 1, at(0))
    const conditions = sent.conditions.map(({ type, status }) => ({ type, status }))
    assert.equal((await bench.client.post(path, { ...sent, conditions })).status, 201)
    const [available, ready, own] = (await bench.client.get(`/clusters/${id}`)).json.status.conditions
    for (const name of ['reason', 'message']) {
      assert.equal(Object.hasOwn(own, name), false)
      for (const condition of [available, ready]) assert.equal(typeof condition[name], 'string')
    }
  })
})

benchOnBothEngines('notes on the memory bound', bench => {
  test('contract 9.3: an adapter is known for the resources it has reported for, and may report more there', async () => {
    const [one, other] = [await reported(bench), await reported(bench)]
    assert.equal(await one.send('dns', 'True', 1, at(0)), 201)
    await bench.restart({ HYPERFLEET_LIMITS_MEMORY_BYTES: '1' })
    assert.equal(await one.send('dns', 'True', 1, at(1), { data: { text: 'x'.repeat(3000) } }), 201)
    assert.equal(await other.send('dns', 'True', 1, at(1)), 503)
    assert.equal(await other.send('dns', 'True', 9, at(1)), 204)
  })

  test('contract 9.3: a long report that is longer than the last one is refused as a growing change', async () => {
    await bench.restart({ HYPERFLEET_LIMITS_MEMORY_BYTES: '0' })
    const { path, send } = await reported(bench)
    const data = (length: number) => ({ data: { text: 'x'.repeat(length) } })
    assert.equal(await send('dns', 'True', 1, at(0), data(20_000)), 201)
    assert.equal(await send('validator', 'True', 1, at(0)), 201)
    await bench.restart({ HYPERFLEET_LIMITS_MEMORY_BYTES: '1' })
    assert.equal(await send('dns', 'True', 1, at(1), data(20_001)), 503)
    assert.equal(await send('dns', 'False', 1, at(2), data(20_000)), 201)
    assert.equal(await send('dns', 'True', 1, at(1), data(30_000)), 204)
    assert.equal(await send('dns', 'True', 1, at(3), data(10_000)), 201)
    assert.equal(await send('dns', 'True', 1, at(4), data(20_000)), 503)
    assert.equal(await send('validator', 'True', 1, at(1), { metadata: { text: 'x'.repeat(5000) } }), 503)
    for (let second = 2; second < 6; second++)
      assert.equal(await send('validator', 'True', 1, at(second), data(second * 600)), 201)
    const { items } = (await bench.client.get(path)).json
    assert.deepEqual(
      items.map((status: { data: { text: string } }) => status.data.text.length).toSorted(),
      [10_000, 3000],
    )
  })
})

const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["a-b"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}

benchOnBothEngines(
  'notes on deletion',
  bench => {
    test('contract 11.1, 4.6, 4.10: a DELETE with a body of invalid length deletes nothing', async () => {
      const { id } = await bench.client.cluster(bench.name())
      const path = `/clusters/${id}`
      const large = await bench.client.send(path, { method: 'DELETE', body: 'x'.repeat(1_100_000) })
      assertProblem(large, 'HYPERFLEET-VAL-009')
      const headers = { 'transfer-encoding': 'chunked' }
      const chunked = await bench.client.send(path, { method: 'DELETE', headers, body: 'x' })
      if (bench.engine === 'uws') assertProblem(chunked, 'HYPERFLEET-VAL-011')
      else assert.equal(chunked.status, 202)
      const isMarked = 'deleted_time' in (await bench.client.get(path)).json
      assert.equal(isMarked, bench.engine !== 'uws')
    })

    test('contract 11.7, 6.10: a required adapter whose condition type is taken leaves the end to a force deletion', async () => {
      const { id, path, send } = await reported(bench)
      assert.equal(await send('a_b', 'True', 1, at(0)), 201)
      await bench.client.delete(`/clusters/${id}`)
      assertProblem(await bench.client.put(path, finalized('a-b', 2, at(1))), 'HYPERFLEET-CNF-001')
      assert.equal((await bench.client.forceDelete(`/clusters/${id}`)).status, 204)
    })

    test('contract 11.8, 5.4: the report that removes is answered with the status that nobody can read', async () => {
      const { id, path, send } = await reported(bench)
      assert.equal(await send('a-b', 'True', 1, at(0)), 201)
      await bench.client.delete(`/clusters/${id}`)
      const { status, json } = await bench.client.put(path, finalized('a-b', 2, at(1)))
      assert.deepEqual(
        [status, json.created_time, json.last_report_time, json.observed_generation],
        [201, at(0), at(1), 2],
      )
      assertProblem(await bench.client.get(path), 'HYPERFLEET-NTF-002')
    })

    test('contract 11.8, 4.3: two resources of one name are listed, and only the new one can be changed', async () => {
      const name = bench.name()
      const { id: old } = await bench.client.cluster(name)
      await bench.client.delete(`/clusters/${old}`)
      const { id } = await bench.client.cluster(name)
      assert.equal((await bench.client.list('/clusters', { search: `name='${name}'` })).json.total, 2)
      assertProblem(await bench.client.patch(`/clusters/${old}`, { spec: { n: 1 } }), 'HYPERFLEET-CNF-003')
      assert.equal((await bench.client.patch(`/clusters/${id}`, { spec: { n: 1 } })).status, 200)
    })
  },
  REQUIRED,
)

benchOnBothEngines('notes on lists and paths', bench => {
  test('contract 7.2: with an empty pageSize, size counts', async () => {
    for (let i = 0; i < 2; i++) await bench.client.cluster(bench.name())
    assert.equal((await bench.client.get('/clusters?pageSize=&size=1')).json.size, 1)
  })

  test('contract 7.4: a repeated field has no effect, and an empty item is refused', async () => {
    const twice = await bench.client.get('/clusters?orderBy=name%20desc,name%20asc')
    assert.deepEqual(twice.json, (await bench.client.get('/clusters?orderBy=name%20desc')).json)
    assertProblem(await bench.client.get('/clusters?orderBy=name,'), 'HYPERFLEET-VAL-005')
  })

  test('contract 8.7: Unknown is not a status of a resource', async () => {
    const search = "status.conditions.Ready='Unknown'"
    assertProblem(await bench.client.list('/clusters', { search }), 'HYPERFLEET-VAL-005')
  })

  test('contract 2.2: OPTIONS is another method', async () => {
    assertProblem(await bench.client.send('/clusters', { method: 'OPTIONS' }), 'HYPERFLEET-VAL-008')
  })

  test('contract 8.1, 9.1: an invalid request is answered with a problem with a title and a status', async () => {
    const malformed = await sendRaw(bench.server.origin, 'no request\r\n\r\n')
    assert.equal(malformed?.status, 400)
    assert.equal(JSON.parse(malformed.body).code, 'HYPERFLEET-VAL-006')
    const long = rawRequest('GET', '/', '', [`X-Long: ${'x'.repeat(20_000)}`])
    const refused = await sendRaw(bench.server.origin, long)
    if (refused !== undefined) assert.deepEqual([refused.status, JSON.parse(refused.body).status], [431, 431])
  })
})

benchOnBothEngines(
  'notes on more to search by',
  bench => {
    test('contract 13.3: literals of which one is a text compare as texts', async () => {
      const { client } = bench
      await client.cluster('five', { spec: { a: 5 } })
      await client.cluster('point', { spec: { a: '5.0' } })
      const names = async (search: string) =>
        (await client.list('/clusters', { search, orderBy: 'name' })).json.items.map(
          ({ name }: { name: string }) => name,
        )
      assert.deepEqual(await names('spec.a in (5, 6)'), ['five', 'point'])
      assert.deepEqual(await names("spec.a in (5, 'x')"), ['five'])
      assert.deepEqual(await names("spec.a between 5 and '5'"), ['five'])
    })

    test('contract 13.6: descending, texts come before numbers, and what has neither stays last', async () => {
      const { client } = bench
      for (const [name, order] of [
        ['order-1', 1],
        ['order-2', 2],
        ['order-a', 'a'],
        ['order-b', 'b'],
        ['order-none', {}],
      ] as const)
        await client.cluster(name, { spec: { order } })
      const { json } = await client.list('/clusters', {
        search: "name like 'order-%'",
        orderBy: 'spec.order desc',
      })
      assert.deepEqual(
        json.items.map(({ name }: { name: string }) => name),
        ['order-b', 'order-a', 'order-2', 'order-1', 'order-none'],
      )
    })

    test('contract 13.7: fields that go on below a condition, and keys that a resource lacks', async () => {
      const { client } = bench
      const { id } = await client.cluster('fields')
      const fields = 'status.conditions.Ready.status,owner_references,deleted_time'
      const { json } = await client.list(`/clusters/${id}`, { fields })
      assert.deepEqual(json, { id, status: { conditions: [{ status: 'False' }] } })
    })

    test('contract 13.7, 4.1: the last value of a key alone, or all of the spec as it is', async () => {
      const { client } = bench
      const body = '{"kind":"Cluster","name":"twice","spec":{"a":1,"a":2}}'
      const { id } = (await client.send('/clusters', { method: 'POST', body })).json
      const get = async (fields: string) => (await client.list(`/clusters/${id}`, { fields })).text
      assert.equal(await get('spec.a'), `{"id":"${id}","spec":{"a":2}}`)
      assert.equal(await get('spec'), `{"id":"${id}","spec":{"a":1,"a":2}}`)
    })

    test('contract 13.7, 7.5: other parameters of a resource are not read', async () => {
      const { id } = await bench.client.cluster('undecodable')
      assert.equal((await bench.client.get(`/clusters/${id}?other=%ff&fields`)).status, 400)
      assert.equal((await bench.client.get(`/clusters/${id}?other=%ff`)).status, 200)
    })
  },
  { HYPERFLEET_SEARCH_SPEC_INDEXES: '["spec.order"]' },
)

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
after(() => keySet.remove())
benchOnBothEngines(
  'notes on authentication',
  bench => {
    test('contract 10.1, 2.2: an unknown path is 401 without a token, and 404 with one', async () => {
      assertProblem(await bench.client.get('/nothing'), 'HYPERFLEET-AUT-001')
      const authorization = await signer.bearer({ claims: {} })
      assertProblem(await bench.client.get('/nothing', { authorization }), 'HYPERFLEET-NTF-000')
    })
  },
  keySet.environment,
)
