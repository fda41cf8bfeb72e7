// Lists and searches of what is being deleted and of what is gone.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, refusal } from '../harness/find.ts'

const AWAITED = { HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns"]' }
const START_MS = Date.parse('2026-03-01T12:00:00Z')

/** Clusters in the order of creation. `bob` and then `ann` are being deleted, `old` and `lee` are gone. */
async function prepare(bench: Bench): Promise<void> {
  const { client } = bench
  bench.clockMs = START_MS
  const ids = new Map<string, string>()
  for (const name of ['old', 'ann', 'lee', 'bob', 'eve']) ids.set(name, (await client.cluster(name)).id)
  for (const name of ['bob', 'ann', 'old', 'lee']) {
    bench.clockMs += 1000
    assert.equal((await client.delete(`/clusters/${ids.get(name)}`)).status, 202)
  }
  for (const name of ['old', 'lee'])
    assert.equal((await client.forceDelete(`/clusters/${ids.get(name)}`)).status, 204)
}

benchOnBothEngines(
  'lists while resources are deleted',
  bench => {
    before(() => prepare(bench))

    const order = async (parameters: Record<string, string | number>) => {
      const { status, text, json } = await bench.client.list('/clusters', parameters)
      assert.equal(status, 200, text)
      assert.equal(json.total, 3)
      return json.items.map(({ name }: { name: string }) => name).join(' ')
    }

    test('contract 8.3, 8.5, 11.5: what is being deleted is found by its time and its author, the rest by is null', async () => {
      await expectFinds(bench.client, [
        ['', 'ann bob eve'],
        ['deleted_time is not null', 'ann bob'],
        ['deleted_time is null', 'eve'],
        ["deleted_time = '2026-03-01T12:00:01Z'", 'bob'],
        ["deleted_time != '2026-03-01T12:00:01Z'", 'ann eve'],
        ["deleted_time > '2026-03-01T12:00:01Z'", 'ann'],
        ["not deleted_time > '2026-03-01T12:00:01Z'", 'bob eve'],
        ["deleted_time between '2026-03-01T12:00:00Z' and '2026-03-01T13:00:00Z'", 'ann bob'],
        ["deleted_by = 'system@hyperfleet.local'", 'ann bob'],
        ["deleted_by like 'nobody%'", ''],
        ["deleted_by not like 'nobody%'", 'ann bob eve'],
        ['deleted_by is null', 'eve'],
        ["name != 'bob'", 'ann eve'],
        ["not name in ('old', 'ann')", 'bob eve'],
        ["created_time >= '2026-03-01T12:00:00Z'", 'ann bob eve'],
      ])
    })

    test('contract 8.4: the fields of deletion take values of their types', async () => {
      const wanted = 'expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)'
      await refusal(
        bench.client,
        "deleted_time > 'x'",
        `invalid timestamp for field 'deleted_time': ${wanted}`,
      )
      await refusal(
        bench.client,
        "deleted_time like '2026%'",
        "operator 'like' is not supported for field 'deleted_time'",
      )
    })

    test('contract 7.4: by the fields of deletion, what is not being deleted is last in either direction', async () => {
      assert.equal(await order({ orderBy: 'deleted_time' }), 'bob ann eve')
      assert.equal(await order({ orderBy: 'deleted_time desc' }), 'ann bob eve')
      assert.equal(await order({ orderBy: 'deleted_by, name' }), 'ann bob eve')
      assert.equal(await order({ order: 'deleted_by desc, name desc' }), 'bob ann eve')
    })

    test('contract 7.1, 7.4: what is gone leaves no gap in a page or a total', async () => {
      assert.equal(await order({}), 'eve bob ann')
      assert.equal(await order({ pageSize: 2, page: 1 }), 'eve bob')
      assert.equal(await order({ pageSize: 2, page: 2 }), 'ann')
      assert.equal(await order({ order: 'asc', pageSize: 1, page: 2 }), 'bob')
    })

    test('contract 2: explain counts what is there', async () => {
      const { json } = await bench.client.list('/explain/clusters', { search: 'deleted_time is null' })
      assert.equal(json.total, 1)
      assert.deepEqual(
        json.steps.map(({ operation, rows_in, rows_out }: Record<string, unknown>) => [
          operation,
          rows_in,
          rows_out,
        ]),
        [
          ['posting-lists', 3, 1],
          ['slot-order', 1, 1],
        ],
      )
    })
  },
  AWAITED,
)
