// A server whose data folder disappears: its answers to clients and probes, its log, and its exit.
import assert from 'node:assert/strict'
import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerProcess } from '../crash/server-process.ts'
import { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'

test('contract 9.2: without its data folder a server refuses writes with 503, reports it on /readyz, and ends', async t => {
  const base = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rmSync(base, { recursive: true, force: true }))
  const data = join(base, 'data')
  const port = await freePort()
  const server = new ServerProcess(data, { HYPERFLEET_HEALTH_PORT: String(port) })
  const origin = await server.start()
  const client = new TestClient(origin)
  t.after(async () => {
    client.close()
    await server.kill()
  })
  await client.cluster('acknowledged')
  renameSync(data, `${data}.old`)
  // Nothing is written: the server detects the loss without a write.
  let readiness = await fetch(`http://127.0.0.1:${port}/readyz`)
  while (readiness.status === 200) {
    await new Promise(resolve => setTimeout(resolve, 20))
    readiness = await fetch(`http://127.0.0.1:${port}/readyz`)
  }
  assert.equal(readiness.status, 503)
  assert.match(await readiness.text(), /storage failed, shutting down: .*data no longer exists/)
  const refused = await fetch(`${origin}/api/hyperfleet/v1/clusters`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"kind":"Cluster","name":"too-late","spec":{}}',
  })
  assert.equal(refused.status, 503)
  assert.match(await refused.text(), /HYPERFLEET-SVC-001/)
  assert.deepEqual(await server.ended, { code: 1, signal: null })
  assert.match(server.log, /"level":"fatal".*put the data folder back before the next start/)
  renameSync(`${data}.old`, data)
  const again = new ServerProcess(data)
  const reader = new TestClient(await again.start())
  assert.equal((await reader.list('/clusters', {})).json.total, 1)
  reader.close()
  assert.equal((await again.stop()).code, 0)
})
