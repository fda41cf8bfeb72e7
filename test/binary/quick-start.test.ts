// Runs the steps for the one-file program in docs/guide/install.md, as printed, in a folder that contains only that file.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { apiOf, runFile } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { OneFile, whyNoBinary } from './one-file.ts'

const PAGE = fileURLToPath(new URL('../../../docs/guide/install.md', import.meta.url))
const NAME = 'hyperfleet-linux-x64'
/** Tools of the machine that the steps use. */
const TOOLS = ['sleep']

/** The steps of the section. */
function steps(): string {
  const page = readFileSync(PAGE, 'utf8')
  const [, section = ''] = /^## One file\n(.*?)^## /ms.exec(page) ?? []
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, commands = '']) => commands)
  assert.ok(blocks.length > 1, 'the steps were found')
  return blocks.join('')
}

/** The path of a tool of this machine. */
function pathOf(tool: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders.map(folder => join(folder, tool)).find(path => existsSync(path))
  if (found === undefined) throw new Error(`${tool} is not there`)
  return found
}

/** The steps as a script that always stops the server, even if a step fails. */
function script(): string {
  return `set -eu\ntrap 'kill $server; wait $server' EXIT\ntrap 'exit 1' TERM\n${steps()}`
}

test('a stranger has a ready cluster after the steps of the page, and after the next start', {
  skip: whyNoBinary ?? false,
  timeout: TEST_HANGS_AFTER_MS,
}, async t => {
  const file = new OneFile(t)
  symlinkSync(file.path, join(file.folder, NAME))
  const tools = join(file.folder, 'tools')
  mkdirSync(tools)
  for (const tool of TOOLS) symlinkSync(pathOf(tool), join(tools, tool))
  const port = String(await freePort())
  const environment = {
    PATH: tools,
    HYPERFLEET_CACHE_DIR: file.cache,
    HYPERFLEET_SERVER_PORT: port,
    HYPERFLEET_HEALTH_PORT: String(await freePort()),
    HYPERFLEET_METRICS_PORT: String(await freePort()),
    HYPERFLEET_CLIENT_SERVER: `http://127.0.0.1:${port}`,
  }
  const shell = runFile('/bin/sh', ['-c', script()], environment, file.folder)
  t.after(() => shell.child.kill('SIGTERM'))
  const { code, stdout, stderr } = await shell.ended
  assert.equal(code, 0, `${stdout}${stderr}`)

  const server = file.serve()
  t.after(() => server.child.kill('SIGKILL'))
  const query = new URLSearchParams({ search: "status.conditions.Ready='True'" })
  const answer = await fetch(`${await apiOf(server)}/clusters?${query}`)
  const list: unknown = await answer.json()
  assert.ok(typeof list === 'object' && list !== null && 'total' in list)
  assert.equal(list.total, 1)
})
