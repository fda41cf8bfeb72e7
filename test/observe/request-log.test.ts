// Logged requests of a running server, and the content of their lines.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { OWN_FIELDS } from '../../src/observe/log/requests.ts'
import { at } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'
import { createLogFile, type LogFile } from '../harness/log-file.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`
const PRIVATE = 'a-word-of-the-user'

interface Running {
  readonly log: LogFile
  readonly server: TestServer
  readonly client: TestClient
}

async function start(engine: EngineName, environment: Record<string, string>): Promise<Running> {
  const log = createLogFile()
  const server = await startTestServer({
    engine,
    output: log.output,
    environment: { HYPERFLEET_LOGGING_LEVEL: 'info', ...environment },
  })
  return { log, server, client: new TestClient(server.origin) }
}

async function stop({ log, server, client }: Running): Promise<void> {
  client.close()
  await server.stop()
  log.remove()
}

/** Request lines, without durations. */
async function requestLines({ log }: Running) {
  const lines = await log.lines()
  return lines.filter(({ requestId }) => requestId !== undefined)
}

for (const engine of ENGINES) {
  describe(`lines of requests (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let running: Running
    before(async () => {
      running = await start(engine, { HYPERFLEET_LOGGING_READ_SAMPLE: '0' })
    })
    after(() => stop(running))
    const send = (path: string, id: string, method = 'GET', body?: unknown) =>
      running.client.send(path, {
        method,
        headers: { 'x-request-id': id, traceparent: TRACEPARENT },
        ...(body === undefined ? {} : { body }),
      })
    const lineOf = async (id: string) => {
      const lines = (await requestLines(running)).filter(({ requestId }) => requestId === id)
      assert.equal(lines.length, 1, JSON.stringify(lines))
      return lines[0]
    }

    test('a write has a line with method, route, status, duration, bytes, request id and trace id', async () => {
      const answer = await send('/clusters', 'write-1', 'POST', {
        kind: 'Cluster',
        name: 'written',
        spec: { word: PRIVATE },
        labels: { word: PRIVATE },
      })
      const { time, durationMs, ...line } = await lineOf('write-1')
      assert.match(time, /^\d{4}-.*Z$/)
      assert.ok(durationMs > 0)
      assert.deepEqual(line, {
        level: 'info',
        method: 'POST',
        route: '/clusters',
        status: 201,
        bytes: Buffer.byteLength(answer.text),
        requestId: 'write-1',
        traceId: TRACE,
        kind: 'Cluster',
        id: answer.json.id,
        author: 'system@hyperfleet.local',
        msg: 'written',
      })
    })

    test('each write names its resource and its author, refused ones too', async () => {
      const cluster = await running.client.cluster('written-to')
      const pools = `/clusters/${cluster.id}/nodepools`
      const pool = await send(pools, 'pool-1', 'POST', { kind: 'NodePool', name: 'pool', spec: {} })
      const path = `${pools}/${pool.json.id}`
      await send(path, 'pool-2', 'PATCH', { spec: { a: 1 } })
      await send(`${path}/statuses`, 'pool-3', 'PUT', report('dns', 'True', 1, at(0)))
      await send(`${path}/statuses`, 'pool-4', 'POST', report('dns', 'True', 9, at(0)))
      await send(`${path}/statuses`, 'pool-5', 'POST', {})
      for (const id of ['pool-1', 'pool-2', 'pool-3', 'pool-4', 'pool-5']) {
        const line = await lineOf(id)
        const told = [line.kind, line.id, line.author]
        assert.deepEqual(told, ['NodePool', pool.json.id, 'system@hyperfleet.local'], id)
      }
      await send('/clusters', 'taken-1', 'POST', { kind: 'Cluster', name: 'written-to', spec: {} })
      await send('/clusters/No%20id%0a', 'taken-2', 'PATCH', { spec: {} })
      for (const id of ['taken-1', 'taken-2']) {
        const line = await lineOf(id)
        assert.deepEqual([line.kind, line.id, line.author], ['Cluster', undefined, 'system@hyperfleet.local'])
      }
    })

    test('a refusal has a line with its code and without its detail', async () => {
      await send(`/clusters/${PRIVATE}`, 'refused-1')
      await send(`/clusters?search=${PRIVATE}%3D%27${PRIVATE}%27`, 'refused-2')
      await send(`/nothing/${PRIVATE}`, 'refused-3')
      const lines = [await lineOf('refused-1'), await lineOf('refused-2'), await lineOf('refused-3')]
      assert.deepEqual(
        lines.map(({ level, route, status, code, msg }) => [level, route, status, code, msg]),
        [
          ['info', '/clusters/{cluster_id}', 404, 'HYPERFLEET-NTF-002', 'refused'],
          ['info', '/clusters', 400, 'HYPERFLEET-VAL-005', 'refused'],
          ['info', 'unmatched', 404, 'HYPERFLEET-NTF-000', 'refused'],
        ],
      )
    })

    test('a refusal names the members at fault, and no word of the client', async () => {
      const { id } = await running.client.cluster('faulty')
      const late = report('dns', 'True', 1, '9999-01-01T00:00:00Z')
      await send(`/clusters/${id}/statuses`, 'fault-1', 'PUT', late)
      await send(`/clusters/${id}`, 'fault-2', 'PATCH', { labels: { [PRIVATE]: 5 }, [PRIVATE]: 1 })
      await send('/clusters', 'fault-3', 'POST', {})
      await send(`/clusters?page=0&search=${PRIVATE}`, 'fault-4')
      await send(`/clusters?search=${PRIVATE}`, 'fault-5')
      const faults = await Promise.all([1, 2, 3, 4, 5].map(async n => (await lineOf(`fault-${n}`)).faults))
      assert.deepEqual(faults, [
        ['observed_time maximum'],
        ['labels type', 'additionalProperties'],
        ['kind required', 'name required', 'spec required'],
        ['page range'],
        ['search syntax'],
      ])
    })

    test('every member and parameter of the OpenAPI document is one that a line may name', async () => {
      const { paths, components } = (await running.client.get('/openapi')).json
      const text = JSON.stringify([paths, components.parameters])
      const parameters = [...text.matchAll(/"name":"(\w+)","in":"query"/g)].map(([, name]) => name ?? '')
      const bodies = Object.keys(components.schemas).filter(name => /Re(quest|port)$/.test(name))
      const members = bodies.flatMap(name => Object.keys(components.schemas[name].properties))
      assert.ok(parameters.includes('search') && members.includes('observed_time'))
      assert.deepEqual(
        [...parameters, ...members].filter(name => !OWN_FIELDS.has(name)),
        [],
      )
    })

    test('a discarded report has a line like other writes', async () => {
      const { id } = await running.client.cluster('discards')
      await send(`/clusters/${id}/statuses`, 'discard-1', 'POST', report('dns', 'True', 7, at(0)))
      const { status, bytes, msg } = await lineOf('discard-1')
      assert.deepEqual([status, bytes, msg], [204, 0, 'written'])
    })

    test('a successful read has none if none is sampled, and no line contains client text', async () => {
      await send('/clusters', 'read-1')
      const lines = await requestLines(running)
      assert.deepEqual(
        lines.filter(({ requestId }) => requestId === 'read-1'),
        [],
      )
      assert.ok(!(await running.log.text()).includes(PRIVATE))
    })

    test('a refused token has a line with its fault', async () => {
      const signer = await Signer.create('one')
      const keySet = writeKeySet([signer])
      const guarded = await start(engine, keySet.environment)
      try {
        for (const [token, fault] of [
          [{ expiresAt: -7200 }, 'expired'],
          [{ claims: { iss: 'x' } }, 'wrong-issuer'],
          [{ keyId: 'other' }, 'unknown-key'],
        ] as const) {
          const authorization = await signer.bearer({ expiresAt: 3_000_000_000, ...token })
          await guarded.client.get('/clusters', { authorization, 'x-request-id': fault })
          const line = (await requestLines(guarded)).find(({ requestId }) => requestId === fault)
          assert.deepEqual([line?.level, line?.status, line?.tokenFault], ['info', 401, fault])
        }
      } finally {
        await stop(guarded)
        keySet.remove()
      }
    })

    test('an unacceptable request id is not in the log', async () => {
      await send('/clusters', 'not "sane"', 'POST', { kind: 'Cluster' })
      assert.ok(!(await running.log.text()).includes('sane'))
    })
  })

  test(`contract 9.3: a refusal of service has a line with the remedy (${engine})`, async () => {
    const running = await start(engine, { HYPERFLEET_LIMITS_MEMORY_BYTES: '1' })
    try {
      const body = { kind: 'Cluster', name: 'too-much', spec: {} }
      assert.equal((await running.client.post('/clusters', body)).status, 503)
      const [line] = (await requestLines(running)).filter(({ status }) => status === 503)
      assert.deepEqual([line.level, line.msg, line.refusal], ['warn', 'service refused', 'memory-bound'])
      assert.match(line.todo, /limits\.memoryBytes.*docs\/guide\/runbook\.md#memory-bound$/)
    } finally {
      await stop(running)
    }
  })
}

test('the configured fraction of reads has lines', async () => {
  const running = await start('node', { HYPERFLEET_LOGGING_READ_SAMPLE: '0.25' })
  try {
    for (let i = 0; i < 40; i++) await fetch(`${running.server.origin}/api/hyperfleet/v1/clusters`)
    const lines = (await requestLines(running)).filter(({ msg }) => msg === 'read')
    assert.equal(lines.length, 10)
  } finally {
    await stop(running)
  }
})
