// Servers of a cluster whose own folders have no room (contract 14.10): the writer's and a follower's. The database has room.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { buildRecorder, type RecorderAccess, recorderEnvironment } from '../crash/power/recorder.ts'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'
import { diskAccess, mountSmallDisk, type SmallDisk } from '../harness/small-disk.ts'

const programs = postgresPrograms()
const missing = 'missing' in programs ? programs.missing : undefined
const DISK_BYTES = 24 << 20
const PADDING = 'x'.repeat(4000)
const WRITERS = 8
/** Writes that may still find room in what the store has already taken. */
const MOST_WRITES = 5000

const scratch = mkdtempSync(join(tmpdir(), 'hyperfleet-cluster-full-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

type Disk = SmallDisk & { readonly environment: Record<string, string> }

function mounted(): Disk {
  const disk = mountSmallDisk(DISK_BYTES)
  return { ...disk, environment: { HYPERFLEET_STORAGE_PATH: disk.folder } }
}

let pretended = 0

/** A folder in which every write fails while it is full. */
function pretendedDisk({ library }: RecorderAccess & { kind: 'ready' }): Disk {
  const folder = join(scratch, `disk-${pretended++}`)
  const fullFile = `${folder}-is-full`
  mkdirSync(folder)
  const all = Object.entries(recorderEnvironment({ library, root: folder, fullFile }))
  const environment = Object.fromEntries(
    all.filter((each): each is [string, string] => each[1] !== undefined),
  )
  return {
    folder,
    environment: { ...environment, HYPERFLEET_STORAGE_PATH: folder },
    fill: async () => writeFileSync(fullFile, ''),
    free: async () => rmSync(fullFile, { force: true }),
    unmount: () => rmSync(folder, { recursive: true }),
  }
}

async function fullDisks(makeDisk: () => Disk): Promise<void> {
  assert.ok('folder' in programs)
  const cluster = await TestCluster.start(programs.folder)
  const disks = [makeDisk(), makeDisk()] as const
  try {
    const [one, two] = [
      await cluster.server(disks[0].environment),
      await cluster.server(disks[1].environment),
    ]
    assert.equal((await one.run(['cluster', 'init'])).code, 0)
    await one.start()
    await writing(one)
    await two.start()
    let writes = 0
    const write = async (server: ClusterServer) => {
      const content = { kind: 'Cluster', name: `full-${++writes}`, spec: { padding: PADDING } }
      const created = await server.client.post('/clusters', content)
      assert.equal(created.status, 201, created.text)
      return created.json.id
    }
    const isFull = async (server: ClusterServer) =>
      (await server.ready()).reasons.join().includes('disk is full')
    await write(one)
    for (const disk of disks) await disk.fill()
    // No write is refused before the disks are found full, and none after.
    let areFull = false
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, i) => {
        while (!areFull) {
          assert.ok(writes < MOST_WRITES, 'the disks are full, and no server says so')
          await write(i % 2 === 0 ? one : two)
          if (i === 0) areFull = (await isFull(one)) && (await isFull(two))
        }
      }),
    )
    for (const server of [one, two]) {
      const { status, reasons } = await server.ready()
      assert.equal(status, 503)
      assert.match(reasons.join(), /the disk is full: changes are not in the data folder of this server/)
      const id = await write(server)
      for (const { client } of [one, two]) assert.equal((await client.get(`/clusters/${id}`)).status, 200)
    }
    // What its folder lacks is in the database.
    await one.kill()
    await writing(two)
    await write(two)
    for (const disk of disks) await disk.free()
    await one.start()
    for (const server of [one, two])
      await until('the disk has room', async () => ((await server.ready()).status === 200 ? true : undefined))
    await write(one)
    const total = async ({ client }: ClusterServer) =>
      (await client.list('/clusters', { pageSize: 0 })).json.total
    assert.deepEqual([await total(one), await total(two)], [writes, writes])
    await Promise.all([one.stop(), two.stop()])
    for (const [i, server] of [one, two].entries()) {
      const { code, stdout } = await server.run(['verify', disks[i]?.folder ?? ''])
      assert.equal(code, 0, stdout)
    }
  } finally {
    await cluster.remove()
    for (const disk of disks) disk.unmount()
  }
}

const TITLE =
  "contract 14.10: full disks of the servers' own folders hinder no write, and /readyz says so until there is room"
const options = { timeout: TEST_HANGS_AFTER_MS }
const access = diskAccess()
const recorder = buildRecorder(scratch)
const noMount = access.kind === 'mount' ? undefined : 'no small disk can be mounted here'
test(`${TITLE} (a small disk)`, { ...options, skip: missing ?? noMount ?? false }, () => fullDisks(mounted))
const noRecorder = recorder.kind === 'ready' ? undefined : recorder.reason
test(`${TITLE} (each write fails)`, { ...options, skip: missing ?? noRecorder ?? false }, () => {
  assert.ok(recorder.kind === 'ready')
  return fullDisks(() => pretendedDisk(recorder))
})
