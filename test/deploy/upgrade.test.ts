// Follows docs/guide/upgrade.md with fleets of every format: verify, back up, start, verify, and both ways back.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { apiOf, runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const FLEETS = fileURLToPath(new URL('../../../test/deploy/fleets', import.meta.url))
const formats = readdirSync(FLEETS, { withFileTypes: true }).flatMap(entry =>
  entry.isDirectory() ? [entry.name] : [],
)
const LISTS = ['clusters', 'nodepools'] as const

const unzipped = (format: string, name: string) =>
  gunzipSync(readFileSync(join(FLEETS, format, `${name}.gz`)))

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A stored fleet of a format, in `data` of a new folder. */
function leftBehind(t: TestContext, format: string): { readonly folder: string; readonly data: string } {
  const folder = temporaryFolder(t)
  const data = join(folder, 'data')
  for (const name of ['journal', 'snapshot']) {
    mkdirSync(join(data, name), { recursive: true })
    writeFileSync(join(data, name, 'data.mdb'), unzipped(format, `${name}.mdb`))
  }
  return { folder, data }
}

/** Runs a command, which must succeed. Resolves with its output. */
async function done(folder: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, {}, folder).ended
  assert.equal(code, 0, stderr)
  return stdout
}

/** The digest of a folder without faults. */
async function digest(folder: string, ...args: string[]): Promise<string> {
  const [, found] = /^no faults; (sha256:[0-9a-f]{64})$/m.exec(await done(folder, 'verify', ...args)) ?? []
  assert.ok(found !== undefined)
  return found
}

/** Serves the data folder while `use` runs, then stops the server in an orderly way. */
async function serving(folder: string, use: (api: string) => Promise<void>): Promise<void> {
  const off = ['SERVER', 'HEALTH', 'METRICS'].map(name => [`HYPERFLEET_${name}_PORT`, '0'])
  const server = runCommand(['serve'], Object.fromEntries(off), folder)
  try {
    await use(await apiOf(server))
    server.child.kill('SIGTERM')
    assert.equal((await server.ended).code, 0)
  } finally {
    server.child.kill('SIGKILL')
  }
}

async function create(api: string): Promise<void> {
  const body = '{"kind":"Cluster","name":"after-the-upgrade","spec":{}}'
  const headers = { 'content-type': 'application/json' }
  assert.equal((await fetch(`${api}/clusters`, { method: 'POST', headers, body })).status, 201)
}

for (const format of formats)
  describe(`an upgrade from format ${format}`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    test('contract 4.8: the new version shows the fleet as the old one did, and writes to it', async t => {
      const { folder } = leftBehind(t, format)
      await digest(folder)
      await serving(folder, async api => {
        for (const list of LISTS) {
          const answer = await fetch(`${api}/${list}?pageSize=1000&orderBy=name`)
          assert.equal(await answer.text(), unzipped(format, `${list}.json`).toString(), list)
        }
        await create(api)
      })
      await digest(folder)
    })

    test('the way back is the backup from before, which is the fleet as it was', async t => {
      const { folder, data } = leftBehind(t, format)
      const before = await digest(folder)
      await done(folder, 'backup', 'before')
      await serving(folder, create)
      assert.notEqual(await digest(folder), before)
      await done(folder, 'restore', 'before', '--replace')
      assert.equal(await digest(folder, data), before)
      const [kept = ''] = readdirSync(folder).filter(name => name.startsWith('data.replaced-'))
      assert.notEqual(await digest(folder, kept), before)
    })

    test('or an export, which takes along what was written since', async t => {
      const { folder } = leftBehind(t, format)
      await serving(folder, create)
      const exported = await done(folder, 'export')
      assert.match(exported, /after-the-upgrade/)
      const other = temporaryFolder(t)
      writeFileSync(join(other, 'fleet.jsonl'), exported)
      await done(other, 'import', 'fleet.jsonl')
      await digest(other)
      // The digests may differ: an import numbers the resources without the gaps that removals left.
      assert.equal(await done(other, 'export'), exported)
    })
  })

test('there are fleets to upgrade', () => {
  assert.ok(formats.length >= 3)
})
