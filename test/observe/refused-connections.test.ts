// Connections closed before their first request, as shown by the metrics; over real sockets.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { freePort } from '../harness/free-port.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'
import { RawClient } from '../http/raw-client.ts'
import { head } from '../http/transport-server.ts'
import { scrape } from './scrape.ts'

const METRIC = 'hyperfleet_api_connections_refused_total'
const GET = head('GET /api/hyperfleet/v1/clusters?pageSize=0')
/** Reasons that a test does not cause are 0. */
const NONE = { 'too-many': 0, 'tls-handshake': 0, 'head-timeout': 0, 'head-too-large': 0, malformed: 0 }

async function start(
  context: TestContext,
  engine: EngineName,
  environment: Record<string, string> = {},
): Promise<TestServer> {
  const port = String(await freePort())
  const server = await startTestServer({
    engine,
    environment: { HYPERFLEET_METRICS_PORT: port, ...environment },
  })
  context.after(() => server.stop())
  return server
}

function client(context: TestContext, { server }: TestServer): RawClient {
  const raw = new RawClient(server.port)
  context.after(() => raw.destroy())
  return raw
}

async function refused({ server }: TestServer): Promise<Record<string, number>> {
  const { samples } = await scrape(server.metricsPort)
  const own = [...samples].flatMap(([series, value]) => {
    const [, name, reason] = /^(\w+)\{reason="(.+)"\}$/.exec(series) ?? []
    return name === METRIC && reason !== undefined ? [[reason, value] as const] : []
  })
  return Object.fromEntries(own)
}

/** A client that sends bytes over plain TCP and waits until the server closes the connection. */
async function sendPlain({ server }: TestServer, bytes: string): Promise<void> {
  const socket: Socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.resume()
  socket.write(bytes)
  await once(socket, 'close')
}

for (const engine of ENGINES)
  test(`connections beyond the limit are counted, served ones are not (${engine})`, async context => {
    const server = await start(context, engine, { HYPERFLEET_LIMITS_CONNECTIONS: '2' })
    const held = [client(context, server), client(context, server)]
    for (const one of held) assert.equal((await one.send(GET).answer()).status, 200)
    for (let i = 0; i < 3; i++) await client(context, server).closed()
    assert.equal((await refused(server))['too-many'], 3)
  })

describe('invalid requests', () => {
  test('a connection is counted by its reason, once, and a client that hangs up is not', async context => {
    const server = await start(context, 'node')
    assert.equal((await client(context, server).send('no request\r\n\r\n').answer()).status, 400)
    assert.equal((await client(context, server).send('GET / HTTP/9.9\r\n\r\n').answer()).status, 400)
    const large = `GET / HTTP/1.1\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`
    assert.equal((await client(context, server).send(large).answer()).status, 431)
    const served = client(context, server)
    for (let i = 0; i < 2; i++) assert.equal((await served.send(GET).answer()).status, 200)
    served.destroy()
    client(context, server).send('GET / HT').destroy()
    client(context, server).destroy()
    assert.equal((await client(context, server).send(GET).answer()).status, 200)
    assert.deepEqual(await refused(server), { ...NONE, malformed: 2, 'head-too-large': 1 })
  })

  test('an incomplete head is counted, and a connection without any data', async context => {
    const server = await start(context, 'node')
    const slow = [client(context, server).send('GET / HTTP/1.1\r\nHost:'), client(context, server)]
    await Promise.all(slow.map(one => one.closed()))
    assert.deepEqual(await refused(server), { ...NONE, 'head-timeout': 2 })
  })

  test('the native engine answers them itself, so there is no series that would show 0', async context => {
    const server = await start(context, 'uws')
    assert.equal((await client(context, server).send('no request\r\n\r\n').answer()).status, 400)
    assert.deepEqual(await refused(server), { 'too-many': 0 })
  })
})

test('a failed TLS handshake is counted, and a client that hangs up is not', {
  skip: whyNoCertificates ?? false,
}, async context => {
  const authority = new CertificateAuthority()
  context.after(() => authority.remove())
  authority.issue('localhost')
  const server = await start(context, 'node', {
    HYPERFLEET_SERVER_TLS_CERT_PATH: authority.certPath,
    HYPERFLEET_SERVER_TLS_KEY_PATH: authority.keyPath,
  })
  await sendPlain(server, GET)
  const options = { host: '127.0.0.1', port: server.server.port, ca: authority.trusted }
  const old = connectTls({
    ...options,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT@SECLEVEL=0',
  })
  await assert.rejects(once(old, 'secureConnect'))
  const probe = connect(server.server.port, '127.0.0.1')
  await once(probe, 'connect')
  probe.destroy()
  const socket = connectTls(options)
  await once(socket, 'secureConnect')
  socket.write(GET)
  await once(socket, 'data')
  socket.destroy()
  assert.deepEqual(await refused(server), { ...NONE, 'tls-handshake': 2 })
})
