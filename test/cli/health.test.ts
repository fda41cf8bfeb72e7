// `hyperfleet health` as a process: it finds the server through the server's configuration (contract 1.1, 1.4).
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { healthAddress } from '../../src/cli/health.ts'
import { loadSettings } from '../../src/config/settings.ts'
import { apiOf, type CommandProcess, runCommand } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

describe('hyperfleet health', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let folder = ''
  let file = ''
  let server: CommandProcess | undefined
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
    file = join(folder, 'config.yaml')
    const lines = [
      'server: {port: 0, host: "0.0.0.0", shutdownDelayMs: 30000}',
      `health: {port: ${await freePort()}}`,
      'metrics: {port: 0}',
      `storage: {path: ${JSON.stringify(join(folder, 'data'))}}`,
    ]
    await writeFile(file, lines.join('\n'))
    server = runCommand(['serve'], { HYPERFLEET_CONFIG: file })
    await apiOf(server)
  })
  after(async () => {
    server?.child.kill('SIGKILL')
    await server?.ended
    await rm(folder, { recursive: true, force: true })
  })

  const health = (flags: string[], environment: Record<string, string> = { HYPERFLEET_CONFIG: file }) =>
    runCommand(['health', ...flags], environment, folder).ended

  test('contract 1.1, 1.4: it asks the port in the settings file', async () => {
    const { code, stdout, stderr } = await health([])
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '{"status":"ok"}\n', stderr: '' })
    assert.deepEqual((await health(['--ready'])).code, 0)
  })

  test('contract 1.4: a flag or variable of the same name overrides the file', async () => {
    const port = String(await freePort())
    const { code, stdout, stderr } = await health(['--health-port', port])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, new RegExp(`^hyperfleet: no server answers at http://127\\.0\\.0\\.1:${port}: `))
    const variables = { HYPERFLEET_CONFIG: file, HYPERFLEET_HEALTH_PORT: port }
    assert.equal((await health([], variables)).code, 1)
  })

  test('an invalid setting and a disabled listener are reported as failures', async () => {
    const wrong = await health(['--health-port', 'no'])
    assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
    const off = await health(['--health-port', '0'])
    assert.deepEqual([off.code, off.stdout], [1, ''])
    assert.match(off.stderr, /health\.port is 0: the health listener is disabled/)
  })

  test('contract 1.1: a stopping server is alive and not ready', async () => {
    server?.child.kill('SIGTERM')
    await server?.line('"stopping')
    assert.equal((await health([])).code, 0)
    const { code, stdout, stderr } = await health(['--ready'])
    assert.deepEqual([code, stdout], [1, ''])
    assert.deepEqual(JSON.parse(stderr).status, 'unavailable')
  })
})

test('contract 1.1: a server that listens on all addresses is asked at the loopback address, any other at its own', () => {
  const address = (host: string) => healthAddress(loadSettings(['--server-host', host], {})).origin
  assert.equal(address('0.0.0.0'), 'http://127.0.0.1:8080')
  assert.equal(address('::'), 'http://[::1]:8080')
  assert.equal(address('::1'), 'http://[::1]:8080')
  assert.equal(address('10.1.2.3'), 'http://10.1.2.3:8080')
  assert.equal(address('localhost'), 'http://localhost:8080')
})
