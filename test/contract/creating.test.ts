// Bodies that create: required members, names, uniqueness (contract 4.1-4.3).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { assertDetail, assertFaults } from '../harness/faults.ts'
import { assertProblem } from '../harness/problem.ts'

const NAMES = ['abc', '123', 'a-b', 'a--b', '0-0', 'x1y', 'aaaaaaaaaaaaaaa']
const NOT_NAMES: readonly unknown[] = [
  '',
  'a',
  'ab',
  '-ab',
  'ab-',
  '---',
  'Abc',
  'abC',
  'a_b',
  'a.b',
  'a b',
  ' abc',
  'abc ',
  'abc\n',
  '\nabc',
  'a\u0000b',
  'äbc',
  'ａｂｃ',
  'abc\ud800',
  123,
  true,
  null,
  ['abc'],
  { name: 'abc' },
]

const KINDS = [
  { kind: 'Cluster', longest: 53 },
  { kind: 'NodePool', longest: 15 },
] as const

benchOnBothEngines('creating', bench => {
  let owner = ''
  before(async () => {
    owner = (await bench.client.cluster('owner')).id
  })
  const collection = (kind: 'Cluster' | 'NodePool') =>
    kind === 'Cluster' ? '/clusters' : `/clusters/${owner}/nodepools`
  const create = (kind: 'Cluster' | 'NodePool', body: object) =>
    bench.client.post(collection(kind), { kind, ...body })

  for (const { kind, longest } of KINDS) {
    test(`contract 4.1: a ${kind} needs kind, name and spec`, async () => {
      assertFaults(await bench.client.post(collection(kind), {}), 'kind', 'name', 'spec')
      assertFaults(await create(kind, { spec: {} }), 'name')
      assertFaults(await create(kind, { name: bench.name() }), 'spec')
      assertFaults(await bench.client.post(collection(kind), { name: bench.name(), spec: {} }), 'kind')
    })

    test(`contract 4.1: the kind of a ${kind} is exactly that`, async () => {
      const others = ['Cluster', 'NodePool', 'cluster', 'nodepool', `${kind} `, '', null, 1, [kind]]
      for (const other of others.filter(text => text !== kind))
        assertFaults(await create(kind, { kind: other, name: bench.name(), spec: {} }), 'kind')
    })

    test(`contract 4.1: the spec of a ${kind} is an object`, async () => {
      for (const spec of [null, [], [{}], 'text', '{}', 1, true])
        assertFaults(await create(kind, { name: bench.name(), spec }), 'spec')
    })

    test(`contract 4.1: an id in the body of a ${kind} is refused`, async () => {
      for (const id of ['2zzzzzzzzzzzzzzzzzzzzzzzzzz', '', 1])
        assertFaults(await create(kind, { id, name: bench.name(), spec: {} }), 'id')
    })

    test(`contract 4.1: other members of a ${kind} are ignored and not stored`, async () => {
      const others = {
        href: '/elsewhere',
        generation: 9,
        created_time: '2020-01-01T00:00:00Z',
        created_by: 'me@example.com',
        owner_references: { kind: 'Cluster', id: 'other' },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
        unknown: { deep: ['ignored'] },
      }
      const { status, json, text } = await create(kind, { name: bench.name(), spec: {}, ...others })
      assert.equal(status, 201, text)
      assert.equal(json.generation, 1)
      assert.equal(json.created_by, 'system@hyperfleet.local')
      assert.equal(json.owner_references?.id, kind === 'NodePool' ? owner : undefined)
      assert.equal(json.status.conditions[1].status, 'False')
      assert.doesNotMatch(text, /elsewhere|unknown|ignored|2020|other/)
    })

    test(`contract 4.1: a repeated member of a ${kind} counts with its last value`, async () => {
      const [first, last] = [bench.name(), bench.name()]
      const body = `{"kind":1,"kind":"${kind}","name":"${first}","name":"${last}","spec":1,"spec":{"last":true},
        "labels":{"a":"1"},"labels":{"b":"2"}}`
      const { status, json, text } = await bench.client.post(collection(kind), body)
      assert.equal(status, 201, text)
      assert.deepEqual([json.name, json.spec, json.labels], [last, { last: true }, { b: '2' }])
      const faulty = `{"kind":"${kind}","name":"${bench.name()}","name":"X","spec":{},"spec":null}`
      assertFaults(await bench.client.post(collection(kind), faulty), 'name', 'spec')
    })

    test(`contract 4.2: the name of a ${kind} has 3 to ${longest} characters`, async () => {
      for (const name of [...NAMES, 'z'.repeat(longest)]) {
        const { status, json, text } = await create(kind, { name, spec: {} })
        assert.deepEqual([status, json.name], [201, name], text)
      }
      for (const name of [...NOT_NAMES, 'z'.repeat(longest + 1), 'z'.repeat(10_000)])
        assertFaults(await create(kind, { name, spec: {} }), 'name')
    })
  }

  test("contract 4.3: a cluster's name is unique", async () => {
    const { id } = await bench.client.cluster('taken')
    const clash = await create('Cluster', { name: 'taken', spec: { other: true } })
    assertProblem(clash, 'HYPERFLEET-CNF-001')
    assertDetail(clash, 'taken')
    const list = await bench.client.list('/clusters', { search: "name = 'taken'" })
    assert.deepEqual([list.json.total, list.json.items[0].id, list.json.items[0].spec], [1, id, {}])
  })

  test("contract 4.3: a nodepool's name is unique within its cluster, and only there", async () => {
    const [one, two] = [await bench.client.cluster('one'), await bench.client.cluster('two')]
    await bench.client.nodepool(one.id, 'pool')
    await bench.client.nodepool(two.id, 'pool')
    await bench.client.nodepool(one.id, 'pool-2')
    const body = { kind: 'NodePool', name: 'pool', spec: {} }
    for (const { id } of [one, two]) {
      const clash = await bench.client.post(`/clusters/${id}/nodepools`, body)
      assertProblem(clash, 'HYPERFLEET-CNF-001')
      assertDetail(clash, 'pool')
    }
    assert.equal((await bench.client.list('/nodepools', { search: "name = 'pool'" })).json.total, 2)
  })

  test('contract 4.3: a cluster and a nodepool may share a name, even a nodepool and its owner', async () => {
    const { id } = await bench.client.cluster('shared')
    await bench.client.nodepool(id, 'shared')
    await bench.client.nodepool(owner, 'shared-2')
    await bench.client.cluster('shared-2')
  })

  test('contract 4.3: a refused creation reserves no name', async () => {
    assertFaults(await create('Cluster', { name: 'not-yet', spec: 1 }), 'spec')
    await bench.client.cluster('not-yet')
  })
})
