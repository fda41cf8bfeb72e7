// Paths and methods outside the table, HEAD, query parameters and media types (contract 2.2, 2.3).
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']
const READ = ['GET', 'HEAD']

/** Methods of each path. `C` and `N` represent a cluster and one of its nodepools. */
const ALLOWED: readonly (readonly [path: string, ...methods: string[]])[] = [
  ['/api/hyperfleet', ...READ],
  ['/openapi', ...READ],
  ['/openapi.html', ...READ],
  ['/clusters', ...READ, 'POST'],
  ['/clusters/C', ...READ, 'PATCH', 'DELETE'],
  ['/clusters/C/statuses', ...READ, 'POST', 'PUT'],
  ['/clusters/C/nodepools', ...READ, 'POST'],
  ['/clusters/C/nodepools/N', ...READ, 'PATCH', 'DELETE'],
  ['/clusters/C/nodepools/N/statuses', ...READ, 'POST', 'PUT'],
  ['/nodepools', ...READ],
  ['/nodepools/N', ...READ, 'PATCH', 'DELETE'],
  ['/nodepools/N/statuses', ...READ, 'POST', 'PUT'],
  ['/explain/clusters', ...READ],
  ['/explain/nodepools', ...READ],
]

/** Paths that nobody reads. */
const WRITTEN_ONLY = [
  '/clusters/C/force-delete',
  '/clusters/C/nodepools/N/force-delete',
  '/nodepools/N/force-delete',
]

const NO_ROUTES = [
  '/api',
  '/api/',
  '/api/hyperfleet/v2/clusters',
  '/api/hyperfleet/v1',
  '/api/hyperfleet/v1/cluster',
  '/api/hyperfleet/v1/Clusters',
  '/api/hyperfleet/v1/clusters/C/nodes',
  '/api/hyperfleet/v1/clusters/C/nodepools/N/statuses/more',
  '/api/hyperfleet/v1/nodepools/N/statuses/more',
  '/api/hyperfleet/v1/force-delete',
  '/api/hyperfleet/v1/explain',
  '/api/hyperfleet/v1/explain/statuses',
]

benchOnBothEngines('methods', bench => {
  let cluster = ''
  let nodepool = ''
  before(async () => {
    cluster = (await bench.client.cluster('first')).id
    nodepool = (await bench.client.nodepool(cluster, 'pool')).id
    await bench.client.post(`/clusters/${cluster}/statuses`, report('dns', 'True', 1, at(0)))
  })
  const filled = (path: string) => path.replace('/C', `/${cluster}`).replace('/N', `/${nodepool}`)

  test('contract 2.2: an unknown path is 404, whatever the method', async () => {
    for (const path of NO_ROUTES)
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await bench.client.send(filled(path), { method })
        assertProblem(answer, 'HYPERFLEET-NTF-000')
        assert.equal(answer.json.instance, filled(path))
      }
  })

  test('contract 2.2: a known path with another method is 405 with the allowed ones', async () => {
    const writtenOnly = WRITTEN_ONLY.map(path => [path, 'POST'] as const)
    for (const [path, ...methods] of [...ALLOWED, ...writtenOnly])
      for (const method of METHODS.filter(name => !methods.includes(name))) {
        const answer = await bench.client.send(filled(path), { method })
        assert.equal(answer.status, 405, `${method} ${path}`)
        if (method !== 'HEAD') assertProblem(answer, 'HYPERFLEET-VAL-008')
        const allow = answer.headers.allow?.split(/, */) ?? []
        assert.deepEqual(allow.sort(), [...methods].sort(), `${method} ${path}`)
      }
  })

  test('contract 2.2: one trailing slash is ignored, by every method', async () => {
    for (const [path, ...methods] of ALLOWED) {
      const [bare, slashed] = [filled(path), `${filled(path)}/`]
      if (!path.startsWith('/explain'))
        assert.equal((await bench.client.get(slashed)).text, (await bench.client.get(bare)).text, path)
      assert.equal((await bench.client.get(`${slashed}?page=1`)).status, 200, path)
      assert.equal((await bench.client.send(slashed, { method: 'HEAD' })).status, 200, path)
      const other = await bench.client.send(slashed, { method: 'PROPFIND' })
      assertProblem(other, 'HYPERFLEET-VAL-008')
      assert.deepEqual(other.headers.allow?.split(/, */).sort(), [...methods].sort())
    }
    const created = await bench.client.post('/clusters/', { kind: 'Cluster', name: 'slashed', spec: {} })
    assert.equal(created.status, 201)
    const path = `/clusters/${created.json.id}`
    assert.equal((await bench.client.patch(`${path}/`, { spec: { a: 1 } })).status, 200)
    assert.equal((await bench.client.put(`${path}/statuses/`, report('dns', 'True', 2, at(0)))).status, 201)
    assert.equal(
      (await bench.client.post(`${path}/nodepools/`, {})).json.instance,
      `/api/hyperfleet/v1${path}/nodepools/`,
    )
  })

  test('contract 2.2: two trailing slashes, or an extra one elsewhere, make another path', async () => {
    for (const path of [
      '/clusters//',
      '/clusters/C//',
      '/clusters//C',
      '//clusters',
      '/clusters/C/statuses//',
      '/',
    ]) {
      const answer = await bench.client.get(filled(path))
      assertProblem(answer, 'HYPERFLEET-NTF-000')
      assert.equal(answer.json.instance, `/api/hyperfleet/v1${filled(path)}`)
    }
    for (const path of ['/api/hyperfleet//', '/api//hyperfleet'])
      assertProblem(await bench.client.get(path), 'HYPERFLEET-NTF-000')
  })

  test('contract 2.2: HEAD answers as GET does, without the body', async () => {
    for (const [path] of ALLOWED) {
      const got = await bench.client.get(filled(path))
      const head = await bench.client.send(filled(path), { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [got.status, ''], path)
      assert.equal(head.headers['content-type'], got.headers['content-type'])
      // A query plan contains its duration, which may have more digits the second time.
      if (head.headers['content-length'] !== undefined && !path.startsWith('/explain'))
        assert.equal(Number(head.headers['content-length']), Buffer.byteLength(got.text))
    }
  })

  test('contract 2.2: HEAD answers with the status of a problem too', async () => {
    const statuses = [
      ['/nowhere', 404],
      ['/clusters/none', 404],
      ['/clusters?page=0', 400],
    ] as const
    for (const [path, status] of statuses) {
      const head = await bench.client.send(path, { method: 'HEAD' })
      assert.deepEqual([head.status, head.text], [status, ''])
    }
  })

  test('contract 2.2: unknown query parameters are ignored by every method', async () => {
    const query = '?unknown=1&debug&=&pretty=true'
    for (const [path] of ALLOWED)
      assert.equal((await bench.client.get(filled(path) + query)).status, 200, path)
    const creation = { kind: 'Cluster', name: 'with-query', spec: {} }
    const created = await bench.client.post(`/clusters${query}`, creation)
    assert.equal(created.status, 201)
    assert.equal((await bench.client.patch(`/clusters/${created.json.id}${query}`, { spec: {} })).status, 200)
    const path = `/clusters/${created.json.id}/statuses${query}`
    assert.equal((await bench.client.put(path, report('dns', 'True', 1, at(0)))).status, 201)
  })

  test('contract 2.3: answers are application/json, problems application/problem+json, and both have Vary', async () => {
    const { id } = await bench.client.cluster('typed')
    const good = [
      await bench.client.get('/clusters'),
      await bench.client.get(`/clusters/${id}`),
      await bench.client.patch(`/clusters/${id}`, { spec: { a: 1 } }),
      await bench.client.post(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(0))),
      await bench.client.get(`/clusters/${id}/statuses`),
      await bench.client.get('/explain/clusters'),
      await bench.client.get('/openapi'),
      await bench.client.get('/api/hyperfleet'),
    ]
    for (const { headers } of good) assert.equal(headers['content-type'], 'application/json')
    const bad = [
      await bench.client.get('/clusters?page=x'),
      await bench.client.get('/clusters/none'),
      await bench.client.post('/clusters', {}),
      await bench.client.post('/clusters', { kind: 'Cluster', name: 'typed', spec: {} }),
    ]
    for (const { headers } of bad) assert.equal(headers['content-type'], 'application/problem+json')
    for (const { headers } of [...good, ...bad]) assert.equal(headers.vary, 'Authorization')
  })

  test('contract 2.3: no answer may be cached, or interpreted as another type', async () => {
    const page = await bench.client.get('/openapi.html')
    const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file = '']) => file)
    assert.ok(files.length > 0)
    for (const path of [
      '/openapi',
      '/openapi.html',
      '/api/hyperfleet',
      '/nothing',
      '/api/elsewhere',
      ...files,
    ])
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE']) {
        const { headers } = await bench.client.send(path, { method })
        assert.equal(headers['cache-control'], 'no-store', `${method} ${path}`)
        assert.equal(headers['x-content-type-options'], 'nosniff', `${method} ${path}`)
      }
  })

  test('contract 2.3: 204 has no body and no media type', async () => {
    const answer = await bench.client.post(`/clusters/${cluster}/statuses`, report('dns', 'True', 2, at(0)))
    assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [204, '', undefined])
    assert.equal(answer.headers.vary, 'Authorization')
  })
})
