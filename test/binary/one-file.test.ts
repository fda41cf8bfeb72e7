// The one-file program as users run it: its version, its requirements and its durability.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chooseTransport } from '../../src/http/transport/load.ts'
import { apiOf, type CommandProcess } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { diskAccess, mountSmallDisk } from '../harness/small-disk.ts'
import { OneFile, whyNoBinary } from './one-file.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const require = createRequire(import.meta.url)
const access = diskAccess()
const ONLY_BUILT = { skip: whyNoBinary ?? false, timeout: TEST_HANGS_AFTER_MS }
const ADAPTERS = ['validator', 'dns']
const TRUE = ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' }))

/** Starts the server, and kills it at the end of the test. */
async function started(t: TestContext, file: OneFile) {
  const server = file.serve('--adapters-required-cluster', JSON.stringify(ADAPTERS))
  t.after(() => server.child.kill('SIGKILL'))
  return { server, api: await apiOf(server) }
}

async function kill(server: CommandProcess): Promise<void> {
  server.child.kill('SIGKILL')
  await server.ended
}

async function post(url: string, body: object): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await answer.text()
  assert.equal(answer.status, 201, text)
  return text
}

async function readyOnes(api: string): Promise<{ readonly total: number; readonly items: { id: string }[] }> {
  const query = new URLSearchParams({ search: "status.conditions.Ready='True'" })
  const answer = await fetch(`${api}/clusters?${query}`)
  assert.equal(answer.status, 200)
  // The contract tests check the schema of lists.
  return (await answer.json()) as { total: number; items: { id: string }[] }
}

test('it names its version, its commit, its engine and its Node', ONLY_BUILT, async t => {
  const { code, stdout, stderr } = await new OneFile(t).run(['version']).ended
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  assert.match(
    stdout,
    new RegExp(`^hyperfleet ${version}\ncommit +([0-9a-f]{40}|unknown)(\\+changes)?\nbuilt +\\S+Z\n`),
  )
  assert.match(stdout, /^Node {7}v24\.\d+\.\d+$/m)
  // The one-file program has the native engine if this Node has it.
  const isNative = chooseTransport('auto').engine === 'uws'
  assert.match(stdout, isNative ? /^engine {5}uWebSockets\.js \d+\.\d+\.\d+$/m : /^engine {5}node:http/m)
})

test('it prints the pages and the licenses that it was built with', ONLY_BUILT, async t => {
  const file = new OneFile(t)
  const { stdout: list } = await file.run(['docs']).ended
  const pages = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  for (const path of pages.filter(page => page.endsWith('.md') && page !== 'README.md')) {
    const topic = basename(path, '.md').toLowerCase()
    assert.match(list, new RegExp(`^ {2}${topic} `, 'm'))
    const { stdout } = await file.run(['docs', topic]).ended
    assert.equal(stdout, readFileSync(join(ROOT, 'docs', path), 'utf8'))
  }
  const { stdout } = await file.run(['docs', 'licenses']).ended
  for (const name of ['lmdb', '@btc-vision/uwebsockets.js', 'Node'])
    assert.match(stdout, new RegExp(`^# ${name} `, 'm'))
})

test('acknowledged writes survive kill -9, from an empty folder on', ONLY_BUILT, async t => {
  const file = new OneFile(t)
  const beginning = performance.now()
  const first = await started(t, file)
  t.diagnostic(`ready after ${Math.round(performance.now() - beginning)} ms, with an empty cache`)
  const created = await post(`${first.api}/clusters`, { kind: 'Cluster', name: 'survivor', spec: { a: 1 } })
  const { id } = JSON.parse(created)
  assert.equal((await readyOnes(first.api)).total, 0)
  for (const adapter of ADAPTERS) {
    const observed_time = new Date().toISOString()
    const report = { adapter, observed_generation: 1, observed_time, conditions: TRUE }
    await post(`${first.api}/clusters/${id}/statuses`, report)
  }
  const before = await readyOnes(first.api)
  assert.deepEqual(
    before.items.map(cluster => cluster.id),
    [id],
  )
  await kill(first.server)

  const again = performance.now()
  const second = await started(t, file)
  t.diagnostic(`ready again after ${Math.round(performance.now() - again)} ms`)
  assert.deepEqual(await readyOnes(second.api), before)
  await kill(second.server)
  assert.deepEqual(readdirSync(file.folder), ['data'])
})

test(
  'it serves the page that shows the API, and takes nothing from the machine but libraries',
  ONLY_BUILT,
  async t => {
    const file = new OneFile(t)
    const { server, api } = await started(t, file)
    for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
      const answer = await fetch(`${dirname(api)}/openapi-page/${name}`)
      const expected = readFileSync(require.resolve(`swagger-ui-dist/${name}`))
      assert.ok(Buffer.from(await answer.arrayBuffer()).equals(expected), name)
    }
    const processFolder = `/proc/${server.child.pid}`
    assert.equal(readlinkSync(`${processFolder}/exe`), file.path)
    const maps = readFileSync(`${processFolder}/maps`, 'utf8')
    const mapped = [...maps.matchAll(/ (\/.+)$/gm)].map(([, path = '']) => path)
    const foreign = mapped.filter(
      path =>
        ![file.path, file.cache, file.folder].some(own => path.startsWith(own)) && !/\.so[.\d]*$/.test(path),
    )
    assert.deepEqual(foreign, [])
    assert.ok(mapped.some(path => path.startsWith(file.cache)))
    await kill(server)
  },
)

test('many that start at once on an empty cache all start, and share it', ONLY_BUILT, async t => {
  const file = new OneFile(t)
  const runs = await Promise.all(Array.from({ length: 6 }, () => file.run(['version']).ended))
  assert.deepEqual(
    runs.map(({ code }) => code),
    [0, 0, 0, 0, 0, 0],
  )
  assert.equal(statSync(file.cache).mode & 0o777, 0o700)
  for (const name of readdirSync(file.cache)) assert.match(name, /^[0-9a-f]{64}-[\w-]+\.node$/)
})

/** A command that opens a data folder. Others, such as `version`, load no native module. */
const LOADS_NATIVE_MODULES = ['verify', '--storage-path', 'data']

test('a cache folder that others can write to ends the start with a sentence', ONLY_BUILT, async t => {
  const file = new OneFile(t)
  mkdirSync(file.cache)
  chmodSync(file.cache, 0o777)
  const { code, stderr } = await file.run(LOADS_NATIVE_MODULES).ended
  assert.equal(code, 1)
  assert.match(stderr, /^hyperfleet: refusing to load native modules from .* HYPERFLEET_CACHE_DIR .*\n$/)
  assert.deepEqual(readdirSync(file.cache), [])
})

test('a cache folder mounted with noexec ends the start with a sentence', {
  ...ONLY_BUILT,
  skip: whyNoBinary ?? (access.kind === 'mount' ? false : 'nothing may be mounted here'),
}, async t => {
  const file = new OneFile(t)
  const disk = mountSmallDisk(32 << 20, 'noexec')
  t.after(() => disk.unmount())
  const environment = { HYPERFLEET_CACHE_DIR: join(disk.folder, 'cache') }
  const { code, stderr } = await file.run(LOADS_NATIVE_MODULES, environment).ended
  assert.equal(code, 1)
  assert.match(stderr, /^hyperfleet: .*noexec.*HYPERFLEET_CACHE_DIR.*\n$/)
  assert.equal(existsSync(file.cache), false)
})
