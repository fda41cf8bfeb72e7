// Lists of statuses: the same parameters, with fields of their own.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

let cluster = ''
let nodepool = ''

/** `mm` and `cc` have the same created_time, the time of their first report; `zz` has reported again since. */
async function prepare({ client }: Bench): Promise<void> {
  const { id } = await client.cluster('reported')
  const pool = await client.nodepool(id, 'pool')
  cluster = `/clusters/${id}/statuses`
  nodepool = `/clusters/${id}/nodepools/${pool.id}/statuses`
  await client.patch(`/clusters/${id}`, { spec: { size: 2 } })
  for (const [adapter, generation, minute] of [
    ['zz', 1, '00'],
    ['mm', 2, '05'],
    ['cc', 1, '05'],
    ['aa', 2, '20'],
    ['zz', 2, '10'],
  ] as const) {
    const answer = await client.post(
      cluster,
      report(adapter, 'True', generation, `2026-01-01T00:${minute}:00Z`),
    )
    assert.equal(answer.status, 201, answer.text)
  }
  await client.post(nodepool, report('only', 'False', 1, '2026-01-01T00:00:00Z'))
}

benchOnBothEngines('a list of statuses', bench => {
  before(() => prepare(bench))

  const adapters = async (parameters: Record<string, string | number> = {}, path = cluster) => {
    const { status, text, json } = await bench.client.list(path, parameters)
    assert.equal(status, 200, text)
    assert.equal(json.size, json.items.length)
    return json.items.map(({ adapter }: { adapter: string }) => adapter).join(' ')
  }
  const found = async (search: string) => (await adapters({ search })).split(' ').sort().join(' ')

  test('contract 7.6: by default they are ordered by created_time, then adapter, both ascending', async () => {
    assert.equal(await adapters(), 'zz cc mm aa')
    assert.equal(await adapters({ orderBy: '' }), 'zz cc mm aa')
  })

  test('contract 7.6: they are ordered by adapter, observed_generation, created_time or last_report_time', async () => {
    for (const [orderBy, wanted] of [
      ['adapter', 'aa cc mm zz'],
      ['adapter desc', 'zz mm cc aa'],
      ['observed_generation,adapter', 'cc aa mm zz'],
      ['observed_generation desc,adapter', 'aa mm zz cc'],
      ['created_time,adapter desc', 'zz mm cc aa'],
      ['created_time desc,adapter', 'aa cc mm zz'],
      ['last_report_time,adapter', 'cc mm zz aa'],
      ['last_report_time desc,adapter desc', 'aa zz mm cc'],
    ] as const)
      assert.equal(await adapters({ orderBy }), wanted, orderBy)
    assert.equal(await adapters({ orderBy: 'adapter', order: 'desc' }), 'zz mm cc aa')
    assert.equal(await adapters({ order: 'adapter desc' }), 'zz mm cc aa')
  })

  test('contract 7.6: any other field in orderBy is refused', async () => {
    for (const field of [
      'id',
      'name',
      'generation',
      'updated_time',
      'labels.a',
      'conditions',
      'data',
      'metadata',
    ])
      assertProblem(
        await bench.client.list(cluster, { orderBy: field }),
        'HYPERFLEET-VAL-005',
        `bad order value '${field}'`,
      )
  })

  test('contract 7.6: adapter is searched as text', async () => {
    assert.equal(await found("adapter = 'zz'"), 'zz')
    assert.equal(await found("adapter != 'zz'"), 'aa cc mm')
    assert.equal(await found("adapter in ('aa','cc','nobody')"), 'aa cc')
    assert.equal(await found("adapter like '_a'"), 'aa')
    assert.equal(await found("adapter ilike 'M%'"), 'mm')
    assert.equal(await found("adapter between 'b' and 'n'"), 'cc mm')
    assert.equal(await found('adapter is not null'), 'aa cc mm zz')
    assert.equal(await found("not adapter = 'aa' and not adapter = 'cc'"), 'mm zz')
  })

  test('contract 7.6: observed_generation is searched as an integer', async () => {
    assert.equal(await found('observed_generation = 1'), 'cc')
    assert.equal(await found("observed_generation = '2'"), 'aa mm zz')
    assert.equal(await found('observed_generation > 1'), 'aa mm zz')
    assert.equal(await found('observed_generation between 0 and 1'), 'cc')
    for (const search of [
      "observed_generation = 'x'",
      'observed_generation = 1.5',
      "observed_generation like '1'",
    ])
      assertProblem(await bench.client.list(cluster, { search }), 'HYPERFLEET-VAL-005')
  })

  test('contract 7.6: created_time and last_report_time are searched as times', async () => {
    assert.equal(await found("created_time = '2026-01-01T00:05:00Z'"), 'cc mm')
    assert.equal(await found("created_time < '2026-01-01T02:05:00+02:00'"), 'zz')
    assert.equal(await found("last_report_time >= '2026-01-01T00:10:00Z'"), 'aa zz')
    assert.equal(await found("last_report_time < '2026-01-01T00:10:00Z' and adapter > 'd'"), 'mm')
    for (const search of ["created_time = 'x'", 'last_report_time = 1', "created_time like '2026%'"])
      assertProblem(await bench.client.list(cluster, { search }), 'HYPERFLEET-VAL-005')
  })

  test('contract 7.6: any other field in search is refused by name', async () => {
    for (const field of [
      'id',
      'name',
      'kind',
      'generation',
      'updated_time',
      'labels.a',
      'status.conditions.Ready',
    ])
      assertProblem(
        await bench.client.list(cluster, { search: `${field} = 'True'` }),
        'HYPERFLEET-VAL-005',
        `${field} is not a valid field name`,
      )
  })

  test('contract 7.6, 8.10: a search that does not parse is refused as for other lists', async () => {
    const answer = await bench.client.list(cluster, { search: ' adapter = ' })
    assertProblem(answer, 'HYPERFLEET-VAL-005', 'Failed to parse search query: adapter =')
  })

  test('contract 7.6: pages never overlap, in any order', async () => {
    for (const orderBy of [
      '',
      'observed_generation',
      'observed_generation desc',
      'created_time desc',
      'adapter',
    ]) {
      const parts = []
      for (let page = 1; page <= 4; page++) parts.push(await adapters({ orderBy, page, pageSize: 1 }))
      assert.equal(parts.join(' '), await adapters({ orderBy }), orderBy)
      assert.equal(parts.sort().join(' '), 'aa cc mm zz')
    }
  })

  test('contract 7.6: paging applies to the result of a search', async () => {
    const { json } = await bench.client.list(cluster, {
      search: 'observed_generation = 2',
      pageSize: 2,
      page: 2,
    })
    assert.deepEqual([json.page, json.size, json.total], [2, 1, 3])
  })

  test('contract 7.6: the statuses of a nodepool are listed by the same rules', async () => {
    assert.equal(
      await adapters({ search: "adapter = 'only'", orderBy: 'last_report_time desc' }, nodepool),
      'only',
    )
    assert.equal(await adapters({ search: "adapter = 'zz'" }, nodepool), '')
  })
})
