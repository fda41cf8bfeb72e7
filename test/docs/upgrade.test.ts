// Runs the commands of docs/guide/upgrade.md that are for a server in the present folder, in their order, against a server of its own.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiOf, runCommand } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const PAGE = fileURLToPath(new URL('../../../docs/guide/upgrade.md', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

/** The commands of a section. */
function commands(section: string): string {
  const text =
    readFileSync(PAGE, 'utf8')
      .split(/^## /m)
      .find(part => part.startsWith(`${section}\n`)) ?? ''
  const found = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  assert.ok(found.length > 0, `${section} has no commands`)
  return found.join('')
}

test('every command of the page does what it says', { timeout: TEST_HANGS_AFTER_MS }, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [server, health] = [String(await freePort()), String(await freePort())]
  const environment = {
    HYPERFLEET_SERVER_PORT: server,
    HYPERFLEET_HEALTH_PORT: health,
    HYPERFLEET_METRICS_PORT: '0',
  }
  const run = (section: string): string => {
    const script = `set -e\nhyperfleet() { "${process.execPath}" "${COMMAND}" "$@"; }\n${commands(section)}`
    const options = {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...environment },
    } as const
    const { status, stdout, stderr } = spawnSync(
      'sh',
      ['-c', script.replaceAll(':8000', `:${server}`)],
      options,
    )
    assert.equal(status, 0, `${section}: ${stderr}`)
    return stdout
  }
  const serving = async (use: (api: string) => unknown) => {
    const running = runCommand(['serve'], environment, folder)
    try {
      await use(await apiOf(running))
      running.child.kill('SIGTERM')
      await running.ended
    } finally {
      running.child.kill('SIGKILL')
    }
  }
  const create = (api: string, name: string) =>
    fetch(`${api}/clusters`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'Cluster', name, spec: {} }),
    })
  const total = async (api: string) => JSON.parse(await (await fetch(`${api}/clusters`)).text()).total

  await serving(async api => {
    await create(api, 'first')
    assert.match(run('Before'), /no faults/)
    await create(api, 'second')
    assert.match(run('Upgrade'), /^\{"status":"ok"\}\n.*"version"/)
  })
  run('Back, with all that was written since')
  await serving(async api => assert.equal(await total(api), 2))
  run('Back, with the earlier fleet')
  await serving(async api => assert.equal(await total(api), 1))
})
