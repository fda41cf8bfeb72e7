// The parameter `fields` of lists and resources (contract 13.7).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { naiveProjection } from '../state/projection-oracle.ts'

const SPEC = '{ "size":1.50, "net" : {"type":"ovn","m\\u0074u":1e3}, "size":2.0, "list":[1, 2] }'
const ids = { ann: '', bob: '', pool: '' }

async function prepare({ client }: Bench): Promise<void> {
  const create = async (name: string, spec: string, labels: string) => {
    const body = `{"kind":"Cluster","name":"${name}","spec":${spec},"labels":${labels}}`
    return (await client.send('/clusters', { method: 'POST', body })).json.id
  }
  ids.ann = await create('ann', SPEC, '{"env":"prod","app.kubernetes.io/name":"x","a,b":"c"}')
  ids.bob = await create('bob', '{"size":"é"}', '{}')
  ids.pool = (await client.nodepool(ids.ann, 'pool', { spec: { replicas: 3 } })).id
  await client.post(`/clusters/${ids.ann}/statuses`, report('dns', 'True', 1, at(1)))
}

const FIELDS = [
  'id,generation,status.conditions.Ready',
  'name',
  ' spec.size , labels.env ',
  'spec.net.mtu,spec.list,spec.none',
  'labels.app.kubernetes.io/name',
  'status.conditions.type,status.conditions.status',
  'status.conditions.DnsSuccessful.reason',
  'spec,labels,status',
  'owner_references.id,deleted_time',
  'status.conditions.Nobody',
  'kind,,name,',
]

const itemsOf = (fields: string) =>
  fields
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')

benchOnBothEngines('fields', bench => {
  before(() => prepare(bench))

  const get = async (path: string, fields: string) => {
    const { status, text } = await bench.client.get(`${path}?fields=${encodeURIComponent(fields)}`)
    assert.equal(status, 200, text)
    return text
  }

  test('contract 13.7: a resource with some of its fields is the same characters as without', async () => {
    const { client } = bench
    for (const path of [
      `/clusters/${ids.ann}`,
      `/clusters/${ids.bob}`,
      `/nodepools/${ids.pool}`,
      `/clusters/${ids.ann}/nodepools/${ids.pool}`,
    ]) {
      const whole = (await client.get(path)).text
      for (const fields of FIELDS) {
        const text = await get(path, fields)
        assert.equal(compactOf(text), naiveProjection(whole, itemsOf(fields)), `${path} ${fields}`)
      }
    }
    assert.equal(
      await get(`/clusters/${ids.ann}`, 'spec.net.mtu,spec.list'),
      `{"id":"${ids.ann}","spec":{"net" : {"m\\u0074u":1e3},"list":[1, 2]}}`,
    )
    assert.equal(await get(`/clusters/${ids.ann}`, 'spec.size'), `{"id":"${ids.ann}","spec":{"size":2.0}}`)
    assert.ok((await get(`/clusters/${ids.ann}`, 'spec')).includes(SPEC))
  })

  test('contract 13.7: a list with some fields of its items', async () => {
    const { client } = bench
    for (const path of ['/clusters', '/nodepools', `/clusters/${ids.ann}/nodepools`]) {
      const whole = await client.list(path, { orderBy: 'name' })
      const documents = await Promise.all(
        whole.json.items.map(async ({ href }: { href: string }) => (await client.get(href)).text),
      )
      for (const fields of FIELDS) {
        const { status, text, json } = await client.list(path, { orderBy: 'name', fields })
        assert.equal(status, 200, text)
        const items = documents.map(document => naiveProjection(document, itemsOf(fields)))
        const { kind, page, size, total } = whole.json
        const head = `{"kind":"${kind}","page":${page},"size":${size},"total":${total},"items":[`
        assert.equal(compactOf(text), `${head}${items.join()}]}`, `${path} ${fields}`)
        assert.equal(json.total, whole.json.total)
      }
    }
    assert.equal((await client.list('/clusters', { fields: 'name', pageSize: 0 })).json.total, 2)
    const found = await client.list('/clusters', { search: "spec.size = 'é'", fields: 'name' })
    assert.deepEqual(found.json.items, [{ id: ids.bob, name: 'bob' }])
  })

  test('contract 13.7: all values of a repeated parameter count, and none is as absent', async () => {
    const path = `/clusters/${ids.bob}`
    const { text } = await bench.client.get(`${path}?fields=name&fields=generation,kind&Fields=spec`)
    assert.equal(text, `{"kind":"Cluster","id":"${ids.bob}","name":"bob","generation":1}`)
    const whole = (await bench.client.get(path)).text
    for (const query of ['fields=', 'fields', 'fields=,%20,', 'fields=&fields=', 'other=name'])
      assert.equal((await bench.client.get(`${path}?${query}`)).text, whole, query)
    const list = (await bench.client.get('/clusters?fields=name&pageSize=1&fields=kind')).json
    assert.deepEqual(Object.keys(list.items[0]), ['kind', 'id', 'name'])
  })

  test('contract 13.7: a top-level key that no resource has is refused', async () => {
    for (const path of ['/clusters', `/clusters/${ids.ann}`, '/nodepools', `/nodepools/${ids.pool}`]) {
      for (const [fields, item] of [
        ['nope', 'nope'],
        ['name,Spec.size', 'Spec.size'],
        ['conditions.Ready', 'conditions.Ready'],
        ['__proto__', '__proto__'],
        ['.', '.'],
      ]) {
        const answer = await bench.client.list(path, { fields: fields ?? '' })
        assert.equal(answer.status, 400, `${path} ${fields}`)
        assertProblem(answer, 'HYPERFLEET-VAL-000')
        assert.equal(answer.json.errors[0].field, 'fields')
        assert.equal(answer.json.errors[0].value, item)
      }
    }
    const { json } = await bench.client.list('/clusters', { fields: 'nmae,x,Labels.env' })
    assert.deepEqual(
      json.errors.map(({ message }: { message: string }) => message),
      [
        "'nmae' is not a field of a resource; did you mean 'name'?",
        "'x' is not a field of a resource",
        "'Labels.env' is not a field of a resource; did you mean 'labels.env'?",
      ],
    )
    assert.equal((await bench.client.list('/clusters', { fields: 'owner_references.id' })).status, 200)
  })

  test('contract 13.7: at most 64 items', async () => {
    const items = Array.from({ length: 65 }, (_, i) => `labels.k${i}`)
    const answer = await bench.client.list('/clusters', { fields: items.join() })
    assertProblem(answer, 'HYPERFLEET-VAL-000', 'fields must name at most 64 fields, not 65')
    assert.equal((await bench.client.list('/clusters', { fields: items.slice(1).join() })).status, 200)
    const repeated = await bench.client.get(`/clusters?${items.map(item => `fields=${item}`).join('&')}`)
    assert.equal(repeated.status, 400)
  })

  test('contract 7.5, 13.7: a value that cannot be decoded is refused', async () => {
    for (const path of ['/clusters', `/clusters/${ids.ann}`]) {
      const answer = await bench.client.get(`${path}?fields=%ff`)
      assert.equal(answer.status, 400)
      assertProblem(answer, 'HYPERFLEET-VAL-005')
    }
    assert.equal((await bench.client.get(`/clusters/${ids.ann}?other=%ff`)).status, 200)
  })

  test('contract 13.7: statuses lists and writes take no notice of it', async () => {
    const { client } = bench
    const path = `/clusters/${ids.ann}/statuses`
    assert.equal((await client.get(`${path}?fields=nope`)).text, (await client.get(path)).text)
    const patched = await client.send(`/clusters/${ids.bob}?fields=name`, {
      method: 'PATCH',
      body: '{"labels":{}}',
    })
    assert.equal(patched.status, 200)
    assert.equal(patched.json.kind, 'Cluster')
    assert.equal((await client.get('/explain/clusters?fields=nope')).status, 200)
  })

  test('contract 12.10, 13.7: a tag stays until something is written that the answer is made of', async () => {
    const { client } = bench
    const tag = async (path: string) => (await client.get(path)).headers.etag
    const { id } = await client.cluster('tagged', { spec: { a: 1 } })
    const paths = (fields: string) => [
      `/clusters/${id}?fields=${fields}`,
      `/clusters?search=name='tagged'&fields=${fields}`,
    ]
    const all = [...paths('generation,spec'), ...paths('status.conditions.Ready')]
    const before = await Promise.all(all.map(tag))
    await client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(1)))
    const after = await Promise.all(all.map(tag))
    assert.deepEqual(after.slice(0, 2), before.slice(0, 2))
    for (const i of [2, 3]) assert.notEqual(after[i], before[i])
    const known = await client.get(paths('generation,spec')[1] ?? '', { 'If-None-Match': after[1] ?? '' })
    assert.equal(known.status, 304)
    await client.patch(`/clusters/${id}`, { spec: { a: 2 } })
    assert.notEqual(await tag(paths('generation,spec')[0] ?? ''), after[0])
  })

  test('contract 13.7: a page of hundreds of rows and of large specs', async () => {
    const { client } = bench
    const text = 'x'.repeat(20_000)
    for (let from = 0; from < 120; from += 20)
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          client.cluster(`many-${from + i}`, { spec: { n: from + i, text } }),
        ),
      )
    const { json } = await client.list('/clusters', {
      search: "name like 'many-%'",
      fields: 'spec.n',
      pageSize: 1000,
      order: 'asc',
    })
    assert.equal(json.items.length, 120)
    assert.deepEqual(Object.keys(json.items[7]), ['id', 'spec'])
    const numbers = json.items
      .map(({ spec }: { spec: { n: number } }) => spec.n)
      .sort((a: number, b: number) => a - b)
    assert.deepEqual(
      numbers,
      Array.from({ length: 120 }, (_, n) => n),
    )
    const large = await client.list('/clusters', {
      search: "name like 'many-%'",
      fields: 'spec',
      pageSize: 1000,
    })
    assert.equal(large.json.items.length, 120)
    for (const { spec } of large.json.items) assert.equal(spec.text, text)
  })
})

/** Without white space between tokens. */
function compactOf(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
}
