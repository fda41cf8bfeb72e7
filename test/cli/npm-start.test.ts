// `npm start` under a supervisor that signals the process it started, which is npm.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const FLAGS = ['--server-port', '0', '--health-port', '0', '--metrics-port', '0']

/** A package with the project's `npm start`, but without the setup, which might build while other tests run. */
async function packageWithStart(folder: string): Promise<void> {
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const start = scripts.start.replace('node scripts/setup.mjs', 'true')
  assert.notEqual(start, scripts.start)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'started', scripts: { start } }))
  await symlink(join(ROOT, 'dist'), join(folder, 'dist'))
}

test('contract 1.1: a SIGTERM to `npm start` stops the server in an orderly way, and leaves no process behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  await packageWithStart(folder)
  // Its own process group, so that all of it can be killed.
  const npm = spawn('npm', ['start', '--silent', '--', ...FLAGS], { cwd: folder, detached: true })
  let log = ''
  npm.stdout.on('data', chunk => {
    log += chunk
    if (String(chunk).includes('"msg":"ready"')) npm.kill('SIGTERM')
  })
  // The output closes when its last process has ended.
  const closed = new Promise(resolve => npm.stdout.on('close', resolve))
  const patience = setTimeout(() => process.kill(-(npm.pid ?? 0), 'SIGKILL'), WAIT_HANGS_AFTER_MS)
  try {
    await closed
    assert.match(log, /"msg":"stopped"/)
  } finally {
    clearTimeout(patience)
    await rm(folder, { recursive: true, force: true })
  }
})
