// The programs of docs/guide/sentinel.md, as printed, against a server that is killed and started again.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { BASE, report, TestClient } from '../harness/client.ts'
import { KillableServer } from '../harness/killable-server.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGE = readFileSync(join(ROOT, 'docs/guide/sentinel.md'), 'utf8')
const TSC = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
const SEARCH = "status.conditions.Ready='False'"

const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-sentinel-'))
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))

/** The one block of a language. */
function blockOf(language: string): string {
  const blocks = [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))]
  assert.equal(blocks.length, 1, `the page should have one block of ${language}`)
  return blocks[0]?.[1] ?? ''
}

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** The reason why programs cannot run here; false if all are there. */
function whyNot(...programs: readonly string[]): string | false {
  const missing = programs.filter(program => spawnSync('which', [program]).status !== 0)
  return missing.length > 0 && `there is no ${missing.join(' and no ')} on this machine`
}

interface Program {
  readonly language: string
  readonly skip: string | false
  /** The command line. */
  readonly prepare: (api: string) => readonly [file: string, ...args: string[]]
}

const PROGRAMS: readonly Program[] = [
  {
    language: 'bash',
    skip: whyNot('bash', 'curl', 'jq'),
    prepare: () => ['bash', write('sentinel.sh', blockOf('bash')), SEARCH],
  },
  {
    language: 'go',
    skip: whyNot('go'),
    prepare: api => {
      const [source, program] = [write('sentinel.go', blockOf('go')), join(folder, 'sentinel')]
      assert.equal(execFileSync('gofmt', ['-l', source], { encoding: 'utf8' }), '', 'gofmt changes it')
      execFileSync('go', ['build', '-o', program, source], { stdio: 'pipe' })
      return [program, api, SEARCH]
    },
  },
  {
    language: 'ts',
    skip: false,
    prepare: api => {
      const text = blockOf('ts')
      const strict = ['--strict', '--noEmit', '--target', 'es2023', '--module', 'nodenext', '--types', 'node']
      const types = ['--typeRoots', join(ROOT, 'node_modules/@types')]
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
      const source = write('sentinel.ts', text)
      execFileSync(process.execPath, [TSC, ...strict, ...types, source], { cwd: folder, stdio: 'pipe' })
      // This Node may be one that does not run TypeScript.
      const program = write('sentinel.js', transformSync(text, { loader: 'ts', format: 'esm' }).code)
      return [process.execPath, program, api, SEARCH]
    },
  },
]

/** A program in a process group of its own, with its output. */
class Running {
  readonly child: ChildProcess
  #output = ''
  #errors = ''

  constructor([file, ...args]: readonly [string, ...string[]], api: string) {
    this.child = spawn(file, args, { detached: true, env: { ...process.env, API: api }, cwd: folder })
    this.child.stdout?.on('data', chunk => {
      this.#output += chunk
    })
    this.child.stderr?.on('data', chunk => {
      this.#errors += chunk
    })
  }

  /** The published events. */
  get published(): string[] {
    return this.#output.split('\n').filter(line => line !== '')
  }

  async publishes(id: string, generation: number): Promise<void> {
    const line = JSON.stringify({ id, generation })
    const endMs = performance.now() + WAIT_HANGS_AFTER_MS
    while (!this.published.includes(line)) {
      assert.equal(this.child.exitCode, null, this.#errors)
      assert.ok(performance.now() < endMs, `${line} is not published: ${this.#output}${this.#errors}`)
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }

  end(): void {
    if (this.child.pid !== undefined && this.child.exitCode === null) process.kill(-this.child.pid, 'SIGKILL')
  }
}

describe('the Sentinels of the guide', { timeout: TEST_HANGS_AFTER_MS }, () => {
  for (const { language, skip, prepare } of PROGRAMS)
    test(`contract 12.2, 12.4: the one in ${language} publishes what comes to match, also through kill -9`, {
      skip,
    }, async t => {
      const server = await KillableServer.start(language === 'go' ? 'node' : 'uws')
      t.after(() => server.stop())
      const client = new TestClient(server.origin)
      t.after(() => client.close())
      const { id: one } = await client.cluster('one')
      const api = `${server.origin}${BASE}`
      const sentinel = new Running(prepare(api), api)
      t.after(() => sentinel.end())
      await sentinel.publishes(one, 1)

      // A report that leaves it unready is a MODIFIED of the same generation.
      const now = () => new Date().toISOString()
      await client.post(`/clusters/${one}/statuses`, report('dns', 'False', 1, now()))
      await client.post(`/clusters/${one}/statuses`, report('dns', 'True', 1, now()))
      await client.patch(`/clusters/${one}`, { spec: { changed: true } })
      await sentinel.publishes(one, 2)

      await server.kill()
      await server.resume()
      const { id: two } = await client.cluster('two')
      await sentinel.publishes(two, 1)
      await client.patch(`/clusters/${two}`, { spec: { changed: true } })
      await sentinel.publishes(two, 2)
      // A server that is killed before the first BOOKMARK sends everything again.
      const lines = [...new Set(sentinel.published)]
      assert.deepEqual(
        lines.map(line => JSON.parse(line).generation),
        [1, 2, 1, 2],
      )
    })
})
