// The server as a process: flags and environment, orderly stop, and refused starts (contract 1.4, 4.9).
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { apiOf, runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES } from '../harness/server.ts'

/** A server that becomes ready, or ends with a reason. */
function run(flags: readonly string[], environment: Record<string, string>) {
  const server = runCommand(['serve', ...flags], environment)
  const ready = apiOf(server)
  ready.catch(() => {}) // some tests wait only for the end
  return { child: server.child, ready, ended: server.ended }
}

for (const engine of ENGINES) {
  describe(`the command (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let folder = ''
    const environment = () => ({
      HYPERFLEET_SERVER_ENGINE: engine,
      HYPERFLEET_SERVER_PORT: '0',
      HYPERFLEET_HEALTH_PORT: '0',
      HYPERFLEET_METRICS_PORT: '0',
      HYPERFLEET_STORAGE_PATH: folder,
    })
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
    })
    after(() => rm(folder, { recursive: true, force: true }))

    test('contract 1.4: it serves with settings from environment and flags, and stops in order on a signal', async () => {
      const flags = ['--adapters-required-cluster', '["from-flag"]']
      const { child, ready, ended } = run(flags, {
        ...environment(),
        HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["from-environment"]',
      })
      try {
        const api = await ready
        assert.match(api, /^http:\/\/127\.0\.0\.1:\d+\/api\/hyperfleet\/v1$/)
        const created = await fetch(`${api}/clusters`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"kind":"Cluster","name":"of-process","spec":{}}',
        })
        assert.equal(created.status, 201)
        child.kill('SIGTERM')
        const { code, stderr } = await ended
        assert.equal(code, 0, stderr)
      } finally {
        child.kill('SIGKILL')
      }
    })

    test('contract 4.8: the next process serves what one has stored', async () => {
      const { child, ready, ended } = run([], environment())
      try {
        const answer = await fetch(`${await ready}/clusters`)
        const list: unknown = await answer.json()
        assert.ok(JSON.stringify(list).includes('"of-process"'))
        child.kill('SIGINT')
        assert.equal((await ended).code, 0)
      } finally {
        child.kill('SIGKILL')
      }
    })

    test('contract 4.8: acknowledged writes survive an immediate kill', async () => {
      const names: string[] = []
      for (let round = 0; round < 3; round++) {
        const { child, ready, ended } = run([], environment())
        try {
          const url = `${await ready}/clusters`
          const list = await (await fetch(url)).text()
          for (const name of names) assert.ok(list.includes(`"${name}"`), `${name} is lost`)
          const name = `killed-${round}`
          const body = JSON.stringify({ kind: 'Cluster', name, spec: {} })
          const created = await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body,
          })
          assert.equal(created.status, 201)
          names.push(name)
        } finally {
          child.kill('SIGKILL')
          await ended
        }
      }
    })

    test('contract 1.4: a port in use stops the start and is named, on every listener', async () => {
      const taken = createServer().listen(0, '127.0.0.1')
      await once(taken, 'listening')
      const address = taken.address()
      const port = typeof address === 'object' ? String(address?.port) : ''
      try {
        for (const flag of ['--server-port', '--health-port', '--metrics-port']) {
          const { code, stderr } = await run([flag, port], environment()).ended
          assert.notEqual(code, 0, flag)
          assert.ok(stderr.includes(port), stderr)
          assert.doesNotMatch(stderr, /^\s+at /m)
        }
      } finally {
        taken.close()
      }
    })

    test('contract 1.4: an invalid setting stops the start with its name and without a stack', async () => {
      const { code, stderr } = await run(['--server-port', 'eighty'], environment()).ended
      assert.notEqual(code, 0)
      assert.match(stderr, /--server-port/)
      assert.doesNotMatch(stderr, /^\s+at /m)
    })

    test('contract 4.9: a missing schema file stops the start with its path', async () => {
      const missing = join(folder, 'missing.yaml')
      const { code, stderr } = await run([], {
        ...environment(),
        HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: missing,
      }).ended
      assert.notEqual(code, 0)
      assert.ok(stderr.includes(missing), stderr)
      assert.doesNotMatch(stderr, /^\s+at /m)
    })
  })
}
