// Runs every command of the runbook, in its order, against a server of its own.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

interface Block {
  readonly section: string
  readonly commands: string
}

/** The fenced blocks of shell commands, without the indentation that they have in a list. */
function blocks(): Block[] {
  let section = ''
  const found: Block[] = []
  const page = readFileSync(join(ROOT, 'docs/guide/runbook.md'), 'utf8')
  for (const [, heading, , commands = ''] of page.matchAll(/^## ([^\n]+)$|^( *)```sh\n(.*?)^ *```$/gms)) {
    if (heading !== undefined) section = heading
    else found.push({ section, commands: commands.replace(/^ +/gm, '') })
  }
  return found
}

async function ready(url: string): Promise<void> {
  const patience = AbortSignal.timeout(WAIT_HANGS_AFTER_MS)
  for (;;) {
    patience.throwIfAborted()
    const answer = await fetch(url, { signal: patience }).catch(() => undefined)
    if (answer?.status === 200) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** A server whose log goes to a file, as the runbook has it. */
class LoggedServer {
  /** Variables set by the first block of the runbook. */
  readonly values: ReadonlyMap<string, string>
  readonly #folder: string
  readonly #certificates = new CertificateAuthority()
  readonly #ports: readonly number[]
  #child: ChildProcess | undefined

  constructor(folder: string, ports: readonly number[]) {
    this.#folder = folder
    this.#ports = ports
    this.#certificates.issue('localhost')
    const [api, health, metrics] = ports
    this.values = new Map([
      ['api', `http://127.0.0.1:${api}/api/hyperfleet/v1`],
      ['health', `http://127.0.0.1:${health}`],
      ['metrics', `http://127.0.0.1:${metrics}`],
      ['data', join(folder, 'data')],
      ['log', join(folder, 'log')],
      ['cert', this.#certificates.certPath],
      ['key', this.#certificates.keyPath],
      ['backups', join(folder, 'backups')],
    ])
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  async start(): Promise<void> {
    const log = openSync(join(this.#folder, 'log'), 'a')
    const [api, health, metrics] = this.#ports
    this.#child = spawn(process.execPath, [COMMAND, 'serve'], {
      env: {
        PATH: process.env.PATH,
        HYPERFLEET_SERVER_PORT: String(api),
        HYPERFLEET_HEALTH_PORT: String(health),
        HYPERFLEET_METRICS_PORT: String(metrics),
        HYPERFLEET_STORAGE_PATH: join(this.#folder, 'data'),
        HYPERFLEET_TRACING_ENABLED: 'true',
        HYPERFLEET_TRACING_SAMPLE_RATIO: '0',
      },
      stdio: ['ignore', log, 'inherit'],
    })
    closeSync(log)
    await ready(`http://127.0.0.1:${health}/readyz`)
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined) return
    this.#child = undefined
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    assert.equal((await ended)[0], 0)
  }

  async create(name: string): Promise<void> {
    await this.#ask(client => client.cluster(name))
  }

  /** Deletes a cluster that waits for an adapter, which never finishes. */
  async beginDeletion(name: string): Promise<void> {
    const { id } = await this.#ask(client => client.cluster(name))
    for (const sending of [
      { method: 'PUT', body: report('dns', 'True', 1, new Date().toISOString()) },
      { method: 'DELETE' },
    ] as const) {
      const path = sending.method === 'PUT' ? `/clusters/${id}/statuses` : `/clusters/${id}`
      const { status, text } = await this.#ask(client => client.send(path, sending))
      assert.ok(status === 201 || status === 202, text)
    }
  }

  async names(): Promise<string[]> {
    const { json } = await this.#ask(client => client.list('/clusters', { orderBy: 'name' }))
    return json.items.map(({ name }: { name: string }) => name)
  }

  async remove(): Promise<void> {
    this.#child?.kill('SIGKILL')
    this.#certificates.remove()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #ask<T>(ask: (client: TestClient) => Promise<T>): Promise<T> {
    const client = new TestClient(`http://127.0.0.1:${this.#ports[0]}`)
    try {
      return await ask(client)
    } finally {
      client.close()
    }
  }
}

/** Sections that begin with a stop of the server. */
const STOPPED: ReadonlySet<string> = new Set(['Restore', 'Another machine'])

test('every command of the runbook does what it is there for', {
  timeout: TEST_HANGS_AFTER_MS,
  skip: spawnSync('curl', ['--version']).status !== 0 ? 'curl is not there' : whyNoCertificates,
}, async t => {
  const [settings, ...others] = blocks()
  assert.ok(others.length > 20, 'the blocks were found')
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-runbook-'))
  const server = new LoggedServer(folder, [await freePort(), await freePort(), await freePort()])
  t.after(() => server.remove())
  await server.start()
  await server.create('measured')
  await server.beginDeletion('stuck')
  assert.deepEqual(
    [...(settings?.commands ?? '').matchAll(/^(\w+)=/gm)].map(([, name]) => name),
    [...server.values.keys()],
    'what the first block sets is what the others use',
  )
  const given = [...server.values].map(([name, value]) => `${name}='${value}'`).join('\n')
  for (const { section, commands } of others) {
    if (STOPPED.has(section) && server.isRunning) {
      await server.create('written-after-the-backups')
      await server.stop()
    }
    const { status, stdout, stderr } = spawnSync('sh', ['-eu', '-c', `${given}\n${commands}`], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    assert.equal(status, 0, `${section}:\n${commands}\n${stdout}${stderr}`)
    assert.equal(stderr, '', `${section}:\n${commands}`)
  }
  await server.start()
  assert.deepEqual(await server.names(), ['measured'], 'the fleet is that of the backup')
  await server.stop()
})
