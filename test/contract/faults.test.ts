// A body that fails validation is answered with all its faults (contract 4.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertDetail, assertFaults } from '../harness/faults.ts'

interface Fault {
  readonly field: string
  readonly constraint: string
  readonly message: string
  readonly value?: unknown
}

benchOnBothEngines('faults', bench => {
  test('contract 4.7: a creation gets all its faults at once', async () => {
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

  test('contract 4.7: a change gets all its faults at once', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const answer = await bench.client.patch(href, { spec: 1, labels: { a: {} }, name: 'x', other: null })
    assertFaults(answer, 'labels.a', 'name', 'other', 'spec')
  })

  test('contract 4.7, 5.1, 5.2: a report gets all its faults at once, with indexes', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const conditions = [
      { type: 'Available', status: 'True' },
      { type: 'Applied', status: 'Maybe' },
      { type: '-lower', status: 'True' },
      { status: 'True', reason: 1 },
      { type: 'Applied', status: 'False', message: 'm'.repeat(8193) },
      'text',
    ]
    const body = {
      adapter: '-A',
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

  test('contract 4.7: a fault has field, constraint, message and the value, if there is one', async () => {
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

  test('contract 4.7, 9.1: the detail names the fault', async () => {
    const answer = await bench.client.post('/clusters', { kind: 'Cluster', spec: {} })
    assertDetail(answer, 'name')
  })

  test('contract 4.6, 4.7: a member is named even if another begins with its name', async () => {
    const answer = await bench.client.post(
      '/clusters',
      '{"kind":1,"name":"abc","spec":{},"k":"\\ud800","":"\\ud800"}',
    )
    assertFaults(answer, '', 'k', 'kind')
  })

  test('contract 4.7, 4.11: of more than a hundred faults the first hundred are listed, and the last one gives the number of others', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const others = (count: number, write: (index: number) => string) =>
      `{${Array.from({ length: count }, (_, index) => write(index)).join(',')}}`
    for (const [answer, more] of [
      [
        await bench.client.patch(
          href,
          others(75_000, index => `"k${index}":1`),
        ),
        74_900,
      ],
      [
        await bench.client.patch(
          href,
          others(101, index => `"k${index}":1`),
        ),
        1,
      ],
      // A repeated name is not another member, in any spelling.
      [
        await bench.client.patch(
          href,
          others(30_000, index => `"\\u006b${index % 300}":1,"k${index % 300}":2`),
        ),
        200,
      ],
      [
        await bench.client.post(
          '/clusters',
          others(50_000, index => `"\\ud800${index}":1`),
        ),
        49_903,
      ],
      [
        await bench.client.post(
          `${href}/statuses`,
          others(50_000, index => `"k${index}":"\\udc00"`),
        ),
        49_904,
      ],
    ] as const) {
      const faults: Fault[] = answer.json.errors
      assert.equal(answer.status, 400)
      assert.equal(faults.length, 100)
      assert.ok(faults[99]?.message.endsWith(` (and ${more} more)`), faults[99]?.message)
      assert.ok(!faults[98]?.message.includes('more)'))
      assertDetail(answer, `(and ${more + 99} more)`)
      assert.ok(answer.text.length < 50_000)
    }
  })

  test('contract 4.7, 4.11: exactly a hundred faults are all listed', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const body = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`k${index}`, index]))
    const faults: Fault[] = (await bench.client.patch(href, body)).json.errors
    assert.equal(faults.length, 100)
    assert.deepEqual(faults[99], {
      field: 'k99',
      constraint: 'additionalProperties',
      message: 'is not an allowed member of this request',
      value: 99,
    })
  })

  test('contract 4.4, 4.7, 4.11: too many labels are counted and not read', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const labels = Object.fromEntries(Array.from({ length: 75_000 }, (_, index) => [`k${index}`, 1]))
    const message = 'has 75000 labels; at most 64 are allowed'
    const fault = { field: 'labels', constraint: 'maxProperties', message }
    const created = await bench.client.post('/clusters', { kind: 'Wrong', name: 'abc', spec: {}, labels })
    assertFaults(created, 'kind', 'labels')
    assert.deepEqual(created.json.errors[0], fault)
    assert.deepEqual((await bench.client.patch(href, { labels })).json.errors, [fault])
    const repeated = `{"labels":{${Array.from({ length: 70_000 }, (_, index) => `"k${index % 64}":"v"`)}}}`
    assert.equal((await bench.client.patch(href, repeated)).status, 200)
  })

  test('contract 4.7, 4.11, 5.1: too many conditions are counted and not read', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const body = report('dns', 'True', 1, at(0))
    for (const item of ['0', '{}', '[[]]', '{"type":"Same"}', '{"reason":null}']) {
      const conditions = `[${Array(50_000).fill(item).join(',')}]`
      const answer = await bench.client.post(
        `${href}/statuses`,
        JSON.stringify({ ...body, conditions: 0 }).replace('"conditions":0', `"conditions":${conditions}`),
      )
      const message = 'has 50000 conditions; at most 32 are allowed'
      assert.deepEqual(answer.json.errors, [{ field: 'conditions', constraint: 'maxItems', message }])
    }
  })

  test('contract 4.7, 4.11, 5.1: of a condition only known members are read, and texts only up to their limit', async () => {
    const { href } = await bench.client.cluster(bench.name())
    const path = `${href}/statuses`
    const sent = report('dns', 'True', 1, at(0))
    const others = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, index]))
    const extra = { type: 'Extra', status: 'True', ...others, reason: null }
    const { status, json } = await bench.client.post(path, {
      ...sent,
      conditions: [...sent.conditions, extra],
    })
    assert.equal(status, 201)
    assert.deepEqual(json.conditions[3], { type: 'Extra', status: 'True', last_transition_time: at(0) })
    const long = { type: 'T'.repeat(900_000), status: 'True' }
    assertFaults(
      await bench.client.post(path, { ...sent, conditions: [...sent.conditions, long] }),
      'conditions[3].type',
    )
    // The end of a long text is not read, and a surrogate pair is not split.
    const message = `${'x'.repeat(8193)}😀`.padEnd(200_000, '😀')
    const wordy = { type: 'Extra', status: 'True', message }
    const answer = await bench.client.post(path, { ...sent, conditions: [...sent.conditions, wordy] })
    assert.deepEqual(
      answer.json.errors.map(({ field, constraint }: Fault) => [field, constraint]),
      [['conditions[3].message', 'bytes']],
    )
  })
})
