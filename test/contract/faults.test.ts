// A body that fails validation is answered with all its faults (contract 4.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertDetail, assertFaults, faultyFields } from '../harness/faults.ts'

interface Fault {
  readonly field: string
  readonly constraint: string
  readonly message: string
  readonly value?: unknown
}

benchOnBothEngines('faults', bench => {
  test('contract 4.7: a creation is told all its faults at once', async () => {
    const body = {
      id: 'mine',
      kind: 'Wrong',
      name: 'A',
      spec: [],
      labels: { a: 1, b: 'fine', c: 'v'.repeat(256) },
    }
    const answer = await bench.client.post('/clusters', body)
    assertFaults(answer, 'id', 'kind', 'labels.a', 'labels.c', 'name', 'spec')
  })

  test('contract 4.7: a change is told all its faults at once', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const answer = await bench.client.patch(href, { spec: 1, labels: { a: {} }, name: 'x', other: null })
    assertFaults(answer, 'labels.a', 'name', 'other', 'spec')
  })

  test('contract 4.7, 5.1, 5.2: a report is told all its faults at once, with indices', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const conditions = [
      { type: 'Available', status: 'True' },
      { type: 'Applied', status: 'Maybe' },
      { type: 'lower', status: 'True' },
      { status: 'True', reason: 1 },
      { type: 'Applied', status: 'False', message: 'm'.repeat(8193) },
      'text',
    ]
    const body = {
      adapter: 'A',
      observed_generation: 0,
      observed_time: 'now',
      conditions,
      data: [],
      metadata: 'x',
    }
    const answer = await bench.client.post(`${href}/statuses`, body)
    assertFaults(
      answer,
      'adapter',
      'conditions', // Health is missing
      'conditions[1].status',
      'conditions[2].type',
      'conditions[3].reason',
      'conditions[3].type',
      'conditions[4].message',
      'conditions[4].type',
      'conditions[5]',
      'data',
      'metadata',
      'observed_generation',
      'observed_time',
    )
  })

  test('contract 4.7: a missing member is named itself', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const path = `${href}/statuses`
    assertFaults(
      await bench.client.post(path, {}),
      'adapter',
      'conditions',
      'observed_generation',
      'observed_time',
    )
    const body = report('dns', 'True', 1, at(0))
    const conditions = [...body.conditions, { type: 'Extra' }]
    assertFaults(await bench.client.post(path, { ...body, conditions }), 'conditions[3].status')
  })

  test('contract 4.7: a fault has field, constraint, message and, where there is one, the value', async () => {
    const answer = await bench.client.post('/clusters', { kind: 'Wrong', spec: {}, labels: { a: 7 } })
    const faults: Fault[] = answer.json.errors
    const of = (field: string) => faults.find(fault => fault.field === field)
    assert.equal(of('kind')?.value, 'Wrong')
    assert.equal(of('labels.a')?.value, 7)
    const missing = of('name') ?? assert.fail('the missing name is no fault')
    assert.ok(!('value' in missing))
    for (const fault of faults) {
      const known = ['field', 'constraint', 'message', 'value']
      assert.deepEqual(
        Object.keys(fault).filter(key => !known.includes(key)),
        [],
      )
    }
  })

  test('contract 4.7, 9.1: the detail says what is wrong', async () => {
    const answer = await bench.client.post('/clusters', { kind: 'Cluster', spec: {} })
    assertDetail(answer, 'name')
  })

  test('contract 4.6, 4.7: a member is named although another begins with its name', async () => {
    const answer = await bench.client.post(
      '/clusters',
      '{"kind":1,"name":"abc","spec":{},"k":"\\ud800","":"\\ud800"}',
    )
    assertFaults(answer, '', 'k', 'kind')
  })

  test('contract 4.7, 9.1: a hundred thousand faults make neither a 500 nor an endless answer', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const count = 50_000
    const labels = Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
    const members = Array.from({ length: count }, (_, index) => `"\\ud800${index}":1`)
    const answers = [
      await bench.client.post('/clusters', { kind: 'Cluster', name: bench.name(), spec: {}, labels }),
      await bench.client.post('/clusters', `{${members.join(',')}}`),
      await bench.client.patch(href, `{${members.join(',')}}`),
      await bench.client.post(`${href}/statuses`, { conditions: Array(count).fill(0) }),
      await bench.client.post(`${href}/statuses`, { conditions: Array(count).fill({ type: 'Same' }) }),
    ]
    for (const answer of answers) {
      assert.equal(answer.status, 400)
      assert.ok(faultyFields(answer).length > 60)
      assert.ok(answer.text.length < 1_000_000, `${answer.text.length} characters`)
    }
  })
})
