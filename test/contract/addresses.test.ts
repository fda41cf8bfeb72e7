// Addresses of the server: API, health and metrics (contract, section 1).
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { BASE, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, type EngineName, startTestServer } from '../harness/server.ts'

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/

benchOnBothEngines('addresses', bench => {
  test('contract 1.2: the API is served under its base path', async () => {
    assert.equal((await bench.client.get('/api/hyperfleet/v1/clusters')).status, 200)
    assert.equal((await bench.client.get('/api/hyperfleet/clusters')).status, 404)
  })

  test('contract 1.1: a port of 0 disables the health and the metrics listener', () => {
    assert.equal(bench.server.server.healthPort, undefined)
    assert.equal(bench.server.server.metricsPort, undefined)
  })

  test('contract 1.2: the root of the API shows its name, version and build time', async () => {
    const { status, json } = await bench.client.get('/api/hyperfleet')
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(json), ['id', 'kind', 'href', 'version', 'build_time'])
    assert.deepEqual([json.id, json.kind, json.href], ['hyperfleet', 'API', '/api/hyperfleet'])
    assert.match(json.version, /^\d+\.\d+\.\d+/)
    assert.match(json.build_time, RFC3339)
  })

  test('contract 1.3: the OpenAPI page shows the document, and every file it loads is served here', async () => {
    const page = await bench.client.get('/openapi.html')
    assert.equal(page.status, 200)
    assert.match(page.headers['content-type'] ?? '', /^text\/html/)
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file = '']) => file)
    const loaded = files.filter(file => !file.startsWith('data:'))
    const texts = await Promise.all(
      loaded.map(async file => {
        assert.ok(file.startsWith('/api/hyperfleet/'), `${file} is on another server`)
        const answer = await bench.client.get(file)
        assert.equal(answer.status, 200, file)
        return answer.text
      }),
    )
    assert.ok(
      [page.text, ...texts].some(text => text.includes(`${BASE}/openapi`)),
      'no file loads the document',
    )
  })
})

interface Small {
  readonly status: number
  readonly type: string
  readonly body: string
}

async function getFrom(port: number | undefined, path: string, method = 'GET'): Promise<Small> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method })
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: await answer.text() }
}

async function startWithListeners(engine: EngineName) {
  const [health, metrics] = [await freePort(), await freePort()]
  const environment = { HYPERFLEET_HEALTH_PORT: String(health), HYPERFLEET_METRICS_PORT: String(metrics) }
  return startTestServer({ engine, environment })
}

for (const engine of ENGINES) {
  describe(`health and metrics (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    test('contract 1.1: a serving server is alive and ready, in small JSON bodies', async () => {
      const server = await startWithListeners(engine)
      try {
        for (const path of ['/healthz', '/readyz']) {
          const { status, type, body } = await getFrom(server.server.healthPort, path)
          assert.equal(status, 200)
          assert.match(type, /^application\/json/)
          assert.equal(typeof JSON.parse(body), 'object')
          assert.ok(body.length < 200)
          assert.equal((await getFrom(server.server.healthPort, path, 'HEAD')).status, 200)
        }
        assert.equal((await getFrom(server.server.healthPort, '/metrics')).status, 404)
      } finally {
        await server.stop()
      }
    })

    test('contract 1.1: metrics are in the text format of Prometheus', async () => {
      const server = await startWithListeners(engine)
      const client = new TestClient(server.origin)
      try {
        await client.cluster('measured')
        const { status, type, body } = await getFrom(server.server.metricsPort, '/metrics')
        assert.equal(status, 200)
        assert.match(type, /^text\/plain/)
        const line = /^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})? [-+0-9.eEInfNa]+)$/
        for (const text of body.split('\n').filter(text => text !== '')) assert.match(text, line)
        assert.match(body, /^# TYPE \S+ (counter|gauge|histogram)$/m)
        assert.equal((await getFrom(server.server.metricsPort, '/healthz')).status, 404)
      } finally {
        client.close()
        await server.stop()
      }
    })

    test('contract 1.1: metrics show the memory of the indexes, in series that no client can add to', async () => {
      const server = await startWithListeners(engine)
      const client = new TestClient(server.origin)
      const series = async () => {
        const { body } = await getFrom(server.server.metricsPort, '/metrics')
        const lines = body.matchAll(/^hyperfleet_api_index_bytes\{kind="(\w+)",index="(\w+)"\} (\d+)$/gm)
        return new Map([...lines].map(([, kind, index, bytes]) => [`${kind} ${index}`, Number(bytes)]))
      }
      try {
        const before = await series()
        assert.equal(before.get('Cluster labels'), 0)
        assert.equal(before.get('NodePool conditions'), 0)
        const labels = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key_${i}`, 'value']))
        await client.cluster('measured', { labels })
        const after = await series()
        assert.deepEqual([...after.keys()], [...before.keys()])
        for (const index of ['name', 'labels', 'conditions'])
          assert.ok((after.get(`Cluster ${index}`) ?? 0) > (before.get(`Cluster ${index}`) ?? 0), index)
        assert.equal(after.get('NodePool labels'), 0)
      } finally {
        client.close()
        await server.stop()
      }
    })

    test('contract 1.1: a draining server is alive but not ready, and finishes requests in flight', async () => {
      const server = await startWithListeners(engine)
      const body = Buffer.from('{"kind":"Cluster","name":"last-one","spec":{}}')
      const sent = request(`${server.origin}${BASE}/clusters`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      })
      const status = new Promise<number | undefined>((resolve, reject) => {
        sent.on('response', response => resolve(response.resume().statusCode))
        sent.on('error', reject)
      })
      sent.write(body.subarray(0, 10))
      // An answer on another connection shows that the server has read everything sent before.
      assert.equal(
        (await fetch(`${server.origin}${BASE}/clusters`, { headers: { connection: 'close' } })).status,
        200,
      )
      const stopped = server.stop()
      try {
        assert.equal((await getFrom(server.server.healthPort, '/healthz')).status, 200)
        const ready = await getFrom(server.server.healthPort, '/readyz')
        assert.equal(ready.status, 503)
        assert.equal(typeof JSON.parse(ready.body), 'object')
      } finally {
        sent.end(body.subarray(10))
        assert.equal(await status, 201)
        await stopped
      }
    })
  })
}
