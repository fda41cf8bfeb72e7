// The server as a process whose log cannot be written: it still serves and stops.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
/** Accepts no byte: every write fails as on a full disk. Linux only. */
const FULL = '/dev/full'

async function isReady(port: number): Promise<boolean> {
  const patience = AbortSignal.timeout(WAIT_HANGS_AFTER_MS)
  while (!patience.aborted) {
    const url = `http://127.0.0.1:${port}/readyz`
    const answer = await fetch(url, { signal: patience }).catch(() => undefined)
    if (answer?.status === 200) return true
    await sleep(50)
  }
  return false
}

test('contract 9.2: a log on a full disk affects neither the server nor its orderly stop', {
  timeout: TEST_HANGS_AFTER_MS,
  skip: !existsSync(FULL),
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  const healthPort = await freePort()
  const full = openSync(FULL, 'w')
  const flags = ['--server-port', '0', '--health-port', String(healthPort), '--metrics-port', '0']
  const child = spawn(process.execPath, [COMMAND, 'serve', ...flags, '--storage-path', folder], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', full, 'ignore'],
  })
  closeSync(full)
  const ended = once(child, 'exit')
  try {
    assert.ok(await isReady(healthPort), 'the server serves')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  } finally {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
})
