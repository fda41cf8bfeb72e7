// Entity tags, and reads of what the client may have.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report, type TestAnswer } from '../harness/client.ts'
import { sendRaw } from '../harness/raw.ts'

function tagOf({ headers, status, text }: TestAnswer): string {
  assert.match(headers.etag ?? '', /^"[A-Za-z0-9_.-]+"$/, `${status} ${text}`)
  return headers.etag ?? ''
}

/** A cluster with a nodepool, both with a report, and the paths of all reads that show them. */
async function family(bench: Bench) {
  const { client } = bench
  const { id } = await client.cluster(bench.name(), { labels: { env: 'dev' } })
  const nodepool = await client.nodepool(id, 'pool')
  const paths = {
    cluster: `/clusters/${id}`,
    nodepool: `/clusters/${id}/nodepools/${nodepool.id}`,
    flat: `/nodepools/${nodepool.id}`,
  }
  for (const path of [paths.cluster, paths.flat])
    assert.equal((await client.put(`${path}/statuses`, report('dns', 'True', 1, at(-60)))).status, 201)
  const statuses = Object.values(paths).map(path => `${path}/statuses`)
  const lists = [
    '/clusters',
    '/nodepools',
    `${paths.cluster}/nodepools`,
    '/clusters?search=labels.env%3D%27dev%27',
  ]
  return { ...paths, all: [...Object.values(paths), ...statuses, ...lists, ...lists.map(withPage)] }
}

function withPage(path: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}page=1&pageSize=5&orderBy=name`
}

benchOnBothEngines('entity tags', bench => {
  test('contract 12.10: resources, lists and statuses have a strong tag, and 304 if the client names it', async () => {
    const { client } = bench
    const { all } = await family(bench)
    for (const path of all) {
      const first = await client.get(path)
      const tag = tagOf(first)
      assert.equal(tagOf(await client.get(path)), tag)
      assert.equal(tagOf(await client.send(path, { method: 'HEAD' })), tag)
      for (const named of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const known = await client.get(path, { 'if-none-match': named })
        assert.deepEqual([known.status, known.text, tagOf(known)], [304, '', tag], `${path} ${named}`)
        assert.equal(known.headers['cache-control'], 'no-store')
        assert.equal(known.headers.vary, 'Authorization')
        assert.equal(known.headers['content-length'], undefined)
        assert.equal(known.headers['content-type'], undefined)
        const head = await client.send(path, { method: 'HEAD', headers: { 'if-none-match': named } })
        assert.deepEqual([head.status, tagOf(head)], [304, tag])
      }
      for (const named of ['"x"', tag.slice(1, -1), `${tag}x`]) {
        const answer = await client.get(path, { 'if-none-match': named })
        assert.deepEqual([answer.status, answer.text, tagOf(answer)], [200, first.text, tag])
      }
    }
  })

  test('contract 12.10: tags in several fields count', async () => {
    const { cluster } = await family(bench)
    const tag = tagOf(await bench.client.get(cluster))
    const head = `GET /api/hyperfleet/v1${cluster} HTTP/1.1\r\nHost: x\r\nIf-None-Match: "x"\r\nIf-None-Match: ${tag}\r\nConnection: close\r\n\r\n`
    const answer = await sendRaw(bench.server.origin, head)
    assert.deepEqual([answer?.status, answer?.body], [304, ''])
  })

  test('contract 12.10: a write changes the tags of what shows it, and no others', async () => {
    const { client } = bench
    const { cluster, nodepool, all } = await family(bench)
    const other = await family(bench)
    const paths = [...new Set([...all, ...other.all])]
    let before = new Map<string, TestAnswer>()
    const look = async () =>
      new Map(await Promise.all(paths.map(async path => [path, await client.get(path)] as const)))
    before = await look()
    const nothing = () => []
    const showing = (...parts: string[]) => paths.filter(path => parts.includes(path))
    const lists = (kind: string) => paths.filter(path => path.startsWith(`/${kind}?`) || path === `/${kind}`)
    const flat = nodepool.replace(cluster, '')
    const ofPools = [
      ...lists('nodepools'),
      ...paths.filter(path => path.startsWith(`${cluster}/nodepools`) && !path.startsWith(nodepool)),
    ]
    const cases: readonly (readonly [string, () => Promise<TestAnswer>, () => readonly string[]])[] = [
      ['an unchanged patch', () => client.patch(cluster, { spec: {} }), nothing],
      ['a refused write', () => client.patch(cluster, { spec: 5 }), nothing],
      [
        'a discarded report',
        () => client.put(`${cluster}/statuses`, report('dns', 'True', 9, at(0))),
        nothing,
      ],
      [
        'a patch of the cluster',
        () => client.patch(cluster, { spec: { a: 1 } }),
        () => [...showing(cluster), ...lists('clusters')],
      ],
      [
        'a report on the nodepool',
        () => client.put(`${nodepool}/statuses`, report('dns', 'False', 1, at(0))),
        () => [...showing(nodepool, flat, `${nodepool}/statuses`, `${flat}/statuses`), ...ofPools],
      ],
      [
        'a report on the cluster',
        () => client.put(`${cluster}/statuses`, report('vpc', 'True', 2, at(0))),
        () => [...showing(cluster, `${cluster}/statuses`), ...lists('clusters')],
      ],
    ]
    for (const [what, write, changed] of cases) {
      const { text } = await write()
      const after = await look()
      for (const path of paths) {
        const [old, now] = [before.get(path), after.get(path)]
        assert(old !== undefined && now !== undefined)
        assert.equal(tagOf(now) !== tagOf(old), changed().includes(path), `${what}: ${path} ${text}`)
      }
      before = after
    }
  })

  test('contract 12.10: errors have no tag, and are no 304', async () => {
    for (const path of ['/clusters/none', '/clusters?page=0', '/clusters/none/statuses', '/nothing']) {
      const answer = await bench.client.get(path, { 'if-none-match': '*' })
      assert.ok(answer.status >= 400)
      assert.equal(answer.headers.etag, undefined)
    }
    const plan = await bench.client.get('/explain/clusters', { 'if-none-match': '*' })
    assert.deepEqual([plan.status, plan.headers.etag], [200, undefined])
  })

  test('contract 12.12: If-None-Match has no effect on a write', async () => {
    const { cluster } = await family(bench)
    const headers = { 'if-none-match': '*' }
    const patched = await bench.client.send(cluster, { method: 'PATCH', headers, body: { spec: { b: 1 } } })
    assert.deepEqual([patched.status, patched.json.spec], [200, { b: 1 }])
    const name = bench.name()
    const created = await bench.client.send('/clusters', {
      method: 'POST',
      headers,
      body: { kind: 'Cluster', name, spec: {} },
    })
    assert.equal(created.status, 201)
  })

  test('contract 12.10: a tag survives a restart', async () => {
    const { all } = await family(bench)
    const before = await Promise.all(all.map(path => bench.client.get(path)))
    for (let restarts = 0; restarts < 2; restarts++) {
      await bench.restart()
      for (const [i, path] of all.entries()) {
        const old = before[i]
        assert(old !== undefined)
        const known = await bench.client.get(path, { 'if-none-match': tagOf(old) })
        assert.equal(known.status, 304, path)
        assert.equal((await bench.client.get(path)).text, old.text)
      }
    }
  })

  test('contract 12.10, 13.1: the tag of a search with relative times changes with what it finds', async () => {
    const { client } = bench
    const name = bench.name()
    bench.clockAt(100)
    await client.cluster(name)
    const path = `/clusters?search=name='${name}'%20and%20created_time<now-10s`
    bench.clockAt(110)
    const [first, again] = [await client.get(path), await client.get(path)]
    assert.deepEqual([first.json.total, tagOf(again)], [0, tagOf(first)])
    bench.clockAt(111)
    const later = await client.get(path, { 'if-none-match': tagOf(first) })
    assert.deepEqual([later.status, later.json.total], [200, 1])
    bench.clockAt(112)
    assert.equal((await client.get(path, { 'if-none-match': tagOf(later) })).status, 304)
  })
})
