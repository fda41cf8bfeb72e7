// The health listener on its port: paths, methods, and what it says while a store loads (contract 1.1).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listenForHealth } from '../../src/observe/listeners.ts'
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

test('contract 1.1: /readyz lists the reasons, /healthz answers whatever they are', () =>
  withListener(async (origin, readiness) => {
    readiness.onStoreEvent({ kind: 'recovery-progress', progress: { phase: 'journal', done: 1, total: 4 } })
    const ready = await fetch(`${origin}/readyz?verbose`)
    assert.equal(ready.status, 503)
    assert.equal(ready.headers.get('content-type'), 'application/json')
    assert.deepEqual(await ready.json(), {
      status: 'unavailable',
      reasons: ['the store is being loaded: journal, 25 %'],
    })
    const alive = await fetch(`${origin}/healthz`)
    assert.deepEqual([alive.status, await alive.json()], [200, { status: 'ok' }])
  }))

test('contract 1.1: HEAD gets the head that GET gets, other methods 405 with Allow, other paths 404', () =>
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
