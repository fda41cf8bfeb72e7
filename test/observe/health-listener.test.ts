// The health listener: paths, methods, and its answers while a store loads (contract 1.1).
import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { listenForHealth } from '../../src/observe/health.ts'
import { MAX_MANAGEMENT_CONNECTIONS } from '../../src/observe/management.ts'
import { Readiness } from '../../src/observe/readiness.ts'
import { freePort } from '../harness/free-port.ts'

async function withListener(use: (origin: string, readiness: Readiness) => Promise<void>): Promise<void> {
  const readiness = new Readiness()
  const fail = (error: unknown) => assert.fail(String(error))
  const listener = await listenForHealth('127.0.0.1', await freePort(), readiness, fail)
  try {
    await use(`http://127.0.0.1:${listener?.port}`, readiness)
  } finally {
    await listener?.close()
  }
}

test('contract 1.1: /readyz lists the reasons, /healthz answers regardless of them', () =>
  withListener(async (origin, readiness) => {
    readiness.onStoreEvent({ kind: 'recovery-progress', progress: { phase: 'journal', done: 1, total: 4 } })
    const ready = await fetch(`${origin}/readyz?verbose`)
    assert.equal(ready.status, 503)
    assert.equal(ready.headers.get('content-type'), 'application/json')
    assert.deepEqual(await ready.json(), {
      status: 'unavailable',
      reasons: ['loading the store: journal, 25 %'],
    })
    const alive = await fetch(`${origin}/healthz`)
    assert.deepEqual([alive.status, await alive.json()], [200, { status: 'ok' }])
  }))

test('contract 1.1: HEAD gets the same head as GET, other methods 405 with Allow, other paths 404', () =>
  withListener(async origin => {
    for (const path of ['/healthz', '/readyz']) {
      const [head, get] = [await fetch(origin + path, { method: 'HEAD' }), await fetch(origin + path)]
      assert.equal(head.status, get.status)
      assert.equal(head.headers.get('content-length'), String((await get.text()).length))
      assert.equal(await head.text(), '')
      for (const { headers } of [head, get, await fetch(`${origin}/nothing`)]) {
        assert.equal(headers.get('cache-control'), 'no-store')
        assert.equal(headers.get('x-content-type-options'), 'nosniff')
      }
      for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
        const refused = await fetch(origin + path, { method })
        assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD'])
        await refused.text()
      }
    }
    const unknown = await fetch(`${origin}/health`, { method: 'POST' })
    assert.deepEqual([unknown.status, unknown.headers.get('allow')], [404, null])
    await unknown.text()
  }))

/** Opens a connection that sends `text` and nothing more. */
function connectTo(origin: string, text = ''): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      socket.write(text)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

test('a probe gets in no matter how many idle connections there are, and the oldest of them is closed', () =>
  withListener(async origin => {
    const idle: Socket[] = []
    let closed = 0
    for (let i = 0; i < 3 * MAX_MANAGEMENT_CONNECTIONS; i++) {
      const socket = await connectTo(origin, i % 2 === 0 ? '' : 'GET /healthz HTTP/1.1\r\nX-Slow: ')
      socket.on('error', () => {})
      socket.on('close', () => closed++)
      socket.resume()
      idle.push(socket)
    }
    for (let i = 0; i < 5; i++) assert.equal((await fetch(`${origin}/healthz`)).status, 200)
    while (closed < 2 * MAX_MANAGEMENT_CONNECTIONS) await new Promise(resolve => setTimeout(resolve, 5))
    assert.equal(idle[0]?.destroyed, true)
    assert.equal(idle.at(-1)?.destroyed, false)
    for (const socket of idle) socket.destroy()
  }))

test('of many requests in one packet the first is answered, and the connection closed', () =>
  withListener(async origin => {
    const socket = await connectTo(origin, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000))
    const answers = await text(socket)
    assert.equal(answers.split('HTTP/1.1 200 OK').length - 1, 1)
  }))

test('too long a head is refused', () =>
  withListener(async origin => {
    const socket = await connectTo(
      origin,
      `GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(9000)}\r\n\r\n`,
    )
    assert.match(await text(socket), /^HTTP\/1\.1 431 /)
  }))
