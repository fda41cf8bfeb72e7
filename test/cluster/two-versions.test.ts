// Servers of two versions in one cluster, as during an upgrade: this build, and a copy of it that writes a newer form of entries.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ENTRY_FORMAT } from '../../src/replication/entry.ts'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const NEWER = '9.9.9'

/** With it the newer version writes the newer form. So the test does not depend on which server happens to be the writer before. */
const WRITE_NEWER = { TEST_NEWER_ENTRIES: '1' }

/** Makes a build of a newer version, which reads the entries of this one. Returns the path of its command. */
function newerBuild(folder: string): string {
  const dist = join(folder, 'dist')
  cpSync(join(ROOT, 'dist/src'), join(dist, 'src'), { recursive: true })
  for (const name of ['native', 'console']) symlinkSync(join(ROOT, 'dist', name), join(dist, name))
  for (const name of ['node_modules', 'package.json']) symlinkSync(join(ROOT, name), join(folder, name))
  const info = JSON.parse(readFileSync(join(ROOT, 'dist/build-info.json'), 'utf8'))
  writeFileSync(join(dist, 'build-info.json'), JSON.stringify({ ...info, version: NEWER }))
  const entry = join(dist, 'src/replication/entry.js')
  const text = readFileSync(entry, 'utf8')
  const newer = text.replace(
    `ENTRY_FORMAT = ${ENTRY_FORMAT}`,
    `ENTRY_FORMAT = ${ENTRY_FORMAT} + Number(process.env.TEST_NEWER_ENTRIES ?? 0)`,
  )
  assert.notEqual(newer, text)
  writeFileSync(entry, newer)
  return join(dist, 'src/cli/hyperfleet.js')
}

describe('servers of two versions', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  let cluster: TestCluster
  let old: ClusterServer
  let upgraded: ClusterServer
  let command: string

  const names = async ({ client }: ClusterServer): Promise<string[]> =>
    (await client.get('/clusters')).json.items.map(({ name }: { name: string }) => name).toSorted()
  const create = async ({ client }: ClusterServer, name: string) =>
    (await client.post('/clusters', { kind: 'Cluster', name, spec: {} })).status

  before(async () => {
    assert.ok('folder' in programs)
    command = newerBuild(folder)
    cluster = await TestCluster.start(programs.folder)
    const environment = { HYPERFLEET_CLUSTER_READS: 'any', HYPERFLEET_CLUSTER_MAX_STALENESS_MS: '0' }
    old = await cluster.server(environment)
    upgraded = await cluster.server(environment)
    const begun = await old.run(['cluster', 'init'])
    assert.equal(begun.code, 0, begun.stderr)
    await old.start()
    await writing(old)
    await upgraded.start()
    await upgraded.stop()
  })

  after(async () => {
    await cluster?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('contract 14.2, 14.13: a follower that is upgraded first reads the entries of the older writer', async () => {
    await upgraded.start({}, command)
    assert.equal(await create(old, 'by-the-older'), 201)
    assert.equal(await create(upgraded, 'through-the-newer'), 201)
    assert.deepEqual(await names(upgraded), ['by-the-older', 'through-the-newer'])
    await until('the newer one has registered', async () => {
      const { stdout } = await old.run(['cluster', 'status'])
      return stdout.includes(NEWER) || undefined
    })
  })

  test('contract 14.11, 14.12: an older server that meets an entry which it cannot read stops, and serves plain reads', async () => {
    await upgraded.stop()
    await upgraded.start(WRITE_NEWER, command)
    const before = await names(old)
    old.process.child.kill('SIGSTOP')
    await writing(upgraded)
    assert.equal(await create(upgraded, 'by-the-newer'), 201)
    old.process.child.kill('SIGCONT')
    const lost = () =>
      until('the older server has met it', async () => {
        const ready = await old.ready()
        return ready.cluster?.state === 'lost' ? ready : undefined
      })
    const { status, reasons } = await lost()
    assert.equal(status, 503)
    assert.match(reasons.join(), new RegExp(`has format ${ENTRY_FORMAT + 1}.*Start the newer version`))
    assert.equal(await create(old, 'refused'), 503)
    assert.deepEqual(await names(old), before)
    assert.equal((await old.client.get('/clusters?watch=true')).status, 503)
    // A restart with the older version says the same.
    await old.kill()
    await old.start()
    await lost()
    assert.deepEqual(await names(old), before)
    assert.equal((await upgraded.ready()).cluster?.role, 'writer')
  })

  test('contract 14.11, 14.12: it goes on when it is upgraded', async () => {
    await old.stop()
    await old.start(WRITE_NEWER, command)
    assert.equal((await old.ready()).status, 200)
    assert.deepEqual(await names(old), await names(upgraded))
    assert.equal(await create(old, 'after-the-upgrade'), 201)
    await until(
      'both have it',
      async () => (await names(upgraded)).includes('after-the-upgrade') || undefined,
    )
  })
})
