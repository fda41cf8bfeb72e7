// Adapters' reports: the stored status, and how it is read (contract 5.4-5.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const STATUS_KEYS = [
  'adapter',
  'observed_generation',
  'conditions',
  'metadata',
  'data',
  'created_time',
  'last_report_time',
]
const CONDITION_KEYS = ['type', 'status', 'reason', 'message', 'last_transition_time']

interface Reported {
  readonly type: string
  readonly status: string
  readonly last_transition_time: string
}

/** Paths of a new cluster and a new nodepool. */
async function bothKinds(bench: Bench): Promise<string[]> {
  const { id } = await bench.client.cluster(bench.name())
  const pool = await bench.client.nodepool(id, 'pool')
  return [`/clusters/${id}`, `/clusters/${id}/nodepools/${pool.id}`]
}

/** A report with these three statuses in the order Health, Available, Applied, and further conditions. */
function reportOf(statuses: readonly string[], seconds: number, ...more: object[]) {
  const types = ['Health', 'Available', 'Applied']
  const conditions = types.map((type, index) => ({ type, status: statuses[index] }))
  return { ...report('dns', 'True', 1, at(seconds)), conditions: [...conditions, ...more] }
}

benchOnBothEngines('reports', bench => {
  test('contract 5.4: a report is answered 201 with the stored status, members in order', async () => {
    for (const path of await bothKinds(bench)) {
      const extra = { metadata: { run: 1 }, data: { zone: 'a' }, ignored: true }
      const { status, json } = await bench.client.post(
        `${path}/statuses`,
        report('dns', 'True', 1, at(5), extra),
      )
      assert.equal(status, 201)
      assert.deepEqual(Object.keys(json), STATUS_KEYS)
      assert.deepEqual(Object.keys(json.conditions[0]), CONDITION_KEYS)
      assert.deepEqual(json, {
        adapter: 'dns',
        observed_generation: 1,
        conditions: report('dns', 'True', 1, at(5)).conditions.map(condition => ({
          ...condition,
          last_transition_time: at(5),
        })),
        metadata: { run: 1 },
        data: { zone: 'a' },
        created_time: at(5),
        last_report_time: at(5),
      })
      assert.deepEqual((await bench.client.get(`${path}/statuses`)).json.items, [json])
    }
  })

  test('contract 5.4: created_time remains that of the first report, last_report_time changes', async () => {
    for (const path of await bothKinds(bench)) {
      bench.clockAt(500)
      await bench.client.post(`${path}/statuses`, report('dns', 'Unknown', 1, at(1)))
      for (const seconds of [2, 2, 90]) {
        const { json } = await bench.client.post(`${path}/statuses`, report('dns', 'True', 1, at(seconds)))
        assert.deepEqual([json.created_time, json.last_report_time], [at(1), at(seconds)])
      }
    }
  })

  test('contract 5.4: last_transition_time changes only with the status of its condition', async () => {
    const [path = ''] = await bothKinds(bench)
    const transitions = async (statuses: readonly string[], seconds: number, ...more: object[]) => {
      const { json } = await bench.client.post(`${path}/statuses`, reportOf(statuses, seconds, ...more))
      return json.conditions.map((condition: Reported) => condition.last_transition_time)
    }
    assert.deepEqual(await transitions(['True', 'True', 'True'], 1), [at(1), at(1), at(1)])
    assert.deepEqual(await transitions(['True', 'True', 'False'], 2), [at(1), at(1), at(2)])
    assert.deepEqual(await transitions(['Unknown', 'True', 'False'], 3), [at(3), at(1), at(2)])
    assert.deepEqual(await transitions(['True', 'False', 'False'], 4), [at(4), at(4), at(2)])
    assert.deepEqual(await transitions(['True', 'False', 'False'], 5), [at(4), at(4), at(2)])
    const extra = { type: 'Extra', status: 'True' }
    assert.deepEqual(await transitions(['True', 'False', 'False'], 6, extra), [at(4), at(4), at(2), at(6)])
    assert.deepEqual(await transitions(['True', 'False', 'False'], 7, extra), [at(4), at(4), at(2), at(6)])
    const spoken = { ...extra, reason: 'Another', message: 'words' }
    assert.deepEqual(await transitions(['True', 'False', 'False'], 8, spoken), [at(4), at(4), at(2), at(6)])
  })

  test('contract 5.4: conditions are matched by type, in any order', async () => {
    const [path = ''] = await bothKinds(bench)
    await bench.client.post(`${path}/statuses`, reportOf(['True', 'True', 'False'], 1))
    const next = reportOf(['True', 'True', 'False'], 2)
    next.conditions.reverse()
    const { json } = await bench.client.post(`${path}/statuses`, next)
    for (const condition of json.conditions) assert.equal(condition.last_transition_time, at(1))
  })

  test("contract 5.5: a report replaces all of the adapter's earlier conditions, metadata and data", async () => {
    for (const path of await bothKinds(bench)) {
      const more = { type: 'Extra', status: 'True', reason: 'R', message: 'M' }
      const first = { ...reportOf(['True', 'True', 'True'], 1, more), metadata: { a: 1 }, data: { b: 2 } }
      await bench.client.post(`${path}/statuses`, first)
      const { json } = await bench.client.post(`${path}/statuses`, reportOf(['True', 'True', 'True'], 2))
      assert.deepEqual(
        json.conditions.map(({ type }: Reported) => type),
        ['Health', 'Available', 'Applied'],
      )
      assert.ok(!('metadata' in json) && !('data' in json))
      assert.deepEqual((await bench.client.get(`${path}/statuses`)).json.items, [json])
    }
  })

  test('contract 5.5: adapters and resources are independent', async () => {
    const [cluster = '', nodepool = ''] = await bothKinds(bench)
    const kept = await bench.client.post(
      `${cluster}/statuses`,
      report('dns', 'True', 1, at(1), { data: { a: 1 } }),
    )
    await bench.client.post(`${cluster}/statuses`, report('validator', 'False', 1, at(2)))
    await bench.client.post(`${nodepool}/statuses`, report('dns', 'False', 1, at(3)))
    const { items } = (await bench.client.get(`${cluster}/statuses`)).json
    assert.deepEqual(items[0], kept.json)
    assert.equal((await bench.client.get(`${nodepool}/statuses`)).json.total, 1)
  })

  test('contract 5.6: a first report of Available=Unknown is stored and changes no condition of the resource', async () => {
    for (const path of await bothKinds(bench)) {
      const before = await bench.client.get(path)
      const { status, json } = await bench.client.post(`${path}/statuses`, report('dns', 'Unknown', 1, at(1)))
      assert.deepEqual([status, json.conditions[0].status], [201, 'Unknown'])
      assert.equal((await bench.client.get(path)).text, before.text)
      assert.equal((await bench.client.get(`${path}/statuses`)).json.total, 1)
    }
  })

  test('contract 5.3d, 5.6: Applied and Health may be Unknown at any time', async () => {
    for (const path of await bothKinds(bench))
      for (const seconds of [1, 2]) {
        const body = reportOf(['Unknown', 'True', 'Unknown'], seconds)
        assert.equal((await bench.client.post(`${path}/statuses`, body)).status, 201)
      }
  })

  test('contract 5.7: a report about a missing resource is 404, whatever its content', async () => {
    const [cluster = ''] = await bothKinds(bench)
    const missing = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'
    for (const available of ['True', 'False', 'Unknown'] as const) {
      const body = report('dns', available, 1, at(0))
      const { client } = bench
      assertProblem(await client.post(`/clusters/${missing}/statuses`, body), 'HYPERFLEET-NTF-002')
      assertProblem(await client.put(`${cluster}/nodepools/${missing}/statuses`, body), 'HYPERFLEET-NTF-003')
    }
  })

  test('contract 6.12: a report changes no member of the resource itself', async () => {
    for (const path of await bothKinds(bench)) {
      const { status: _, ...before } = (await bench.client.get(path)).json
      bench.clockMs += 60_000
      await bench.client.post(`${path}/statuses`, report('dns', 'True', 1, at(1)))
      await bench.client.post(`${path}/statuses`, report('dns', 'False', 1, at(2)))
      const { status, ...after } = (await bench.client.get(path)).json
      assert.deepEqual(after, before)
      assert.equal(status.conditions.length, 3)
    }
  })
})
