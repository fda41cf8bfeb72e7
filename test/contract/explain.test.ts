// Query plans of lists, for the same searches.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { assertProblem } from '../harness/problem.ts'

async function prepare({ client }: Bench): Promise<void> {
  for (const [name, env] of [
    ['ann', 'prod'],
    ['bob', 'dev'],
    ['cat', 'prod'],
  ]) {
    const { id } = await client.cluster(name ?? '', { labels: { env } })
    await client.nodepool(id, 'pool', { labels: { env } })
  }
}

/** Paths of the list and of its plan. */
const PAIRS = [
  ['/clusters', '/explain/clusters'],
  ['/nodepools', '/explain/nodepools'],
] as const

const SEARCHES = [
  '',
  "labels.env = 'prod'",
  " labels.env = 'prod' or status.conditions.Ready = 'True' ",
  "not labels.env like 'p%'",
  "status.conditions.Ready.last_updated_time < '2030-01-01T00:00:00Z'",
  "name in ('ann','pool') and generation >= 1",
  "labels.env = 'nobody'",
]

benchOnBothEngines('query plans', bench => {
  before(() => prepare(bench))

  // contract, section 2: the rows of GET /explain/clusters and GET /explain/nodepools
  test('contract 2.2: the plan of a list is a QueryPlan, found under both paths', async () => {
    for (const [, path] of PAIRS) {
      const { status, json, headers } = await bench.client.get(path)
      assert.equal(status, 200)
      assert.equal(headers['content-type'], 'application/json')
      assert.equal(json.kind, 'QueryPlan')
      assert.equal(json.search, '')
      assert.equal(json.total, 3)
    }
  })

  test('contract 2.2, 8.1: a plan has the trimmed search and the total of the list', async () => {
    for (const [list, path] of PAIRS)
      for (const search of SEARCHES) {
        const { status, json, text } = await bench.client.list(path, { search })
        assert.equal(status, 200, text)
        assert.equal(json.search, search.trim())
        assert.equal(json.total, (await bench.client.list(list, { search })).json.total, search)
      }
  })

  test('contract 2.2, 7.4: a plan accepts orderBy and order', async () => {
    for (const [, path] of PAIRS) {
      for (const parameters of [
        { orderBy: 'name desc' },
        { orderBy: 'name', order: 'desc' },
        { order: 'name desc' },
      ]) {
        const { json } = await bench.client.list(path, parameters)
        assert.deepEqual(json.order[0], { field: 'name', direction: 'desc' })
      }
      const { json } = await bench.client.get(path)
      assert.deepEqual(json.order[0], { field: 'created_time', direction: 'desc' })
    }
  })

  test('contract 2.2, 7.4, 8.10: a plan is refused with the same message as the list', async () => {
    for (const [list, path] of PAIRS)
      for (const parameters of [
        { search: 'name =' },
        { search: 'nope = 5' },
        { search: "not status.conditions.Ready = 'True'" },
        { search: '('.repeat(65) },
        { orderBy: 'nope' },
        { orderBy: 'name', order: 'sideways' },
      ]) {
        const refused = await bench.client.list(path, parameters)
        assertProblem(refused, 'HYPERFLEET-VAL-005')
        const { json } = await bench.client.list(list, parameters)
        assert.equal(refused.json.detail, json.detail)
        assert.deepEqual(refused.json.errors, json.errors)
        assert.equal(refused.json.instance, `/api/hyperfleet/v1${path}`)
      }
    assertProblem(
      await bench.client.list('/explain/clusters', { search: "owner_id = 'x'" }),
      'HYPERFLEET-VAL-005',
      'owner_id is not a valid field name',
    )
    assert.equal((await bench.client.list('/explain/nodepools', { search: "owner_id = 'x'" })).status, 200)
  })

  test('contract 2.2: a plan ignores the parameters of paging', async () => {
    const { status, json } = await bench.client.get('/explain/clusters?page=0&pageSize=x&size=-1')
    assert.equal(status, 200)
    assert.equal(json.total, 3)
  })

  test('contract 2.2: plans are read-only', async () => {
    for (const [, path] of PAIRS) {
      assert.equal((await bench.client.send(path, { method: 'HEAD' })).status, 200)
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await bench.client.send(path, { method })
        assertProblem(answer, 'HYPERFLEET-VAL-008')
        assert.match(answer.headers.allow ?? '', /\bGET\b/)
      }
    }
    assertProblem(await bench.client.get('/explain'), 'HYPERFLEET-NTF-000')
    assertProblem(await bench.client.get('/explain/statuses'), 'HYPERFLEET-NTF-000')
  })
})
