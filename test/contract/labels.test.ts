// Labels: number, length and characters (contract 4.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { assertFaults, faultyFields } from '../harness/faults.ts'
import { assertProblem } from '../harness/problem.ts'

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, '']))

/** Two bytes of UTF-8 each. */
const wide = (characters: number) => 'é'.repeat(characters)

const TAKEN: readonly Record<string, string>[] = [
  many(64),
  { ['k'.repeat(317)]: 'v' },
  { [`${wide(158)}k`]: 'v' },
  { k: 'v'.repeat(255) },
  { k: `${wide(127)}v` },
  { k: '😀'.repeat(63) },
  { k: '' },
  { k: 'a\u0000b', '\u0000': 'c' },
  { 'Upper.case/with-Dots and spaces': 'any\n\t"text"\\' },
]

/** Faulty labels, and the location of the fault. */
const REFUSED: readonly (readonly [labels: unknown, field: string])[] = [
  [many(65), 'labels'],
  [{ k: 'v'.repeat(256) }, 'labels.k'],
  [{ k: wide(128) }, 'labels.k'],
  [{ k: '😀'.repeat(64) }, 'labels.k'],
  [{ k: 1 }, 'labels.k'],
  [{ k: null }, 'labels.k'],
  [{ k: true }, 'labels.k'],
  [{ k: {} }, 'labels.k'],
  [{ k: ['v'] }, 'labels.k'],
  [{ k: '\ud800' }, 'labels.k'],
  [[], 'labels'],
  [['a'], 'labels'],
  ['a=b', 'labels'],
  [1, 'labels'],
  [false, 'labels'],
]

/** Invalid keys. The spelling of the field is up to the server. */
const REFUSED_KEYS = ['', 'k'.repeat(318), wide(159), '\ud800', 'a\udc00b']

benchOnBothEngines('labels', bench => {
  test('contract 4.4: labels are kept up to their limits, which count bytes', async () => {
    for (const labels of TAKEN) {
      const cluster = await bench.client.cluster(bench.name(), { labels })
      assert.deepEqual(cluster.labels, labels)
      const { status, json } = await bench.client.patch(cluster.href, { labels: { ...labels, k0: 'new' } })
      if (Object.keys(labels).length < 64)
        assert.deepEqual([status, json.labels], [200, { ...labels, k0: 'new' }])
      assert.deepEqual((await bench.client.nodepool(cluster.id, 'pool', { labels })).labels, labels)
    }
  })

  test('contract 4.4, 4.7: beyond the limits a creation and a change are refused, and nothing changes', async () => {
    const cluster = await bench.client.cluster(bench.name(), { labels: { a: 'b' } })
    for (const [labels, field] of REFUSED) {
      const creation = { kind: 'Cluster', name: bench.name(), spec: {}, labels }
      assertFaults(await bench.client.post('/clusters', creation), field)
      const nodepool = { ...creation, kind: 'NodePool' }
      assertFaults(await bench.client.post(`/clusters/${cluster.id}/nodepools`, nodepool), field)
      assertFaults(await bench.client.patch(cluster.href, { labels }), field)
    }
    assert.deepEqual((await bench.client.get(cluster.href)).json, cluster)
    assert.equal((await bench.client.get(`/clusters/${cluster.id}/nodepools`)).json.total, 0)
  })

  test('contract 4.4, 4.6: a key that is empty, too long or invalid Unicode is refused', async () => {
    for (const key of REFUSED_KEYS) {
      const labels = { good: 'v', [key]: 'v' }
      const answer = await bench.client.post('/clusters', {
        kind: 'Cluster',
        name: bench.name(),
        spec: {},
        labels,
      })
      assertProblem(answer, 'HYPERFLEET-VAL-000')
      for (const field of faultyFields(answer)) assert.match(field, /^labels/)
    }
  })

  test('contract 4.7: every faulty label is named', async () => {
    const labels = { a: 1, b: 'good', c: 'v'.repeat(256), d: null, __proto__x: 2 }
    const answer = await bench.client.post('/clusters', {
      kind: 'Cluster',
      name: bench.name(),
      spec: {},
      labels,
    })
    assertFaults(answer, 'labels.a', 'labels.c', 'labels.d', 'labels.__proto__x')
  })

  test('contract 4.4, 8.6: only keys of lower-case letters, digits and underscores can be searched', async () => {
    const labels = { searchable_1: 'x', 'not-searchable': 'x' }
    const { id } = await bench.client.cluster(bench.name(), { labels })
    const found = await bench.client.list('/clusters', { search: "labels.searchable_1 = 'x'" })
    assert.deepEqual([found.json.total, found.json.items[0].id], [1, id])
    const refused = await bench.client.list('/clusters', { search: "labels.Upper = 'x'" })
    assertProblem(refused, 'HYPERFLEET-VAL-005')
  })

  test('contract 4.4: keys named like members of every object are ordinary labels', async () => {
    const labels = '{"__proto__":"a","constructor":"b","toString":"c"}'
    const body = `{"kind":"Cluster","name":"${bench.name()}","spec":{},"labels":${labels}}`
    const { status, json } = await bench.client.post('/clusters', body)
    assert.equal(status, 201)
    assert.deepEqual(json.labels, JSON.parse(labels))
    const found = await bench.client.list('/clusters', {
      search: "labels.__proto__ = 'a' and labels.constructor = 'b'",
    })
    assert.equal(found.json.total, 1)
    assert.equal(
      (await bench.client.list('/clusters', { search: 'labels.constructor is not null' })).json.total,
      1,
    )
  })
})
