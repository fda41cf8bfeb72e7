// Bodies of reports: required members and limits (contract 5.1, 5.2).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertDetail, assertFaults } from '../harness/faults.ts'
import { assertProblem } from '../harness/problem.ts'

const GOOD = report('dns', 'True', 1, at(0))
const MANDATORY = ['Available', 'Applied', 'Health']

const ADAPTERS = [
  'a',
  'dns',
  'gcp-provisioner',
  'a1',
  'a--b',
  'A',
  'aB',
  'a_b',
  'dns.v2',
  '1a',
  '7',
  'iPXE_boot-2.x',
  'a'.repeat(255),
]
const NOT_ADAPTERS: readonly unknown[] = [
  '',
  '-a',
  'a-',
  '_a',
  'a_',
  '.a',
  'a.',
  '.',
  'a/b',
  'a:b',
  'a b',
  'a\n',
  'a\u0000',
  'é',
  'a'.repeat(256),
  null,
  1,
  true,
  ['dns'],
]

/** As JSON text, because some are not JavaScript numbers. */
const NOT_GENERATIONS = [
  '0',
  '-0',
  '-1',
  '1.5',
  '2147483648',
  '12345678901234567890',
  '1e400',
  '-1e400',
  '"1"',
  '""',
  'true',
  'null',
  '[1]',
  '{}',
]

const TYPES = [
  'A',
  'Ready2',
  'SomeLongTypeName',
  'a',
  'available',
  '1A',
  'A-b',
  'A_b',
  'A.b',
  'example.com/Ready',
  '1.example-2.com/db_ready.v1',
  `A${'z'.repeat(315)}`,
]
const NOT_TYPES: readonly unknown[] = [
  '',
  'A b',
  '-A',
  'A-',
  '/A',
  'example.com/',
  'Example.com/A',
  'a/b/C',
  `A${'z'.repeat(316)}`,
  'A\n',
  'É',
  1,
  null,
]
const NOT_STATUSES: readonly unknown[] = ['', 'true', 'TRUE', 'Yes', 'Unknown ', true, false, null, 1]

benchOnBothEngines('bodies of reports', bench => {
  let path = ''
  before(async () => {
    path = `${(await bench.client.cluster('target')).href}/statuses`
  })
  const send = (body: unknown) => bench.client.post(path, body)
  const withConditions = (...more: unknown[]) => send({ ...GOOD, conditions: [...GOOD.conditions, ...more] })

  test('contract 5.1: the adapter is a name of 1 to 255 characters', async () => {
    for (const adapter of ADAPTERS) {
      const { href } = await bench.client.cluster(bench.name())
      const { status, json } = await bench.client.post(`${href}/statuses`, { ...GOOD, adapter })
      assert.deepEqual([status, json.adapter], [201, adapter])
    }
    for (const adapter of NOT_ADAPTERS) assertFaults(await send({ ...GOOD, adapter }), 'adapter')
  })

  test('contract 5.1: observed_generation is an integer of 32 bits from 1', async () => {
    for (const text of NOT_GENERATIONS) {
      const body = JSON.stringify(GOOD).replace('"observed_generation":1', `"observed_generation":${text}`)
      const answer = await send(body)
      assert.equal(answer.status, 400, text)
      assertFaults(answer, 'observed_generation')
    }
    assert.equal((await send({ ...GOOD, observed_generation: 2_147_483_647 })).status, 204)
  })

  test('contract 5.1: conditions are an array of objects with type and status', async () => {
    for (const conditions of [null, {}, 'text', 1])
      assertFaults(await send({ ...GOOD, conditions }), 'conditions')
    for (const other of [null, 'text', 1, []]) assertFaults(await withConditions(other), 'conditions[3]')
    assertFaults(await withConditions({}), 'conditions[3].status', 'conditions[3].type')
  })

  test('contract 5.1: a type has the form of a Kubernetes condition type', async () => {
    for (const type of TYPES) assert.equal((await withConditions({ type, status: 'True' })).status, 201)
    for (const type of NOT_TYPES)
      assertFaults(await withConditions({ type, status: 'True' }), 'conditions[3].type')
  })

  test('contract 5.1: a status is True, False or Unknown, as a string', async () => {
    for (const status of ['True', 'False', 'Unknown'])
      assert.equal((await withConditions({ type: 'Extra', status })).status, 201)
    for (const status of NOT_STATUSES)
      assertFaults(await withConditions({ type: 'Extra', status }), 'conditions[3].status')
  })

  test('contract 5.1: no type appears more than once', async () => {
    assertFaults(await withConditions({ type: 'Health', status: 'True' }), 'conditions[3].type')
    const extra = { type: 'Extra', status: 'True' }
    assertFaults(await withConditions(extra, { ...extra, status: 'False' }), 'conditions[4].type')
    const { status } = await withConditions({ type: 'HEALTH', status: 'True' })
    assert.equal(status, 201)
  })

  test('contract 5.1: reason and message are texts within their bytes', async () => {
    const condition = (texts: object) => ({ type: 'Extra', status: 'True', ...texts })
    const longest = { reason: 'é'.repeat(512), message: '😀'.repeat(2048) }
    const taken = await withConditions(condition(longest))
    assert.equal(taken.status, 201)
    assert.deepEqual(
      [taken.json.conditions[3].reason, taken.json.conditions[3].message],
      Object.values(longest),
    )
    assert.equal((await withConditions(condition({ reason: '', message: '' }))).status, 201)
    for (const reason of ['r'.repeat(1025), `${'é'.repeat(512)}r`, 1, {}])
      assertFaults(await withConditions(condition({ reason })), 'conditions[3].reason')
    for (const message of ['m'.repeat(8193), `${'é'.repeat(4096)}m`, false, []])
      assertFaults(await withConditions(condition({ message })), 'conditions[3].message')
  })

  test('contract 5.1: metadata and data are objects', async () => {
    for (const member of ['metadata', 'data'])
      for (const value of [[], 'text', 1, true])
        assertFaults(await send({ ...GOOD, [member]: value }), member)
    assert.equal((await send({ ...GOOD, metadata: {}, data: {} })).status, 201)
  })

  test('contract 5.1: unknown members are ignored, in conditions too', async () => {
    const extra = { type: 'Extra', status: 'True', last_transition_time: '2020-01-01T00:00:00Z', ignored: 1 }
    const conditions = [...GOOD.conditions, extra]
    const { status, text } = await send({ ...GOOD, conditions, created_time: 'never', ignored: { a: 1 } })
    assert.equal(status, 201)
    assert.doesNotMatch(text, /ignored|never|2020/)
  })

  test('contract 5.1: at most 32 conditions', async () => {
    const extra = Array.from({ length: 30 }, (_, index) => ({ type: `Extra${index}`, status: 'True' }))
    assert.equal((await withConditions(...extra.slice(0, 29))).status, 201)
    assertFaults(await withConditions(...extra), 'conditions')
  })

  test('contract 5.2: Available, Applied and Health are all required; missing ones are named', async () => {
    for (const missing of [...MANDATORY.map(type => [type]), ['Available', 'Health'], MANDATORY]) {
      const conditions = GOOD.conditions.filter(({ type }) => !missing.includes(type))
      const answer = await send({ ...GOOD, conditions })
      assertFaults(answer, 'conditions')
      const said = answer.json.errors.map(({ message }: { message: string }) => message).join('\n')
      for (const type of missing) assert.ok(said.includes(type), said)
    }
    const conditions = GOOD.conditions.map(({ type, status }) => ({ type: type.toUpperCase(), status }))
    assertFaults(await send({ ...GOOD, conditions }), 'conditions')
  })

  test('contract 5.1: a refused report leaves no trace', async () => {
    const cluster = await bench.client.cluster(bench.name())
    const statuses = `${cluster.href}/statuses`
    assertFaults(await bench.client.post(statuses, { ...GOOD, adapter: 'a-' }), 'adapter')
    assert.equal((await bench.client.get(statuses)).json.total, 0)
    assert.deepEqual((await bench.client.get(cluster.href)).json, cluster)
  })
})

/** Refusals because of the number of adapters say so. */
function assertTooMany(answer: Parameters<typeof assertProblem>[0]): void {
  assertProblem(answer, 'HYPERFLEET-VAL-000')
  assertDetail(answer, 'adapter')
}

benchOnBothEngines('numbers of adapters', bench => {
  test('contract 5.1: 64 adapters per resource and 256 per kind; known ones are still accepted', async () => {
    const hrefs: string[] = []
    for (let index = 0; index < 5; index++) hrefs.push((await bench.client.cluster(bench.name())).href)
    const send = (cluster: number, adapter: number, seconds: number) =>
      bench.client.post(`${hrefs[cluster]}/statuses`, report(`adapter-${adapter}`, 'True', 1, at(seconds)))
    for (let adapter = 0; adapter < 256; adapter++)
      assert.equal((await send(Math.floor(adapter / 64), adapter, 1)).status, 201)
    assertTooMany(await send(0, 64, 1))
    assertTooMany(await send(4, 256, 1))
    assert.equal((await send(0, 63, 2)).status, 201)
    assert.equal((await send(4, 255, 2)).status, 201)
    await bench.restart()
    assertTooMany(await send(4, 256, 3))
    assertTooMany(await send(0, 64, 3))
    const cluster = await bench.client.cluster(bench.name())
    const nodepool = await bench.client.nodepool(cluster.id, 'pool')
    const path = `${cluster.href}/nodepools/${nodepool.id}/statuses`
    assert.equal((await bench.client.post(path, report('adapter-256', 'True', 1, at(1)))).status, 201)
  })
})

benchOnBothEngines(
  'limits of reports, configured',
  bench => {
    test('contract 5.1: each limit can be set', async () => {
      const { href } = await bench.client.cluster('limited')
      const send = (body: unknown) => bench.client.post(`${href}/statuses`, body)
      const extra = (texts: object) => ({
        ...GOOD,
        conditions: [...GOOD.conditions.slice(1), { type: 'Available', status: 'True', ...texts }],
      })
      assert.equal((await send(extra({ reason: '12345', message: '123456' }))).status, 201)
      assertFaults(await send(extra({ reason: '123456' })), 'conditions[2].reason')
      assertFaults(await send(extra({ message: '1234567' })), 'conditions[2].message')
      const four = { ...extra({}), conditions: [...extra({}).conditions, { type: 'Extra', status: 'True' }] }
      assertFaults(await send(four), 'conditions')
      assert.equal((await send({ ...extra({}), adapter: 'second' })).status, 201)
      assertTooMany(await send({ ...extra({}), adapter: 'third' }))
      const { href: other } = await bench.client.cluster('limited-2')
      const sendOther = (adapter: string) => bench.client.post(`${other}/statuses`, { ...extra({}), adapter })
      assert.equal((await sendOther('third')).status, 201)
      assertTooMany(await sendOther('fourth'))
      assert.equal((await sendOther('dns')).status, 201)
    })
  },
  {
    HYPERFLEET_LIMITS_REASON_MAX_BYTES: '5',
    HYPERFLEET_LIMITS_MESSAGE_MAX_BYTES: '6',
    HYPERFLEET_LIMITS_CONDITIONS_PER_REPORT: '3',
    HYPERFLEET_LIMITS_ADAPTERS_PER_RESOURCE: '2',
    HYPERFLEET_LIMITS_ADAPTERS_PER_KIND: '3',
  },
)
