// Acknowledged writes are visible to everyone, and visible data is durable (contract 4.8). Observed from outside: an
// answer that depends on another client's write is sent only once that write is visible to all.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report, TestClient } from '../harness/client.ts'

const ROUNDS = 25

benchOnBothEngines('acknowledgement', bench => {
  let one: TestClient
  let two: TestClient
  let observer: TestClient
  before(() => {
    one = new TestClient(bench.server.origin)
    two = new TestClient(bench.server.origin)
    observer = new TestClient(bench.server.origin)
  })
  after(() => {
    for (const client of [one, two, observer]) client.close()
  })

  test('contract 4.8: a write is seen by the next read on another connection', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, href } = await one.cluster(bench.name())
      assert.equal((await observer.get(href)).status, 200)
      await two.patch(href, { spec: { round } })
      assert.deepEqual((await observer.get(href)).json.spec, { round })
      await one.post(`${href}/statuses`, report('dns', 'True', 2, at(round)))
      assert.equal((await observer.get(`${href}/statuses`)).json.items[0].last_report_time, at(round))
      const pool = await two.nodepool(id, 'pool')
      assert.equal((await observer.get(`/clusters/${id}/nodepools`)).json.items[0].id, pool.id)
    }
  })

  test('contract 4.8: a write is found by the next search on another connection', async () => {
    const total = async (search: string) => (await observer.list('/clusters', { search })).json.total
    for (let round = 0; round < ROUNDS; round++) {
      const { href, name } = await one.cluster(bench.name(), { labels: { round: `a${round}` } })
      assert.equal(await total(`name = '${name}'`), 1)
      await two.patch(href, { labels: { round: `b${round}` } })
      assert.equal(await total(`labels.round = 'a${round}'`), 0)
      assert.equal(await total(`labels.round = 'b${round}'`), 1)
      await two.put(`${href}/statuses`, report('dns', 'True', 1, at(0)))
      assert.equal(await total(`name = '${name}' and status.conditions.Ready = 'True'`), 1)
    }
  })

  test('contract 4.3, 4.8: of two creations of one name one wins, and the other is refused once the first is visible to all', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const name = bench.name()
      const attempts = [one, two].map(async (client): Promise<number> => {
        const { status } = await client.post('/clusters', { kind: 'Cluster', name, spec: {} })
        const seen = await observer.list('/clusters', { search: `name = '${name}'` })
        assert.equal(seen.json.total, 1, `not visible after ${status}`)
        return status
      })
      assert.deepEqual((await Promise.all(attempts)).sort(), [201, 409])
    }
  })

  test('contract 4.3, 4.8: of many creations of one nodepool one wins', async () => {
    const { id } = await one.cluster(bench.name())
    const creation = { kind: 'NodePool', name: 'pool', spec: {} }
    const attempts = Array.from({ length: 20 }, (_, index) =>
      (index % 2 === 0 ? one : two).post(`/clusters/${id}/nodepools`, creation),
    )
    const statuses = (await Promise.all(attempts)).map(({ status }) => status)
    assert.deepEqual(statuses.sort(), [201, ...Array<number>(19).fill(409)])
    assert.equal((await observer.get(`/clusters/${id}/nodepools`)).json.total, 1)
  })

  test('contract 3.5, 4.8: a PATCH that changes nothing waits for the one it equals', async () => {
    const { href } = await one.cluster(bench.name())
    for (let round = 0; round < ROUNDS; round++) {
      const attempts = [one, two].map(async (client): Promise<unknown> => {
        const { json } = await client.patch(href, { spec: { round } })
        const seen = (await observer.get(href)).json
        assert.equal(json.generation, round + 2)
        assert.deepEqual([seen.generation, seen.spec], [round + 2, { round }])
        return json
      })
      const [first, second] = await Promise.all(attempts)
      assert.deepEqual(first, second)
    }
  })

  test('contract 4.8, 11.2, 11.9: a deletion and a removal are seen by the next read on another connection', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, href } = await one.cluster(bench.name())
      const pool = await one.nodepool(id, 'pool')
      await one.put(`${href}/statuses`, report('dns', 'True', 1, at(0)))
      await two.put(`${pool.href}/statuses`, report('dns', 'True', 1, at(0)))
      await two.delete(href)
      for (const path of [href, pool.href]) assert.ok('deleted_time' in (await observer.get(path)).json, path)
      await one.put(`${pool.href}/statuses`, finalized('dns', 2, at(1)))
      assert.equal((await observer.get(pool.href)).status, 404)
      assert.equal((await observer.get(`${href}/nodepools`)).json.total, 0)
      await one.put(`${href}/statuses`, finalized('dns', 2, at(1)))
      assert.equal((await observer.get(href)).status, 404)
      assert.equal((await observer.list('/clusters', { search: `id = '${id}'` })).json.total, 0)
    }
  })

  test('contract 4.8, 11.3: an answer that rests on a mark or a removal is sent once that is visible to all', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const isAtOnce = round % 2 === 0
      const { href } = await one.cluster(bench.name())
      if (!isAtOnce) await one.put(`${href}/statuses`, report('dns', 'True', 1, at(0)))
      const attempts = [one, two, one, two].map(async (client, index) => {
        const { status } =
          index < 2 ? await client.delete(href) : await client.patch(href, { labels: { late: 'x' } })
        const seen = await observer.get(href)
        if (status === 404) assert.equal(seen.status, 404)
        if (status === 409) assert.ok(seen.status === 404 || 'deleted_time' in seen.json)
        if (status === 202) assert.equal(seen.status, isAtOnce ? 404 : 200)
        return status
      })
      const statuses = await Promise.all(attempts)
      assert.ok(statuses.includes(202))
    }
  })

  test('contract 3.5, 4.8: concurrent changes each count once', async () => {
    const { href } = await one.cluster(bench.name())
    const patches = Array.from({ length: 40 }, (_, n) =>
      (n % 2 === 0 ? one : two).patch(href, { spec: { n } }),
    )
    const generations = (await Promise.all(patches)).map(({ json }) => json.generation)
    assert.deepEqual(
      generations.sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, n) => n + 2),
    )
    assert.equal((await observer.get(href)).json.generation, 41)
  })

  test('contract 4.8, 5.3c: a discarded report waits for the one that outdates it', async () => {
    const { href } = await one.cluster(bench.name())
    const path = `${href}/statuses`
    for (let round = 0; round < ROUNDS; round++) {
      const newer = one.post(path, report('dns', 'True', 1, at(2 * round + 1)))
      const older = two.post(path, report('dns', 'False', 1, at(2 * round)))
      const settled = [newer, older].map(async (sent): Promise<number> => {
        const { status } = await sent
        const [seen] = (await observer.get(path)).json.items
        if (status === 204) assert.equal(seen.last_report_time, at(2 * round + 1))
        return status
      })
      assert.equal((await Promise.all(settled))[0], 201)
    }
  })

  test('contract 5.7, 4.8: a report and the resulting conditions become visible together', async () => {
    const { href } = await one.cluster(bench.name())
    let isWriting = true
    const written = (async () => {
      for (let second = 0; second < 60; second++)
        await one.post(`${href}/statuses`, report('dns', 'True', 1, at(second)))
      isWriting = false
    })()
    const reported = async () =>
      (await observer.get(`${href}/statuses`)).json.items[0]?.last_report_time ?? ''
    const condition = async () => {
      const { conditions } = (await two.get(href)).json.status
      return conditions[2]?.last_updated_time ?? ''
    }
    while (isWriting) {
      const [status, resource] = [await reported(), await condition()]
      assert.ok(resource >= status, `a report of ${status} is shown with conditions of ${resource}`)
      const [conditionFirst, statusThen] = [await condition(), await reported()]
      assert.ok(statusThen >= conditionFirst, `conditions of ${conditionFirst} are shown before their report`)
    }
    await written
  })
})

benchOnBothEngines(
  'acknowledgement of refusals',
  bench => {
    test('contract 4.8, 5.1: a refusal for the number of adapters waits for the adapter that took the last place', async () => {
      const [one, two] = [new TestClient(bench.server.origin), new TestClient(bench.server.origin)]
      try {
        for (let round = 0; round < ROUNDS; round++) {
          const { href } = await one.cluster(bench.name())
          const attempts = [one, two].map(async (client, index) => {
            const body = report(`adapter-${index}`, 'True', 1, at(0))
            const { status } = await client.post(`${href}/statuses`, body)
            assert.equal((await bench.client.get(`${href}/statuses`)).json.total, 1, `after ${status}`)
            return status
          })
          assert.deepEqual((await Promise.all(attempts)).sort(), [201, 400])
        }
      } finally {
        one.close()
        two.close()
      }
    })
  },
  { HYPERFLEET_LIMITS_ADAPTERS_PER_RESOURCE: '1' },
)
