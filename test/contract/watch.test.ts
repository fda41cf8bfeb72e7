// Watches over HTTP: requests, events, the end of a stream.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'
import { Stream, type StreamEvent, type StreamOptions } from '../harness/stream.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const streams: Stream[] = []

async function watch(bench: Bench, path: string, options?: StreamOptions): Promise<Stream> {
  const stream = await Stream.open(bench.server.origin, path, options)
  streams.push(stream)
  return stream
}

function closeAll(): void {
  for (const stream of streams.splice(0)) stream.close()
}

/** Types and ids, in order. */
function shape(events: readonly StreamEvent[]): string[] {
  return events.map(({ type, object }) => (object?.id === undefined ? type : `${type} ${object.id}`))
}

const isNoBookmark = (type: string) => type !== 'BOOKMARK'

const EVENTS = { accept: 'text/event-stream' }

benchOnBothEngines('a watch', bench => {
  after(closeAll)

  test('contract 12.1: lines of JSON, with their headers', async () => {
    const stream = await watch(bench, '/clusters?watch=true')
    assert.equal(stream.status, 200)
    assert.equal(stream.headers['content-type'], 'application/x-ndjson')
    assert.equal(stream.headers['cache-control'], 'no-store, no-transform')
    assert.equal(stream.headers['x-accel-buffering'], 'no')
    assert.equal(stream.headers.vary, 'Authorization')
    assert.equal(stream.headers['content-length'], undefined)
    assert.match(stream.headers['x-hyperfleet-sequence'] as string, /^\d+$/)
    assert.deepEqual(shape(await stream.untilBookmark()), ['RESET', 'BOOKMARK'])
  })

  test('contract 12.1: server-sent events where Accept names them, for EventSource', async () => {
    for (const accept of ['text/event-stream', 'text/html, Text/Event-Stream;q=0.5, */*;q=0.1']) {
      const stream = await watch(bench, '/clusters?watch=true', { headers: { accept } })
      assert.equal(stream.headers['content-type'], 'text/event-stream')
      const [reset, bookmark] = await stream.untilBookmark()
      const retryMs = Number(reset?.fields.get('retry'))
      assert.ok(retryMs >= 1000 && retryMs <= 5000, `retry: ${retryMs}`)
      assert.equal(reset?.fields.has('id'), false)
      assert.deepEqual([...(bookmark?.fields ?? [])], [['id', bookmark?.since]])
    }
    for (const accept of ['*/*', 'application/json', 'text/event-stream;q=0', 'text/event-stream-x']) {
      const stream = await watch(bench, '/clusters?watch=true', { headers: { accept } })
      assert.equal(stream.headers['content-type'], 'application/x-ndjson', accept)
    }
  })

  test('contract 12.1: false and an empty value are as absent; any other is refused', async () => {
    for (const query of ['watch=false', 'watch=', 'watch', 'watch=&since=1&events=x'])
      assert.equal((await bench.client.get(`/clusters?${query}`)).json.kind, 'ClusterList', query)
    for (const value of ['1', 'TRUE', 'yes', 'true%20']) {
      const answer = await bench.client.get(`/clusters?watch=${value}&size=1`)
      assertProblem(answer, 'HYPERFLEET-VAL-004')
      assert.deepEqual(
        answer.json.errors.map(({ field }: { field: string }) => field),
        ['watch'],
      )
    }
  })

  test('contract 12.1: what makes no sense with it is refused, all of it at once', async () => {
    const answer = await bench.client.get(
      '/nodepools?watch=true&page=1&pageSize=5&size=1&orderBy=name&order=asc&wait=1m',
    )
    assertProblem(answer, 'HYPERFLEET-VAL-004')
    assert.deepEqual(
      answer.json.errors.map(({ field }: { field: string }) => field),
      ['page', 'pageSize', 'size', 'orderBy', 'order', 'wait'],
    )
    const stream = await watch(bench, '/nodepools?watch=true&page=&orderBy=&unknown=1')
    assert.equal(stream.status, 200)
  })

  test('contract 12.1: what a list refuses is refused alike', async () => {
    const search = encodeURIComponent('nme = 1')
    const [list, watched] = [
      await bench.client.get(`/clusters?search=${search}`),
      await bench.client.get(`/clusters?watch=true&search=${search}`),
    ]
    assert.deepEqual(watched.json.errors, list.json.errors)
    assertProblem(await bench.client.get('/clusters?watch=true&search=%ff'), 'HYPERFLEET-VAL-005')
    assertProblem(await bench.client.get('/clusters/unknown/nodepools?watch=true'), 'HYPERFLEET-NTF-002')
  })

  test('contract 12.1: statuses cannot be watched', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const answer = await bench.client.get(`/clusters/${id}/statuses?watch=true`)
    assert.equal(answer.json.kind, 'AdapterStatusList')
  })

  test('contract 12.2, 12.4: it begins with what matches, in creation order, and goes on with its changes', async () => {
    const label = bench.name()
    const [a, b] = [
      await bench.client.cluster(bench.name(), { labels: { watched: label } }),
      await bench.client.cluster(bench.name(), { labels: { watched: label } }),
    ]
    const stream = await watch(bench, `/clusters?watch=true&search=labels.watched%3D'${label}'`)
    assert.deepEqual(shape(await stream.untilBookmark()), [
      'RESET',
      `ADDED ${a.id}`,
      `ADDED ${b.id}`,
      'BOOKMARK',
    ])
    const c = await bench.client.cluster(bench.name(), { labels: { watched: label } })
    const added = await stream.next()
    assert.deepEqual([added.type, added.object], ['ADDED', c])
    const changed = await bench.client.patch(`/clusters/${c.id}`, { spec: { x: 1 } })
    const modified = (await stream.until(({ type }) => type === 'MODIFIED')).at(-1)
    assert.deepEqual(modified?.object, changed.json)
    assert.equal(modified?.sequence, Number(changed.headers['x-hyperfleet-sequence'] ?? modified?.sequence))
    await bench.client.patch(`/clusters/${a.id}`, { labels: {} })
    const left = (await stream.until(({ type }) => type === 'LEFT')).at(-1)
    assert.deepEqual([left?.object.id, left?.object.labels], [a.id, {}])
    await bench.client.cluster(bench.name())
    await bench.client.delete(`/clusters/${b.id}`)
    const deleted = (await stream.until(({ type }) => type === 'DELETED')).at(-1)
    assert.deepEqual(deleted?.object, { kind: 'Cluster', id: b.id, href: b.href, name: b.name })
    const [bookmark] = await stream.untilBookmark()
    assert.ok((bookmark?.sequence ?? 0) >= (deleted?.sequence ?? 0))
    assert.equal(bookmark?.object, undefined)
  })

  test('contract 12.4: with since or Last-Event-ID a stream tells what has changed, and the header counts more', async () => {
    const label = bench.name()
    const labels = { watched: label }
    const path = `/clusters?watch=true&search=labels.watched%3D'${label}'`
    const [a, b, c] = [
      await bench.client.cluster(bench.name(), { labels }),
      await bench.client.cluster(bench.name(), { labels }),
      await bench.client.cluster(bench.name(), { labels }),
    ]
    const first = await watch(bench, path)
    const { since = '' } = (await first.untilBookmark()).at(-1) ?? {}
    first.close()
    const { json: changed } = await bench.client.patch(`/clusters/${a.id}`, { spec: { x: 1 } })
    await bench.client.patch(`/clusters/${b.id}`, { labels: {} })
    await bench.client.delete(`/clusters/${c.id}`)
    const d = await bench.client.cluster(bench.name(), { labels })
    const expected = [`DELETED ${c.id}`, `LEFT ${b.id}`, `MODIFIED ${a.id}`, `MODIFIED ${d.id}`]
    for (const [query, headers] of [
      [`&since=${since}`, {}],
      [`&since=${since}`, EVENTS],
      ['', { ...EVENTS, 'last-event-id': since }],
      ['&since=nonsense', { ...EVENTS, 'last-event-id': since }],
    ] as const) {
      const stream = await watch(bench, path + query, { headers })
      const events = await stream.untilBookmark()
      assert.deepEqual(shape(events.slice(0, -1)).sort(), expected)
      assert.deepEqual(events.find(({ object }) => object?.id === a.id)?.object, changed)
      assert.equal(events[0]?.fields.has('retry'), 'accept' in headers)
      stream.close()
    }
    const overruled = await watch(bench, `${path}&since=${since}`, { headers: { 'last-event-id': '0' } })
    assert.deepEqual(shape(await overruled.untilBookmark()), [
      'RESET',
      `ADDED ${a.id}`,
      `ADDED ${d.id}`,
      'BOOKMARK',
    ])
  })

  test('contract 12.2: a report is a change, and a status that shows nowhere is none', async () => {
    const { id } = await bench.client.cluster(bench.name())
    const stream = await watch(bench, `/clusters?watch=true&search=${encodeURIComponent(`id = '${id}'`)}`)
    await stream.untilBookmark()
    await bench.client.put(`/clusters/${id}/statuses`, report('quiet', 'Unknown', 1, '2026-03-01T11:00:00Z'))
    await bench.client.put(`/clusters/${id}/statuses`, report('dns', 'True', 1, '2026-03-01T11:00:00Z'))
    const modified = await stream.next()
    const { json } = await bench.client.get(`/clusters/${id}`)
    assert.deepEqual([modified.type, modified.object], ['MODIFIED', json])
  })

  test('contract 12.1, 12.2: JSON that spans lines comes on one', async () => {
    const name = bench.name()
    const body = `{"kind":"Cluster","name":"${name}","spec":{\r\n "text":"a\\nb",\n "list": [1,\r2]}}`
    const created = await bench.client.post('/clusters', body)
    for (const headers of [{}, EVENTS]) {
      const stream = await watch(
        bench,
        `/clusters?watch=true&search=${encodeURIComponent(`name = '${name}'`)}`,
        {
          headers,
        },
      )
      const [, added] = await stream.untilBookmark()
      assert.deepEqual(added?.object, created.json)
      assert.deepEqual(added?.object.spec, { text: 'a\nb', list: [1, 2] })
    }
  })

  test('contract 12.2: a nodepool that was removed has its owner', async () => {
    const cluster = await bench.client.cluster(bench.name())
    const pool = await bench.client.nodepool(cluster.id, 'pool')
    const stream = await watch(bench, `/clusters/${cluster.id}/nodepools?watch=true`)
    assert.deepEqual(shape(await stream.untilBookmark()), ['RESET', `ADDED ${pool.id}`, 'BOOKMARK'])
    await bench.client.delete(`/nodepools/${pool.id}`)
    const { object } = (await stream.until(({ type }) => type === 'DELETED')).at(-1) ?? {}
    assert.deepEqual(object, {
      kind: 'NodePool',
      id: pool.id,
      href: pool.href,
      name: 'pool',
      owner_references: pool.owner_references,
    })
  })

  test('contract 8.11, 12.1: a nested watch tells of no other cluster, whatever its search', async () => {
    const [one, other] = [await bench.client.cluster(bench.name()), await bench.client.cluster(bench.name())]
    const search = encodeURIComponent("name = 'mine' or name != 'mine' or owner_id is not null")
    const stream = await watch(bench, `/clusters/${one.id}/nodepools?watch=true&search=${search}`)
    await stream.untilBookmark()
    await bench.client.nodepool(other.id, 'theirs')
    const mine = await bench.client.nodepool(one.id, 'mine')
    assert.deepEqual((await stream.next()).object, mine)
  })

  test('contract 12.8: a nested watch ends with its cluster, after what goes with it', async () => {
    const cluster = await bench.client.cluster(bench.name())
    const pool = await bench.client.nodepool(cluster.id, 'pool')
    const stream = await watch(bench, `/clusters/${cluster.id}/nodepools?watch=true`)
    await stream.untilBookmark()
    await bench.client.delete(`/clusters/${cluster.id}`)
    const events = (await stream.rest()).filter(({ type }) => type !== 'MODIFIED')
    assert.deepEqual(shape(events), [`DELETED ${pool.id}`, 'BOOKMARK', 'ERROR'])
    assert.equal(stream.isComplete, true)
    const { object } = events.at(-1) ?? {}
    assert.deepEqual([object.status, object.code], [404, 'HYPERFLEET-NTF-002'])
    assert.equal(object.trace_id, stream.headers['x-request-id'])
  })

  test('contract 12.1, 12.2, 13.7: objects have the wanted fields alone', async () => {
    const { id } = await bench.client.cluster(bench.name(), {
      spec: { a: { b: 1, c: 2 } },
      labels: { x: '1' },
    })
    const search = `search=${encodeURIComponent(`id = '${id}'`)}`
    for (const headers of [{}, EVENTS]) {
      const stream = await watch(bench, `/clusters?watch=true&${search}&fields=spec.a.b,labels&fields=name`, {
        headers,
      })
      const [, added] = await stream.untilBookmark()
      const list = await bench.client.get(`/clusters?${search}&fields=spec.a.b,labels&fields=name`)
      assert.deepEqual(added?.object, list.json.items[0])
      await bench.client.patch(`/clusters/${id}`, { spec: { a: { b: headers === EVENTS ? 5 : 6 } } })
      const { json } = await bench.client.get(`/clusters/${id}?fields=spec.a.b,labels,name`)
      const modified = (await stream.until(({ type }) => type === 'MODIFIED')).at(-1)
      assert.deepEqual(modified?.object, json)
    }
    const answer = await bench.client.get('/clusters?watch=true&fields=nonsense')
    assertProblem(answer, 'HYPERFLEET-VAL-000')
    assert.equal(answer.json.errors[0].field, 'fields')
  })

  test('contract 12.9: only the wanted types are told; the others come always', async () => {
    const label = bench.name()
    const search = `search=labels.watched%3D'${label}'`
    const [present, stream] = [
      await bench.client.cluster(bench.name(), { labels: { watched: label } }),
      await watch(bench, `/clusters?watch=true&${search}&events=ADDED,%20LEFT,DELETED,BOOKMARK`),
    ]
    assert.deepEqual(shape(await stream.untilBookmark()), ['RESET', `ADDED ${present.id}`, 'BOOKMARK'])
    const quiet = await watch(bench, `/clusters?watch=true&${search}&events=DELETED`, { headers: EVENTS })
    assert.deepEqual(shape(await quiet.untilBookmark()), ['RESET', 'BOOKMARK'])
    const types: string[] = []
    const others: string[] = []
    for (const change of [{ spec: { n: 1 } }, { labels: {} }, { labels: { watched: label } }]) {
      const { headers } = await bench.client.patch(`/clusters/${present.id}`, change)
      // Changes that come together are one. Without this, a removal after a LEFT may be none at all.
      const isKnown = ({ type, sequence }: StreamEvent) =>
        type === 'BOOKMARK' && sequence >= Number(headers['x-hyperfleet-sequence'])
      types.push(...(await stream.until(isKnown)).map(({ type }) => type))
      others.push(...(await quiet.until(isKnown)).map(({ type }) => type))
    }
    await bench.client.delete(`/clusters/${present.id}`)
    const isDeleted = ({ type }: StreamEvent) => type === 'DELETED'
    types.push(...(await stream.until(isDeleted)).map(({ type }) => type))
    others.push(...(await quiet.until(isDeleted)).map(({ type }) => type))
    assert.deepEqual(types.filter(isNoBookmark), ['LEFT', 'ADDED', 'DELETED'])
    assert.deepEqual(others.filter(isNoBookmark), ['DELETED'])
  })

  test('contract 12.9: names of types that do not exist are refused', async () => {
    for (const events of ['added', 'ADDED,', 'ADDED LEFT', 'x']) {
      const answer = await bench.client.get(`/clusters?watch=true&events=${encodeURIComponent(events)}`)
      assertProblem(answer, 'HYPERFLEET-VAL-004')
      assert.equal(answer.json.errors[0].field, 'events')
    }
  })

  test('contract 12.9: HEAD answers the head alone', async () => {
    const stream = await watch(bench, '/clusters?watch=true', { method: 'HEAD', headers: EVENTS })
    assert.equal(stream.status, 200)
    assert.equal(stream.headers['content-type'], 'text/event-stream')
    assert.deepEqual(await stream.rest(), [])
  })

  test('contract 12.7, 13.1: what becomes stale is told although nothing is written, and taken back with the clock', async () => {
    bench.clockAt(0)
    const name = bench.name()
    const { id } = await bench.client.cluster(name)
    await bench.client.put(`/clusters/${id}/statuses`, report('dns', 'True', 1, at(0)))
    const stale = `name = '${name}' and status.conditions.DnsSuccessful.last_updated_time < now-30m`
    for (const headers of [{}, EVENTS]) {
      bench.clockAt(0)
      const stream = await watch(bench, `/clusters?watch=true&search=${encodeURIComponent(stale)}`, {
        headers,
      })
      const path = `/clusters?search=${encodeURIComponent(stale)}`
      assert.deepEqual(shape(await stream.untilBookmark()), ['RESET', 'BOOKMARK'])
      bench.clockAt(31 * 60)
      const added = await stream.next()
      assert.deepEqual([added.type, added.object], ['ADDED', (await bench.client.get(path)).json.items[0]])
      const { headers: ofObject } = await bench.client.get(`/clusters/${id}`)
      assert.ok(added.sequence <= Number(ofObject['x-hyperfleet-sequence']))
      bench.clockAt(0)
      const left = (await stream.until(({ type }) => type === 'LEFT')).at(-1)
      assert.deepEqual([left?.object.id, left?.sequence], [id, added.sequence])
      assert.equal((await bench.client.get(path)).json.total, 0)
    }
  })

  test('contract 12.6: a BOOKMARK follows what is told, and none of them falls', async () => {
    const stream = await watch(bench, '/clusters?watch=true')
    let last = (await stream.untilBookmark()).at(-1)?.sequence ?? 0
    for (let round = 0; round < 5; round++) {
      const { id } = await bench.client.cluster(bench.name())
      await stream.until(({ object }) => object?.id === id)
      const bookmark = (await stream.untilBookmark()).at(-1)
      assert.ok((bookmark?.sequence ?? 0) > last)
      last = bookmark?.sequence ?? 0
    }
  })

  test('contract 12.8: a server that stops ends its watches after a last BOOKMARK', async () => {
    const streams = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        watch(
          bench,
          `/clusters?watch=true&search=name!%3D'n${i % 3}'`,
          i % 2 === 0 ? {} : { headers: EVENTS },
        ),
      ),
    )
    for (const stream of streams) await stream.untilBookmark()
    const { id } = await bench.client.cluster(bench.name())
    await bench.restart()
    for (const stream of streams) {
      const events = await stream.rest()
      assert.equal(events.at(-1)?.type, 'BOOKMARK')
      assert.ok(events.some(({ object }) => object?.id === id))
      assert.equal(stream.isComplete, true)
    }
  })
})

benchOnBothEngines(
  'a watch with settings of its own',
  bench => {
    after(closeAll)

    test('contract 12.4, 12.6: BOOKMARKs come as often as is configured, without a change', async () => {
      const stream = await watch(bench, '/clusters?watch=true')
      const [first] = (await stream.untilBookmark()).slice(-1)
      // With the interval of the default two more would take half a minute.
      for (let i = 0; i < 2; i++) {
        const bookmark = await stream.next()
        assert.deepEqual([bookmark.type, bookmark.sequence], ['BOOKMARK', first?.sequence])
      }
    })
  },
  { HYPERFLEET_WATCHES_BOOKMARK_INTERVAL_MS: '1000', HYPERFLEET_WATCHES_RETAINED_REMOVALS: '0' },
)

const signer = await Signer.create('watch')
const keys = writeKeySet([signer])
after(keys.remove)

benchOnBothEngines(
  'a watch with authentication',
  bench => {
    before(() => bench.clockAt(0))
    after(closeAll)

    test('contract 10.1, 12.1: it needs a token', async () => {
      const stream = await watch(bench, '/clusters?watch=true')
      assert.equal(stream.status, 401)
    })

    test('contract 12.8: it ends when its token does, with an ERROR', async () => {
      const authorization = await signer.bearer({ expiresAt: 60 })
      const lasting = await signer.bearer({ expiresAt: 3600 })
      const stream = await watch(bench, '/clusters?watch=true', { headers: { authorization } })
      const other = await watch(bench, '/clusters?watch=true', { headers: { authorization: lasting } })
      await stream.untilBookmark()
      await other.untilBookmark()
      bench.clockAt(60 + 30 - 1) // The leeway is 30 s.
      await after700()
      assert.deepEqual(shape(stream.take()).filter(isNoBookmark), [])
      bench.clockAt(60 + 30)
      const error = (await stream.rest()).at(-1)
      assert.equal(error?.type, 'ERROR')
      assert.deepEqual([error?.object.status, error?.object.code], [401, 'HYPERFLEET-AUT-003'])
      assert.equal(stream.isComplete, true)
      await after700()
      assert.deepEqual(shape(other.take()).filter(isNoBookmark), [])
    })
  },
  keys.environment,
)

/** Longer than the interval in which tokens are looked at. */
function after700(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 700))
}
