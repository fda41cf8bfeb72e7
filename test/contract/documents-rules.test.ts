// Statements and tables of the document 'HyperFleet API resources', each as a test.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report, type TestAnswer } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

interface Condition {
  readonly type: string
  readonly status: string
  readonly observed_generation: number
  readonly last_updated_time: string
}

/** Status of a condition of a served resource. */
function condition(resource: { status: { conditions: Condition[] } }, type: string): Condition | undefined {
  return resource.status.conditions.find(condition => condition.type === type)
}

benchOnBothEngines('the rules of the document on resources', bench => {
  /** A cluster for which `dns` and `validator` have reported True at generation 1. */
  async function readyCluster(): Promise<string> {
    const { id } = await bench.client.cluster(bench.name())
    for (const adapter of ['dns', 'validator']) await say(id, adapter, 'True', 1)
    return id
  }

  let seconds = 0
  async function say(id: string, adapter: string, value: 'True' | 'False' | 'Unknown', generation: number) {
    seconds++
    return bench.client.post(`/clusters/${id}/statuses`, report(adapter, value, generation, at(seconds / 10)))
  }

  const values = async (id: string) => {
    const { json } = await bench.client.get(`/clusters/${id}`)
    return [condition(json, 'Available')?.status, condition(json, 'Ready')?.status]
  }

  test('Ready and Available are False when no adapter has reported (contract 6.2)', async () => {
    const { id } = await bench.client.cluster(bench.name())
    assert.deepEqual(await values(id), ['False', 'False'])
  })

  test('Ready is True when all adapters report Available=True at the current generation (contract 6.4)', async () => {
    assert.deepEqual(await values(await readyCluster()), ['True', 'True'])
  })

  test('Ready is False when one of them reports False there (contract 6.4)', async () => {
    const id = await readyCluster()
    await say(id, 'dns', 'False', 1)
    assert.deepEqual(await values(id), ['False', 'False'])
  })

  test('after every spec change Ready becomes False (contract 6.8)', async () => {
    const id = await readyCluster()
    await bench.client.patch(`/clusters/${id}`, { spec: { size: 2 } })
    assert.deepEqual(await values(id), ['True', 'False'])
    for (const adapter of ['dns', 'validator']) await say(id, adapter, 'True', 2)
    assert.deepEqual(await values(id), ['True', 'True'])
    await bench.client.patch(`/clusters/${id}`, { spec: { size: 3 } })
    assert.deepEqual(await values(id), ['True', 'False'])
  })

  test('Available is False when all report one generation and one of them False (contract 6.5)', async () => {
    const id = await readyCluster()
    await bench.client.patch(`/clusters/${id}`, { spec: { size: 2 } })
    await say(id, 'dns', 'True', 2)
    await say(id, 'validator', 'False', 2)
    assert.deepEqual(await values(id), ['False', 'False'])
  })

  test('with Available=True at generation 1, a False for generation 1 makes it False (contract 6.5)', async () => {
    const id = await readyCluster()
    await bench.client.patch(`/clusters/${id}`, { spec: { size: 2 } })
    await say(id, 'dns', 'False', 1)
    assert.equal((await values(id))[0], 'False')
  })

  test('with Available=True at generation 1, a False for generation 2 leaves it True (contract 6.5)', async () => {
    const id = await readyCluster()
    await bench.client.patch(`/clusters/${id}`, { spec: { size: 2 } })
    await say(id, 'dns', 'False', 2)
    assert.equal((await values(id))[0], 'True')
  })

  test('adapters add conditions, updated when they last reported (contract 6.10)', async () => {
    const id = await readyCluster()
    const { json } = await say(id, 'dns', 'True', 1)
    const served = condition((await bench.client.get(`/clusters/${id}`)).json, 'DnsSuccessful')
    assert.equal(served?.status, 'True')
    assert.equal(served?.observed_generation, 1)
    assert.equal(served?.last_updated_time, json.last_report_time)
  })

  test('generation is incremented on updates of spec, and not of labels (contract 3.5)', async () => {
    const { id, generation } = await bench.client.cluster(bench.name())
    assert.equal(generation, 1)
    const changed = await bench.client.patch(`/clusters/${id}`, { spec: { size: 1 } })
    assert.equal(changed.json.generation, 2)
    const labelled = await bench.client.patch(`/clusters/${id}`, { labels: { a: 'b' } })
    assert.equal(labelled.json.generation, 2)
  })

  const NAMES: readonly (readonly [name: unknown, isCluster: boolean, isNodepool: boolean])[] = [
    [undefined, false, false],
    ['ab', false, false],
    ['abc', true, true],
    ['a'.repeat(15), true, true],
    ['a'.repeat(16), true, false],
    ['a'.repeat(53), true, false],
    ['a'.repeat(54), false, false],
    ['a-1', true, true],
    ['1-a', true, true],
    ['-ab', false, false],
    ['ab-', false, false],
    ['Abc', false, false],
    ['a_b', false, false],
    ['a.b', false, false],
    ['a b', false, false],
    [5, false, false],
  ]

  test('names are 3 to 53 characters for clusters and 3 to 15 for nodepools, with one pattern (contract 4.2)', async () => {
    const { id } = await bench.client.cluster('owner-of-pools')
    const expect = (answer: TestAnswer, isTaken: boolean, name: unknown) =>
      assert.equal(answer.status, isTaken ? 201 : 400, `${name}: ${answer.text}`)
    for (const [name, isCluster, isNodepool] of NAMES) {
      expect(await bench.client.post('/clusters', { kind: 'Cluster', name, spec: {} }), isCluster, name)
      const path = `/clusters/${id}/nodepools`
      expect(await bench.client.post(path, { kind: 'NodePool', name, spec: {} }), isNodepool, name)
    }
  })

  test('a status report has four required members and two optional ones (contract 5.1)', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const path = `/clusters/${id}/statuses`
    const whole = { ...report('dns', 'True', 1, at(0)), metadata: { a: 1 }, data: { b: 2 } }
    for (const name of ['adapter', 'observed_generation', 'observed_time', 'conditions']) {
      const answer = await bench.client.post(path, { ...whole, [name]: undefined })
      assertProblem(answer, 'HYPERFLEET-VAL-000')
      assert.ok(answer.json.errors.some(({ field }: { field: string }) => field === name))
    }
    for (const name of ['metadata', 'data'])
      assert.equal((await bench.client.post(path, { ...whole, [name]: undefined })).status, 201)
    assert.equal((await bench.client.post(path, whole)).status, 201)
  })

  test('a reported condition has a type and a status of True, False or Unknown (contract 5.1)', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const send = (extra: object) => {
      const { conditions, ...rest } = report('dns', 'True', 1, at(0))
      return bench.client.post(`/clusters/${id}/statuses`, { ...rest, conditions: [...conditions, extra] })
    }
    for (const status of ['True', 'False', 'Unknown'])
      assert.equal((await send({ type: 'Extra', status })).status, 201)
    for (const wrong of [{ type: 'Extra' }, { status: 'True' }, { type: 'Extra', status: 'Maybe' }])
      assertProblem(await send(wrong), 'HYPERFLEET-VAL-000')
    assert.equal((await send({ type: 'Extra', status: 'True', reason: 'R', message: 'm' })).status, 201)
  })

  test("a resource's own conditions are True or False, never Unknown (contract 5.6)", async () => {
    const { id } = await bench.client.cluster(bench.name())
    assert.equal((await say(id, 'dns', 'Unknown', 1)).status, 201)
    const { json } = await bench.client.get(`/clusters/${id}`)
    for (const { status } of json.status.conditions) assert.match(status, /^(True|False)$/)
  })

  test('all lists take search, page, pageSize, orderBy and order (contract 7.2, 7.4, 7.6, 8.1)', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const pool = await bench.client.nodepool(id, 'pool')
    const statuses = `/clusters/${id}/nodepools/${pool.id}/statuses`
    for (const path of ['/clusters', '/nodepools', `/clusters/${id}/nodepools`]) {
      const parameters = { search: `id = '${path === '/clusters' ? id : pool.id}'`, page: 1, pageSize: 20 }
      for (const order of ['asc', 'desc']) {
        const answer = await bench.client.list(path, { ...parameters, orderBy: 'created_time', order })
        assert.deepEqual([answer.status, answer.json.total], [200, 1])
      }
      assertProblem(
        await bench.client.list(path, { ...parameters, orderBy: 'name', order: 'up' }),
        'HYPERFLEET-VAL-005',
      )
    }
    const parameters = {
      search: "adapter = 'dns'",
      page: 1,
      pageSize: 20,
      orderBy: 'created_time',
      order: 'asc',
    }
    assert.equal((await bench.client.list(statuses, parameters)).status, 200)
  })
})
