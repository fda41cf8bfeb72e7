// PATCH: replaced, refused and updated members (contract 4.5).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { assertFaults } from '../harness/faults.ts'

/** Members that PATCH refuses. */
const OTHERS: readonly (readonly [name: string, value: unknown])[] = [
  ['kind', 'Cluster'],
  ['id', '2zzzzzzzzzzzzzzzzzzzzzzzzzz'],
  ['href', '/elsewhere'],
  ['name', 'renamed'],
  ['generation', 2],
  ['created_time', '2020-01-01T00:00:00Z'],
  ['updated_by', 'me@example.com'],
  ['owner_references', {}],
  ['status', { conditions: [] }],
  ['unknown', 1],
  ['Spec', {}],
  ['spec.a', 1],
  ['', 1],
]

for (const kind of ['Cluster', 'NodePool'] as const)
  benchOnBothEngines(`changing a ${kind}`, bench => {
    let path = ''
    const patch = (body: unknown) => bench.client.patch(path, body)
    const read = async () => (await bench.client.get(path)).json
    before(async () => {
      const members = { spec: { a: 1, b: { c: 2 } }, labels: { a: '1', b: '2' } }
      const cluster = await bench.client.cluster('target', members)
      path = `/clusters/${cluster.id}`
      if (kind === 'NodePool')
        path += `/nodepools/${(await bench.client.nodepool(cluster.id, 'target', members)).id}`
    })

    test('contract 4.5: spec is replaced whole, labels stay', async () => {
      const { status, json } = await patch({ spec: { b: { d: 3 } } })
      assert.equal(status, 200)
      assert.deepEqual([json.spec, json.labels], [{ b: { d: 3 } }, { a: '1', b: '2' }])
      assert.deepEqual(await read(), json)
    })

    test('contract 4.5: labels are replaced whole, spec stays', async () => {
      const { status, json } = await patch({ labels: { b: '3' } })
      assert.equal(status, 200)
      assert.deepEqual([json.spec, json.labels], [{ b: { d: 3 } }, { b: '3' }])
      assert.deepEqual(await read(), json)
    })

    test('contract 4.5: both can be replaced at once, and by empty ones', async () => {
      const { json } = await patch({ spec: { e: 4 }, labels: { c: '4' } })
      assert.deepEqual([json.spec, json.labels], [{ e: 4 }, { c: '4' }])
      const { json: emptied } = await patch({ spec: {}, labels: {} })
      assert.deepEqual([emptied.spec, emptied.labels ?? {}], [{}, {}])
      assert.deepEqual(await read(), emptied)
    })

    test('contract 4.5, 4.8: old labels are no longer found, and new ones are', async () => {
      await patch({ labels: { old: 'x' } })
      await patch({ labels: { new: 'x' } })
      const list = kind === 'Cluster' ? '/clusters' : '/nodepools'
      const total = async (search: string) => (await bench.client.list(list, { search })).json.total
      assert.deepEqual([await total("labels.old = 'x'"), await total("labels.new = 'x'")], [0, 1])
    })

    test('contract 4.5: any other member is refused by name, and nothing changes', async () => {
      const before = await read()
      for (const [name, value] of OTHERS) {
        assertFaults(await patch({ [name]: value }), name)
        assertFaults(await patch({ spec: { sneaky: true }, labels: {}, [name]: value }), name)
      }
      assertFaults(await patch({ name: 'renamed', kind: 'Cluster', spec: 1 }), 'kind', 'name', 'spec')
      assert.deepEqual(await read(), before)
    })

    test('contract 4.5, 4.7: a spec that is not an object is refused', async () => {
      for (const spec of [[], 'text', 1, true]) assertFaults(await patch({ spec }), 'spec')
    })

    test('contract 4.5: every change sets updated_time and updated_by, and created_time stays', async () => {
      const { created_time, created_by } = await read()
      const bodies = [{ spec: { n: 1 } }, { labels: { n: '1' } }, { spec: { n: 2 }, labels: {} }]
      for (const [index, body] of bodies.entries()) {
        bench.clockAt(index + 1)
        const { json } = await patch(body)
        assert.equal(json.updated_time, at(index + 1))
        assert.equal(json.updated_by, 'system@hyperfleet.local')
        assert.deepEqual([json.created_time, json.created_by], [created_time, created_by])
      }
    })
  })
