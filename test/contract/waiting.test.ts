// Reads that wait for another answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report, type TestAnswer, TestClient } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const known = (answer: TestAnswer) => ({ 'if-none-match': String(answer.headers.etag) })
const sequenceOf = ({ headers }: TestAnswer) => Number(headers['x-hyperfleet-sequence'])

async function family({ client, name }: { client: Bench['client']; name: string }) {
  const { id } = await client.cluster(name, { labels: { env: 'dev' } })
  const nodepool = await client.nodepool(id, 'pool')
  return {
    cluster: `/clusters/${id}`,
    flat: `/nodepools/${nodepool.id}`,
    nodepool: `/clusters/${id}/nodepools/${nodepool.id}`,
  }
}

/** A wait that has not ended yet. */
class Wait {
  readonly answer: Promise<TestAnswer>
  isOver = false

  constructor(bench: Bench, path: string, tags: Record<string, string>) {
    this.answer = bench.client.get(path, tags).finally(() => {
      this.isOver = true
    })
  }
}

/** Lets the server take what was sent to it. */
const aMoment = (ms = 150) => new Promise(resolve => setTimeout(resolve, ms))

benchOnBothEngines('waiting reads', bench => {
  const make = () => family({ client: bench.client, name: bench.name() })
  const wait = async (path: string, duration = '30s') => {
    const first = await bench.client.get(path)
    assert.equal(first.status, 200, first.text)
    return {
      first,
      waiting: new Wait(bench, `${path}${path.includes('?') ? '&' : '?'}wait=${duration}`, known(first)),
    }
  }

  test('contract 12.11: a wait ends with the new answer once its tag has changed, and not before', async () => {
    const { client } = bench
    const { cluster, nodepool, flat } = await make()
    const other = await make()
    const search = encodeURIComponent("labels.env='dev' and generation > 1")
    const cases = [
      [cluster, () => client.patch(cluster, { spec: { a: 1 } })],
      [`/clusters?search=${search}`, () => client.patch(cluster, { spec: { a: 2 } })],
      [flat, () => client.put(`${nodepool}/statuses`, report('dns', 'True', 1, at(0)))],
      [nodepool, () => client.put(`${nodepool}/statuses`, report('dns', 'False', 1, at(0)))],
      [`${nodepool}/statuses`, () => client.put(`${flat}/statuses`, report('vpc', 'True', 1, at(0)))],
      [`${cluster}/nodepools?pageSize=1`, () => client.patch(flat, { labels: { b: 'c' } })],
      ['/nodepools?pageSize=0', () => client.nodepool(cluster.slice('/clusters/'.length), 'second')],
    ] as const
    for (const [path, change] of cases) {
      const { first, waiting } = await wait(path)
      await client.patch(other.flat, { spec: { n: sequenceOf(first) } })
      await aMoment()
      if (!path.startsWith('/nodepools') || path === flat) assert.equal(waiting.isOver, false, path)
      await change()
      const answer = await waiting.answer
      assert.equal(answer.status, 200, `${path} ${answer.text}`)
      assert.notEqual(answer.headers.etag, first.headers.etag)
      assert.ok(sequenceOf(answer) > sequenceOf(first))
      if (path.startsWith('/nodepools')) continue
      assert.deepEqual((await client.get(path)).text, answer.text)
    }
  })

  test('contract 12.11: at its end a wait is a 304 with the tag and the present sequence', async () => {
    const { cluster, flat } = await make()
    for (const path of [cluster, '/clusters', `${flat}/statuses`]) {
      const { first, waiting } = await wait(path, '300ms')
      await bench.client.patch(flat, { spec: { path } })
      const { status, text, headers } = await waiting.answer
      assert.deepEqual([status, text, headers.etag], [304, '', first.headers.etag])
      assert.equal(headers['cache-control'], 'no-store')
      assert.ok(Number(headers['x-hyperfleet-sequence']) >= sequenceOf(first))
    }
  })

  test('contract 12.11: without a tag, with another one and with * nobody waits', async () => {
    const { cluster } = await make()
    for (const path of [cluster, `${cluster}/statuses`, '/clusters', '/nodepools']) {
      const url = `${path}?wait=5m`
      assert.equal((await bench.client.get(url)).status, 200)
      assert.equal((await bench.client.get(url, { 'if-none-match': '"x"' })).status, 200)
      assert.equal((await bench.client.get(url, { 'if-none-match': '*' })).status, 304)
      const first = await bench.client.get(path)
      assert.equal((await bench.client.get(`${path}?wait=`, known(first))).status, 304)
      assert.equal((await bench.client.get(`${path}?wait=0s`, known(first))).status, 304)
    }
  })

  test('contract 12.11: a wait is a duration of at most five minutes', async () => {
    const { cluster } = await make()
    for (const path of [cluster, `${cluster}/statuses`, '/clusters', '/nodepools', `${cluster}/nodepools`]) {
      for (const wrong of [
        '5',
        '5m1ms',
        '301s',
        '1h',
        '-1s',
        'x',
        '1m1m',
        '%205s',
        '5s%20',
        '%F0%28',
        'true',
      ])
        if (wrong !== '%F0%28' || path === cluster) {
          const answer = await bench.client.get(`${path}?wait=${wrong}`)
          assertProblem(answer, 'HYPERFLEET-VAL-004')
          assert.equal(answer.json.errors[0].field, 'wait')
        }
      for (const right of ['5m', '300s', '1M30S', '0d5m', '5s&wait=x']) {
        const { status } = await bench.client.get(`${path}?wait=${right}`)
        assert.equal(status, 200)
      }
    }
    const both = await bench.client.get('/clusters?page=0&wait=x')
    assert.deepEqual(
      both.json.errors.map(({ field }: { field: string }) => field),
      ['page', 'wait'],
    )
    assert.equal((await bench.client.get('/clusters/none?wait=x')).status, 404)
    assert.equal((await bench.client.get(`${cluster}?x=%ZZ&y`)).status, 200)
    const plan = await bench.client.get('/explain/clusters?wait=x')
    assert.equal(plan.status, 200)
  })

  test('contract 12.11: a wait ends with 404 when what it waits for is removed', async () => {
    const { cluster, nodepool } = await make()
    const waits = await Promise.all([
      wait(nodepool),
      wait(`${nodepool}/statuses`),
      wait(`${cluster}/nodepools`),
    ])
    await bench.client.delete(cluster)
    for (const { waiting } of waits) assert.equal((await waiting.answer).status, 404)
  })

  test('contract 12.11, 13.1: a wait for a search with relative times ends when time brings another answer', async () => {
    bench.clockAt(0)
    const name = bench.name()
    await bench.client.cluster(name)
    const { first, waiting } = await wait(`/clusters?search=name='${name}'%20and%20created_time<now-5s`)
    assert.equal(first.json.total, 0)
    await aMoment()
    assert.equal(waiting.isOver, false)
    bench.clockAt(6)
    const { status, json } = await waiting.answer
    assert.deepEqual([status, json.total], [200, 1])
  })

  test('contract 12.11: equal reads have the same answer, and no answer mixes two searches', async () => {
    const { client } = bench
    const pairs = await Promise.all(Array.from({ length: 20 }, () => make()))
    const waits = await Promise.all(
      pairs.flatMap(({ cluster }) => [
        wait(cluster),
        wait(`${cluster}/nodepools`, '1m'),
        wait(cluster, '20s'),
      ]),
    )
    await Promise.all(
      pairs.flatMap(({ cluster, flat }) => [
        client.patch(cluster, { spec: { a: 1 } }),
        client.patch(flat, { spec: { b: 1 } }),
      ]),
    )
    for (const [i, { waiting, first }] of waits.entries()) {
      const answer = await waiting.answer
      assert.equal(answer.status, 200)
      const cluster = pairs[Math.floor(i / 3)]?.cluster
      const isList = i % 3 === 1
      const href: string = isList ? answer.json.items[0].owner_references.href : answer.json.href
      assert.ok(href.endsWith(String(cluster)), `${href} ${cluster}`)
      assert.notEqual(answer.text, first.text)
      if (!isList) assert.deepEqual(answer.json.spec, { a: 1 })
    }
  })

  test('contract 12.11: a client that leaves gives up its place', async () => {
    const { cluster } = await make()
    const first = await bench.client.get(cluster)
    for (let round = 0; round < 3; round++) {
      const aborts = Array.from({ length: 200 }, () => new AbortController())
      const url = `${bench.server.origin}/api/hyperfleet/v1${cluster}?wait=1m`
      const fetches = aborts.map(({ signal }) =>
        fetch(url, { headers: known(first), signal }).catch(() => undefined),
      )
      await aMoment(600)
      const refused = await bench.client.get(`${cluster}?wait=1m`, known(first))
      assertProblem(refused, 'HYPERFLEET-LMT-001')
      assert.ok(Number(refused.headers['retry-after']) > 0)
      for (const abort of aborts) abort.abort()
      await Promise.all(fetches)
      await aMoment(300)
    }
    const { status } = await bench.client.get(`${cluster}?wait=1ms`, known(first))
    assert.equal(status, 304)
  })

  test('contract 12.11: a server that stops ends the waits', async () => {
    const { cluster } = await make()
    // The restart closes the client of the bench.
    const client = new TestClient(bench.server.origin)
    const paths = [cluster, '/clusters', `${cluster}/statuses`]
    const firsts = await Promise.all(paths.map(path => client.get(path)))
    const waits = firsts.map((first, i) => client.get(`${paths[i]}?wait=5m`, known(first)))
    await aMoment()
    await bench.restart()
    for (const [i, wait] of waits.entries()) {
      const { status, headers } = await wait
      assert.deepEqual([status, headers.etag], [304, firsts[i]?.headers.etag])
    }
    client.close()
  })
})

benchOnBothEngines('a long wait', bench => {
  test('contract 12.11: a wait outlives the idle timeout of a connection', async () => {
    const { id } = await bench.client.cluster('calm')
    const first = await bench.client.get(`/clusters/${id}`)
    const waiting = bench.client.get(`/clusters/${id}?wait=1m`, known(first))
    await aMoment(14_000)
    await bench.client.patch(`/clusters/${id}`, { spec: { late: true } })
    const { status, json } = await waiting
    assert.deepEqual([status, json.spec], [200, { late: true }])
  })
})

benchOnBothEngines(
  'bounded waiting reads',
  bench => {
    test('contract 12.8, 12.11: beyond the bounds a wait is refused with 503', async () => {
      const { client } = bench
      const ids = [await client.cluster('aaa'), await client.cluster('bbb'), await client.cluster('ccc')]
      const paths = ids.map(({ id }) => `/clusters/${id}`)
      const tags = new Map<string, Record<string, string>>()
      for (const path of [
        ...paths,
        '/clusters?pageSize=0',
        '/clusters?pageSize=1',
        '/clusters?search=created_time<now-1h',
        '/clusters?search=created_time<now-2h',
      ])
        tags.set(path, known(await client.get(path)))
      const open = (path: string, duration: string) =>
        client.get(`${path}${path.includes('?') ? '&' : '?'}wait=${duration}`, tags.get(path))
      const relative = open('/clusters?search=created_time<now-1h', '1s')
      await aMoment()
      assertProblem(await open('/clusters?search=created_time<now-2h', '1s'), 'HYPERFLEET-SVC-001')
      const absolute = open('/clusters?pageSize=0', '1s')
      await aMoment()
      const refused = await open('/clusters?pageSize=1', '1s')
      assertProblem(refused, 'HYPERFLEET-SVC-001')
      assert.ok(Number(refused.headers['retry-after']) > 0)
      const shared = open('/clusters?pageSize=0', '1s')
      await aMoment()
      assertProblem(await open(paths[0] ?? '', '1s'), 'HYPERFLEET-SVC-001')
      for (const answer of [relative, absolute, shared]) assert.equal((await answer).status, 304)
      assert.equal((await open(paths[0] ?? '', '1ms')).status, 304)
    })

    test('contract 12.8: waiting reads are no requests in flight', async () => {
      const { client } = bench
      const { id } = await client.cluster('ddd')
      const first = await client.get(`/clusters/${id}`)
      const waits = [1, 2, 3].map(() => client.get(`/clusters/${id}?wait=10s`, known(first)))
      await aMoment()
      assert.equal((await client.get('/clusters')).status, 200)
      await client.patch(`/clusters/${id}`, { spec: { a: 1 } })
      for (const answer of waits) assert.equal((await answer).status, 200)
    })
  },
  {
    HYPERFLEET_LIMITS_OPEN_READS: '3',
    HYPERFLEET_LIMITS_OPEN_SEARCHES: '2',
    HYPERFLEET_LIMITS_OPEN_RELATIVE_SEARCHES: '1',
    HYPERFLEET_LIMITS_REQUESTS_IN_FLIGHT: '2',
  },
)
