// Runs every command of the runbook, in its order, against a server of its own.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { freePort } from '../harness/free-port.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))
const PATIENCE_MS = 30_000

interface Block {
  readonly section: string
  readonly commands: string
}

/** The fenced blocks of shell commands, without the indentation that they have in a list. */
function blocks(): Block[] {
  let section = ''
  const found: Block[] = []
  const page = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')
  for (const [, heading, , commands = ''] of page.matchAll(/^## ([^\n]+)$|^( *)```sh\n(.*?)^ *```$/gms)) {
    if (heading !== undefined) section = heading
    else found.push({ section, commands: commands.replace(/^ +/gm, '') })
  }
  return found
}

async function ready(url: string): Promise<void> {
  const patience = AbortSignal.timeout(PATIENCE_MS)
  for (;;) {
    patience.throwIfAborted()
    const answer = await fetch(url, { signal: patience }).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** A server whose log goes to a file, as the runbook has it. */
async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-runbook-'))
  const [port, healthPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const certificates = new CertificateAuthority()
  certificates.issue('localhost')
  const values = new Map([
    ['api', `http://127.0.0.1:${port}/api/hyperfleet/v1`],
    ['health', `http://127.0.0.1:${healthPort}`],
    ['metrics', `http://127.0.0.1:${metricsPort}`],
    ['data', join(folder, 'data')],
    ['log', join(folder, 'log')],
    ['cert', certificates.certPath],
    ['key', certificates.keyPath],
  ])
  const log = openSync(join(folder, 'log'), 'a')
  const child = spawn(process.execPath, [COMMAND, 'serve'], {
    env: {
      PATH: process.env.PATH,
      HYPERFLEET_SERVER_PORT: String(port),
      HYPERFLEET_HEALTH_PORT: String(healthPort),
      HYPERFLEET_METRICS_PORT: String(metricsPort),
      HYPERFLEET_STORAGE_PATH: join(folder, 'data'),
      HYPERFLEET_TRACING_ENABLED: 'true',
      HYPERFLEET_TRACING_SAMPLE_RATIO: '0',
    },
    stdio: ['ignore', log, 'inherit'],
  })
  closeSync(log)
  return {
    values,
    ready: () => ready(`http://127.0.0.1:${healthPort}/readyz`),
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await ended
      await rm(folder, { recursive: true, force: true })
      certificates.remove()
      assert.equal(code, 0)
    },
  }
}

test('every command of the runbook does what it is there for', {
  timeout: 120_000,
  skip: spawnSync('curl', ['--version']).status !== 0 ? 'curl is not there' : whyNoCertificates,
}, async () => {
  const [settings, ...others] = blocks()
  assert.ok(others.length > 20, 'the blocks were found')
  const server = await startServer()
  try {
    await server.ready()
    const url = `${server.values.get('api')}/clusters`
    const body = JSON.stringify({ kind: 'Cluster', name: 'measured', spec: {} })
    const headers = { 'content-type': 'application/json' }
    assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 201)
    assert.deepEqual(
      [...(settings?.commands ?? '').matchAll(/^(\w+)=/gm)].map(([, name]) => name),
      [...server.values.keys()],
      'what the first block sets is what the others use',
    )
    const given = [...server.values].map(([name, value]) => `${name}='${value}'`).join('\n')
    for (const { section, commands } of others) {
      const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', `${given}\n${commands}`], {
        cwd: ROOT,
        encoding: 'utf8',
      })
      assert.equal(status, 0, `${section}:\n${commands}\n${stdout}${stderr}`)
      assert.equal(stderr, '', `${section}:\n${commands}`)
    }
  } finally {
    await server.stop()
  }
})
