// Signals: an orderly stop with its delay and deadline, a second signal, a reload (contract 1.1).
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { stopServer } from '../../src/cli/serve/stop.ts'
import { createLogger } from '../../src/observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../src/observe/log/output.ts'
import { apiOf, type CommandProcess, runCommand } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES } from '../harness/server.ts'
import { RawClient } from '../http/raw-client.ts'

for (const engine of ENGINES) {
  describe(`stopping (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let folder = ''
    let healthPort = 0
    const start = (extra: Record<string, string> = {}) =>
      runCommand(['serve'], {
        HYPERFLEET_SERVER_ENGINE: engine,
        HYPERFLEET_SERVER_PORT: '0',
        HYPERFLEET_HEALTH_PORT: String(healthPort),
        HYPERFLEET_METRICS_PORT: '0',
        HYPERFLEET_STORAGE_PATH: join(folder, 'data'),
        ...extra,
      })
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
      healthPort = await freePort()
    })
    after(() => rm(folder, { recursive: true, force: true }))

    const readyStatus = async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status
    const fresh = { headers: { connection: 'close' } }

    for (const [signal, expected] of [
      ['SIGTERM', 143],
      ['SIGINT', 130],
    ] as const)
      test(`contract 1.1: after ${signal} it is not ready and serves until the delay is over; a second one ends it`, async () => {
        const server = start({ HYPERFLEET_SERVER_SHUTDOWN_DELAY_MS: '600000' })
        try {
          const api = await apiOf(server)
          assert.equal(await readyStatus(), 200)
          server.child.kill(signal)
          await server.line('serving until the delay is over')
          assert.equal(await readyStatus(), 503)
          assert.equal((await fetch(`${api}/clusters`, fresh)).status, 200)
          const { code, stdout } = await signalUntilEnded(server, signal)
          assert.equal(code, expected)
          assert.match(stdout, /second signal: ending immediately/)
        } finally {
          server.child.kill('SIGKILL')
        }
      })

    test('contract 1.1: after the delay it ends in an orderly way with code 0', async () => {
      const server = start({ HYPERFLEET_SERVER_SHUTDOWN_DELAY_MS: '50' })
      try {
        await apiOf(server)
        server.child.kill('SIGTERM')
        const { code, stdout } = await server.ended
        assert.equal(code, 0)
        assert.match(stdout, /"stopped"/)
      } finally {
        server.child.kill('SIGKILL')
      }
    })

    test('contract 1.1: a request whose body never comes is cut off at half of the deadline', async () => {
      const server = start({ HYPERFLEET_SERVER_SHUTDOWN_DEADLINE_MS: '4000' })
      try {
        const client = new RawClient(Number(new URL(await apiOf(server)).port))
        client.send('POST /api/hyperfleet/v1/clusters HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{')
        await fetch(await apiOf(server), fresh) // the server has read the earlier requests
        server.child.kill('SIGTERM')
        assert.equal((await server.ended).code, 0)
        assert.equal(await client.rest(), '')
      } finally {
        server.child.kill('SIGKILL')
      }
    })

    test('contract 1.4: SIGHUP applies a new log level, and names the settings that need a restart', async () => {
      const path = join(folder, 'config.yaml')
      const file = (level: string, port: string) =>
        `logging: {level: ${level}}\nlimits: {reasonMaxBytes: ${port}}\n`
      await writeFile(path, file('info', '1024'))
      const server = start({ HYPERFLEET_CONFIG: path })
      try {
        await apiOf(server)
        await writeFile(path, file('info', 'x'))
        server.child.kill('SIGHUP')
        assert.match(
          await server.line('keeping all settings'),
          /config\.yaml:2:\d+: limits\.reasonMaxBytes is/,
        )
        await writeFile(path, file('warn', '2048'))
        server.child.kill('SIGHUP')
        assert.match(
          await server.line('take effect at the next start'),
          /"settings":\["limits\.reasonMaxBytes"\]/,
        )
        server.child.kill('SIGTERM')
        const { code, stdout } = await server.ended
        assert.equal(code, 0)
        assert.doesNotMatch(stdout, /"stopped"/)
      } finally {
        server.child.kill('SIGKILL')
      }
    })
  })
}

/** Repeats a signal until the process ends, because signals in quick succession count as one. */
async function signalUntilEnded(server: CommandProcess, signal: NodeJS.Signals) {
  while (server.child.exitCode === null) {
    server.child.kill(signal)
    await wait(50)
  }
  return server.ended
}

test('a stop that hangs is ended at the deadline', async () => {
  let drained = false
  await new Promise<void>(resolve => {
    stopServer({
      server: {
        drain: () => {
          drained = true
        },
        close: () => new Promise(() => {}),
      },
      signal: 'SIGTERM',
      times: { shutdownDelayMs: 0, shutdownDeadlineMs: 1 },
      log: createLogger(
        { level: 'silent', format: 'json', maskedFields: [] },
        new LogOutput(STANDARD_OUTPUT),
      ),
      onDeadline: resolve,
    })
  })
  assert.ok(drained)
})
