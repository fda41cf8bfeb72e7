// Traces of a running server, as received by a collector.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BASE, TestClient } from '../harness/client.ts'
import { createLogFile } from '../harness/log-file.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, type EngineName, startTestServer } from '../harness/server.ts'
import { attributesOf, type Collector, startCollector } from './collector.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const traceparent = (flags: '00' | '01') => `00-${TRACE}-${CALLER}-${flags}`
/** OTLP's SpanKind. */
const [INTERNAL, SERVER] = [1, 2]

/** Runs requests against a tracing server, stops it, and returns the spans the collector has then. */
async function traced(
  engine: EngineName,
  environment: Record<string, string>,
  run: (client: TestClient, collector: Collector) => Promise<void>,
) {
  const collector = await startCollector()
  const log = createLogFile()
  const server = await startTestServer({
    engine,
    output: log.output,
    environment: {
      HYPERFLEET_LOGGING_LEVEL: 'info',
      HYPERFLEET_LOGGING_READ_SAMPLE: '1',
      HYPERFLEET_TRACING_ENABLED: 'true',
      HYPERFLEET_TRACING_ENDPOINT: collector.endpoint,
      HYPERFLEET_TRACING_SAMPLE_RATIO: '0',
      ...environment,
    },
  })
  const client = new TestClient(server.origin)
  try {
    await run(client, collector)
    await server.server.close()
    return { ...collector, lines: await log.lines() }
  } finally {
    client.close()
    await server.stop()
    await collector.close()
    log.remove()
  }
}

for (const engine of ENGINES) {
  describe(`tracing (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    test('a write is a span of its caller, with its commit below it', async () => {
      const beforeMs = Date.now()
      const { spans, heads, resources, lines } = await traced(engine, {}, async client => {
        const headers = { traceparent: traceparent('01'), 'x-request-id': 'traced-1' }
        const body = { kind: 'Cluster', name: 'traced', spec: {} }
        assert.equal((await client.send('/clusters', { method: 'POST', headers, body })).status, 201)
      })
      const afterMs = Date.now()
      const [commit, request] = spans
      assert.equal(spans.length, 2)
      assert.deepEqual(
        [request?.name, request?.kind, request?.traceId, request?.parentSpanId, request?.status],
        ['POST /clusters', SERVER, TRACE, CALLER, {}],
      )
      assert.deepEqual(attributesOf({ attributes: request?.attributes ?? [] }), {
        'http.request.method': { stringValue: 'POST' },
        'http.route': { stringValue: '/clusters' },
        'http.response.status_code': { intValue: '201' },
        'hyperfleet.request_id': { stringValue: 'traced-1' },
      })
      assert.deepEqual(
        [commit?.name, commit?.kind, commit?.traceId, commit?.parentSpanId],
        ['commit', INTERNAL, TRACE, request?.spanId],
      )
      for (const { spanId, startTimeUnixNano, endTimeUnixNano } of spans) {
        assert.match(spanId, /^[0-9a-f]{16}$/)
        assert.ok(BigInt(startTimeUnixNano) >= BigInt(beforeMs - 5) * 1_000_000n)
        assert.ok(BigInt(startTimeUnixNano) <= BigInt(endTimeUnixNano))
        assert.ok(BigInt(endTimeUnixNano) <= BigInt(afterMs + 5) * 1_000_000n)
      }
      assert.deepEqual([heads[0]?.url, heads[0]?.headers['content-type']], ['/v1/traces', 'application/json'])
      assert.match(JSON.stringify(resources[0]), /"service\.name","value":\{"stringValue":"hyperfleet-api"\}/)
      assert.ok(lines.some(({ requestId, traceId }) => requestId === 'traced-1' && traceId === TRACE))
    })

    test('a list is a span with its plan below it, which shows how it was answered but not its text', async () => {
      const { spans } = await traced(engine, {}, async client => {
        await client.cluster('listed', { labels: { word: 'a-word-of-the-user' } })
        const search = encodeURIComponent("labels.word='a-word-of-the-user'")
        await client.get(`/clusters?search=${search}`, { traceparent: traceparent('01') })
      })
      const [plan, request] = spans
      assert.deepEqual([plan?.name, plan?.parentSpanId], ['plan', request?.spanId])
      assert.deepEqual(attributesOf({ attributes: plan?.attributes ?? [] }), {
        'hyperfleet.search.total': { intValue: '1' },
        'hyperfleet.search.rows_scanned': { intValue: '0' },
        'hyperfleet.search.operations': { stringValue: 'posting-lists slot-order' },
        'hyperfleet.search.plan_cache': { stringValue: 'miss' },
      })
      assert.ok(!JSON.stringify(spans).includes('a-word-of-the-user'))
    })

    test('a request of a caller that does not sample is not recorded, and a problem still has its trace id (contract 9.1)', async () => {
      const { spans } = await traced(engine, { HYPERFLEET_TRACING_SAMPLE_RATIO: '1' }, async client => {
        const headers = { traceparent: traceparent('00'), 'x-request-id': 'problem-1' }
        assert.equal((await client.get('/clusters/none', headers)).json.trace_id, TRACE)
      })
      assert.deepEqual(
        spans.filter(({ traceId }) => traceId === TRACE),
        [],
      )
    })

    test('a request without a trace starts one, and the log has it', async () => {
      const { spans, lines } = await traced(
        engine,
        { HYPERFLEET_TRACING_SAMPLE_RATIO: '1' },
        async client => {
          await client.get('/clusters/none', { 'x-request-id': 'new-1' })
        },
      )
      const line = lines.find(({ requestId }) => requestId === 'new-1')
      assert.match(line.traceId, /^[0-9a-f]{32}$/)
      const span = spans.find(({ traceId }) => traceId === line.traceId)
      assert.deepEqual([span?.name, span?.parentSpanId], ['GET /clusters/{cluster_id}', undefined])
    })
  })
}

test('a failing collector is reported once, delays nothing, and gets the spans once it works again', async () => {
  const { spans, lines } = await traced('node', {}, async (client, collector) => {
    collector.status = 503
    const headers = { traceparent: traceparent('01') }
    for (let i = 0; i < 5; i++) assert.equal((await client.get('/clusters', headers)).status, 200)
    while (collector.heads.length < 2) await new Promise(resolve => setTimeout(resolve, 50))
    collector.status = 200
  })
  assert.equal(spans.length, 10)
  const said = lines.filter(({ msg }) => msg.startsWith('tracing: ')).map(({ level }) => level)
  assert.deepEqual(said, ['warn', 'info'])
})

test("without tracing a request has no span, and the log still has its caller's trace id", async () => {
  const collector = await startCollector()
  const log = createLogFile()
  const server = await startTestServer({
    engine: 'node',
    output: log.output,
    environment: {
      HYPERFLEET_LOGGING_LEVEL: 'info',
      HYPERFLEET_LOGGING_READ_SAMPLE: '1',
      HYPERFLEET_TRACING_ENDPOINT: collector.endpoint,
    },
  })
  await fetch(`${server.origin}${BASE}/clusters`, { headers: { traceparent: traceparent('01') } })
  await server.stop()
  await collector.close()
  assert.deepEqual(collector.heads, [])
  assert.ok((await log.lines()).some(({ traceId }) => traceId === TRACE))
  log.remove()
})

test("OpenTelemetry's own variables enable tracing and set its endpoint, headers and resource", async () => {
  const collector = await startCollector()
  const server = await startTestServer({
    engine: 'node',
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/otlp/', collector.endpoint).href,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret,content-type=text%2Fplain',
      OTEL_SERVICE_NAME: 'fleet',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=prod,service.name=other',
    },
  })
  await fetch(`${server.origin}${BASE}/clusters`, { headers: { traceparent: traceparent('01') } })
  await server.stop()
  await collector.close()
  const [head] = collector.heads
  assert.deepEqual(
    [head?.url, head?.headers.authorization, head?.headers['content-type']],
    ['/otlp/v1/traces', 'Bearer secret', 'application/json'],
  )
  const [resource] = collector.resources
  const attributes = attributesOf(resource as Parameters<typeof attributesOf>[0]) // in OTLP's form
  assert.deepEqual(attributes['service.name'], { stringValue: 'fleet' })
  assert.deepEqual(attributes['deployment.environment'], { stringValue: 'prod' })
})

test('invalid header fields stop the start with the name of the setting, without their value', async () => {
  const environment = { HYPERFLEET_TRACING_ENABLED: 'true', HYPERFLEET_TRACING_HEADERS: 'secret' }
  await assert.rejects(
    startTestServer({ engine: 'node', environment }),
    (error: Error) => /tracing\.headers must be/.test(error.message) && !error.message.includes('secret'),
  )
})

test('an invalid endpoint stops the start with the name of the setting', async () => {
  const environment = { HYPERFLEET_TRACING_ENABLED: 'true', HYPERFLEET_TRACING_ENDPOINT: 'localhost:4318' }
  await assert.rejects(startTestServer({ engine: 'node', environment }), /tracing\.endpoint.*localhost:4318/)
})
