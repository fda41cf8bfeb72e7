// `hyperfleet backup` as users run it, with servers that are running, killed or stopped.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { FORMAT } from '../../src/store/codec.ts'
import { report, type TestClient } from '../harness/client.ts'
import { fill, partials, place, serve, stuckBackup } from './folder-process.ts'
import { runProgram } from './program.ts'

const WRITERS = 8
/** More clusters than fit into the buffers between server and backup. */
const LARGE = { clusters: 300, specBytes: 60_000 }

/** The last acknowledged number of each writer. */
type Answered = Map<string, number>

/** Creates a cluster, then changes it and reports on it until the signal aborts. */
async function write(client: TestClient, name: string, answered: Answered, stop: AbortSignal): Promise<void> {
  const { id } = await client.cluster(name, { spec: { n: 1 } })
  answered.set(name, 1)
  for (let n = 2; !stop.aborted; n++) {
    assert.equal((await client.patch(`/clusters/${id}`, { spec: { n } })).status, 200)
    const observed = new Date(1_767_225_600_000 + n * 1000).toISOString()
    assert.equal(
      (await client.post(`/clusters/${id}/statuses`, report('dns', 'True', n, observed))).status,
      201,
    )
    answered.set(name, n)
  }
}

test('contract 4.8, 5.7: a backup under load holds every write that was answered before, and is whole', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 100, 5000)
  const { server, client } = await serve(t, data)
  const stop = new AbortController()
  const answered: Answered = new Map()
  const writers = Array.from({ length: WRITERS }, (_, i) =>
    write(client, `writer-${i}`, answered, stop.signal),
  )
  while (answered.size < WRITERS || Math.min(...answered.values()) < 3)
    await Promise.race([new Promise(resolve => setTimeout(resolve, 10)), ...writers])
  const before = new Map(answered)
  const made = await runProgram('backup', join(folder, 'saved'), '--storage-path', data)
  assert.equal(made.code, 0, made.output)
  assert.match(
    made.output,
    /^copied 108 clusters, 100 nodepools and 8 statuses as of journal entry [\d,]+ from the running server to .*saved in [\d.]+ s$/m,
  )
  const after = new Map(answered)
  stop.abort()
  await Promise.all(writers)
  assert.equal((await server.stop()).code, 0)

  assert.equal(statSync(join(folder, 'saved')).mode & 0o777, 0o700)
  const verified = await runProgram('verify', join(folder, 'saved'))
  assert.equal(verified.code, 0, verified.output)
  assert.match(verified.output, /^no faults; sha256:[0-9a-f]{64}$/m)
  const restored = await runProgram('restore', join(folder, 'saved'), '--storage-path', join(folder, 'again'))
  assert.equal(restored.code, 0, restored.output)

  const again = await serve(t, join(folder, 'again'))
  const { json } = await again.client.list('/clusters', { search: "name like 'writer-%'" })
  assert.equal(json.total, WRITERS)
  for (const { name, id, generation, spec } of json.items) {
    assert.equal(spec.n, generation)
    const [least = 0, most = 0] = [before.get(name), after.get(name)]
    assert.ok(
      generation >= least && generation <= most + 1,
      `${name}: ${least} <= ${generation} <= ${most} + 1`,
    )
    // A report follows its change, so it is behind by at most one.
    const [status] = (await again.client.get(`/clusters/${id}/statuses`)).json.items
    assert.ok([generation, generation - 1].includes(status.observed_generation))
  }
  await again.client.cluster('after-the-restore')
})

test('kill -9 of the server in the middle of a backup ends it with a message, and leaves nothing', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  const to = join(folder, 'saved')
  await fill(data, LARGE.clusters, LARGE.specBytes)
  const { server } = await serve(t, data)
  const backup = await stuckBackup(data, to)
  await server.kill()
  backup.process.kill('SIGCONT')
  const { code, output } = await backup.ended
  assert.equal(code, 1, output)
  assert.match(output, /^hyperfleet: the server broke off in the middle of the copy/m)
  assert.equal(existsSync(to), false)
  assert.deepEqual(partials(to), [])
  // The killed server's socket is no obstacle.
  assert.ok(existsSync(join(data, 'control.sock')))
  const stopped = await runProgram('backup', to, '--storage-path', data)
  assert.equal(stopped.code, 0, stopped.output)
  await serve(t, data)
  const running = await runProgram('backup', join(folder, 'other'), '--storage-path', data)
  assert.equal(running.code, 0, running.output)
})

test('kill -9 of a backup leaves no whole one, and the server goes on', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, LARGE.clusters, LARGE.specBytes)
  const { server, client } = await serve(t, data)
  const backup = await stuckBackup(data, join(folder, 'saved'))
  backup.process.kill('SIGKILL')
  assert.equal((await backup.ended).code, null)
  assert.equal(existsSync(join(folder, 'saved')), false)
  const [partial = ''] = partials(join(folder, 'saved'))
  assert.notEqual((await runProgram('verify', join(folder, partial))).code, 0)
  await client.cluster('still-here')
  const other = await runProgram('backup', join(folder, 'saved'), '--storage-path', data)
  assert.equal(other.code, 0, other.output)
  assert.equal((await server.stop()).code, 0)
})

test('a server that is stopped in the middle of a backup does not wait for it', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, LARGE.clusters, LARGE.specBytes)
  const { server } = await serve(t, data)
  const backup = await stuckBackup(data, join(folder, 'saved'))
  assert.equal((await server.stop()).code, 0)
  backup.process.kill('SIGCONT')
  assert.equal((await backup.ended).code, 1)
  assert.deepEqual(partials(join(folder, 'saved')), [])
})

test('Ctrl-C ends a backup and removes the files that it has written', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, LARGE.clusters, LARGE.specBytes)
  await serve(t, data)
  const backup = await stuckBackup(data, join(folder, 'saved'))
  backup.process.kill('SIGINT')
  backup.process.kill('SIGCONT')
  const { code, output } = await backup.ended
  assert.equal(code, 130, output)
  assert.match(output, /^hyperfleet: interrupted: nothing was changed$/m)
  assert.deepEqual(readdirSync(folder), ['data'])
})

test("a stopped server's folder is copied under its lock, and the manifest says what was", async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 10)
  const { code, output } = await runProgram('backup', join(folder, 'saved'), '--storage-path', data)
  assert.equal(code, 0, output)
  assert.match(
    output,
    /^copied 10 clusters, 10 nodepools and 0 statuses as of journal entry 20 from .*data to /m,
  )
  const { created_time, digest, program, ...rest } = JSON.parse(
    readFileSync(join(folder, 'saved', 'manifest.json'), 'utf8'),
  )
  assert.deepEqual(rest, {
    format: 'hyperfleet-backup',
    version: 1,
    store_format: FORMAT,
    sequence: 20,
    clusters: 10,
    nodepools: 10,
    statuses: 0,
  })
  assert.ok(!Number.isNaN(Date.parse(created_time)))
})

test('obstacles to a backup are reported, and nothing is left', async t => {
  const folder = await place(t)
  const data = join(folder, 'data')
  await fill(data, 1)
  writeFileSync(join(folder, 'file'), 'x')
  const cases: readonly (readonly [readonly string[], RegExp, number?])[] = [
    [['backup'], /takes one folder to create\n/, 2],
    [['backup', 'a', 'b'], /takes one folder to create, not 'a b'/, 2],
    [['backup', 'a', '--nope'], /nope/, 2],
    [['backup', join(folder, 'to'), '--storage-path', join(folder, 'none')], /there is no folder .*none/],
    [['backup', join(folder, 'to'), '--storage-path', folder], /is not a data folder/],
    [['backup', join(folder, 'to'), '--storage-path', join(folder, 'file')], /is not a folder/],
    [['backup', join(folder, 'file'), '--storage-path', data], /is not an empty folder/],
    [['backup', data, '--storage-path', data], /is .*data or within it/],
    [['backup', join(data, 'to'), '--storage-path', data], /is .*data or within it/],
    [
      ['backup', join(folder, 'none', 'to'), '--storage-path', data],
      /the folder .*none does not exist: create it first/,
    ],
    [
      ['backup', join(folder, 'file', 'to'), '--storage-path', data],
      /is not a folder, or a part of its path is not/,
    ],
  ]
  for (const [args, words, expected = 1] of cases) {
    const { code, output } = await runProgram(...args)
    assert.equal(code, expected, `${args.join(' ')}: ${output}`)
    assert.match(output, words)
  }
  assert.deepEqual(readdirSync(folder).sort(), ['data', 'file'])
})
