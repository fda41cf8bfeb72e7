// TLS on the API port with real clients: versions, renewal without losing a connection, refusals at startup.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { connect as connectPlain } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { chooseTransport } from '../../src/http/transport/load.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'

const PATH = '/api/hyperfleet/v1/clusters'

describe('TLS', { skip: whyNoCertificates ?? false }, () => {
  let authority: CertificateAuthority
  let server: TestServer

  before(async () => {
    authority = new CertificateAuthority()
    authority.issue('first')
    server = await startTestServer({
      engine: 'node',
      environment: { ...settings(), HYPERFLEET_SERVER_ENGINE: 'auto' },
    })
  })
  after(async () => {
    await server?.stop()
    authority?.remove()
  })

  const settings = () => ({
    HYPERFLEET_SERVER_TLS_CERT_PATH: authority.certPath,
    HYPERFLEET_SERVER_TLS_KEY_PATH: authority.keyPath,
  })

  const open = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({
      host: '127.0.0.1',
      port: server.server.port,
      ca: authority.trusted,
      ...options,
    })
    await once(socket, 'secureConnect')
    return socket
  }

  /** Common name of the certificate on a new connection, and status of a request on it. */
  const ask = (agent?: Agent) =>
    new Promise<{ name: unknown; status: number | undefined }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.server.port, path: PATH, ca: authority.trusted }
      const sent = request({ ...options, agent: agent ?? false }, answer => {
        const name = (answer.socket as TLSSocket).getPeerCertificate().subject.CN // a socket of node:https is one
        answer.resume().once('end', () => resolve({ name, status: answer.statusCode }))
      })
      sent.once('error', reject)
      sent.end()
    })

  test('a client that trusts the authority is served, and any other refuses the certificate', async () => {
    assert.deepEqual(await ask(), { name: 'first', status: 200 })
    assert.equal(server.server.scheme, 'https')
    await assert.rejects(open({ ca: [] }), /certificate/)
  })

  test('TLS 1.2 and 1.3 are supported, and nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await open({ minVersion: version, maxVersion: version })
      assert.equal(socket.getProtocol(), version)
      socket.destroy()
    }
    await assert.rejects(open({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
  })

  test('plain HTTP on the port gets no answer', async () => {
    const socket = connectPlain(server.server.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    let received = ''
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
    })
    await once(socket, 'close')
    assert.doesNotMatch(received, /HTTP/)
  })

  test('a renewed certificate applies to new connections, with and without SNI, and open ones continue', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    assert.equal((await ask(agent)).name, 'first')
    const held = await open()
    authority.issue('second')
    await server.server.reload()
    assert.equal((await ask()).name, 'second')
    const named = await open({ servername: 'localhost' })
    assert.equal(named.getPeerCertificate().subject.CN, 'second')
    assert.deepEqual(await ask(agent), { name: 'first', status: 200 })
    held.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
    const [answer] = await once(held, 'data')
    assert.match(String(answer), /^HTTP\/1\.1 200 /)
    for (const socket of [held, named]) socket.destroy()
    agent.destroy()
  })

  test('changed files are noticed', async () => {
    authority.issue('third')
    while ((await ask()).name !== 'third') await new Promise(resolve => setTimeout(resolve, 100))
  })

  test('no request is lost while certificates are renewed', async () => {
    let isOver = false
    const statuses: (number | undefined)[] = []
    const agent = new Agent({ keepAlive: true, maxSockets: 2 })
    const poll = async (keepAlive: boolean) => {
      while (!isOver) statuses.push((await ask(keepAlive ? agent : undefined)).status)
    }
    const polls = [poll(true), poll(true), poll(false), poll(false)]
    for (let i = 0; i < 5; i++) {
      authority.issue(`renewal ${i}`)
      await server.server.reload()
    }
    isOver = true
    await Promise.all(polls)
    agent.destroy()
    assert.ok(statuses.length > 0 && statuses.every(status => status === 200))
  })

  test('a mismatched pair leaves the previous one in force', async () => {
    authority.issue('good')
    await server.server.reload()
    const other = new CertificateAuthority()
    try {
      other.issue('other')
      for (const content of ['', 'no PEM', other.trusted]) {
        writeFileSync(authority.certPath, content)
        await server.server.reload()
        assert.deepEqual(await ask(), { name: 'good', status: 200 })
      }
    } finally {
      other.remove()
    }
    authority.issue('better')
    await server.server.reload()
    assert.equal((await ask()).name, 'better')
  })

  test('a connection without a handshake does not delay the close', async () => {
    const other = await startTestServer({ engine: 'node', environment: settings() })
    const socket = connectPlain(other.server.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    await other.stop()
    if (!socket.closed) await once(socket, 'close')
  })

  test('an unusable configuration stops the start, and the message names the engine', async () => {
    const start = (environment: Record<string, string>) =>
      startTestServer({ engine: 'node', environment: { ...settings(), ...environment } })
    await assert.rejects(start({ HYPERFLEET_SERVER_TLS_KEY_PATH: '' }), /are required together/)
    await assert.rejects(
      start({ HYPERFLEET_SERVER_TLS_KEY_PATH: '/nowhere.key' }),
      /nowhere\.key cannot be used/,
    )
    await assert.rejects(start({ HYPERFLEET_SERVER_TLS_CERT_PATH: authority.keyPath }), /cannot be used/)
    assert.throws(() => chooseTransport('uws', true), /server-engine is uws, and TLS is on/)
    const chosen = chooseTransport('auto', true)
    assert.equal(chosen.engine, 'node')
    assert.match(chosen.note ?? '', /serving TLS on node:https/)
  })
})
