// The fleet of the load harness: the real server loads its folder, and the workloads find their resources in it.
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clusterId } from '../../bench/load/fleet.ts'
import { FleetFolders } from '../../bench/load/fleet-folder.ts'
import { sampleAnswer } from '../../bench/load/sample.ts'
import {
  creates,
  expensive,
  getById,
  label,
  newest20,
  newest100,
  reports,
  stale,
  staleFields,
  staleMembers,
  type Workload,
} from '../../bench/load/workloads.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'

const CLUSTERS = 1000
let parent = ''
let folders: FleetFolders
let server: TestServer

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  folders = new FleetFolders(parent, false)
  const folder = await folders.copy({ clusters: CLUSTERS, statuses: 2 })
  server = await startTestServer({ engine: 'uws', folder })
})

after(async () => {
  await server.stop()
  folders.close()
  rmSync(parent, { recursive: true })
})

async function ask({ load }: Workload) {
  const { body } = await sampleAnswer(server.server.port, load.source.next(), load.status)
  return JSON.parse(body.toString())
}

test('every read is answered with what it is named after', async () => {
  assert.equal((await ask(getById(CLUSTERS))).id, clusterId(0))
  assert.deepEqual([(await ask(newest20)).size, (await ask(newest100)).size], [20, 100])
  const newest = (await ask(newest20)).items[0]
  assert.equal(newest.id, clusterId(CLUSTERS - 1))
  assert.equal(newest.status.conditions.length, 4)
  const labelled = await ask(label)
  assert.ok(labelled.total > 0 && labelled.total < CLUSTERS)
})

test('a hundred clusters are stale, by a query that is never the same', async () => {
  const first = stale.load.source.next().toString()
  assert.notEqual(stale.load.source.next().toString(), first)
  const { total, items } = await ask(stale)
  assert.deepEqual([total, items.length], [100, 20])
})

test('a poll for three fields gets a seventh of the bytes (contract 13.7)', async () => {
  const bytes = async ({ load }: Workload) => {
    const { body } = await sampleAnswer(server.server.port, load.source.next(), load.status)
    return body.length
  }
  const items = (await ask(staleFields)).items
  assert.equal(items.length, 20)
  for (const item of items) assert.deepEqual(Object.keys(item), ['id', 'generation', 'status'])
  const [whole, some] = [await bytes(stale), await bytes(staleFields)]
  assert.ok(some * 7 < whole, `${some} of ${whole} bytes`)
  // All but a hundred bytes of the page are the items, and three quarters of it the conditions themselves.
  const itemBytes = items.map((item: object) => JSON.stringify(item).length)
  const conditionBytes = items.map(
    ({ status }: { status: { conditions: object[] } }) => JSON.stringify(status.conditions[0]).length,
  )
  const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
  assert.ok(some - sum(itemBytes) < 100, `${some} bytes, items of ${sum(itemBytes)}`)
  assert.ok(sum(conditionBytes) > 0.75 * some, `conditions of ${sum(conditionBytes)} in ${some} bytes`)
  const members = await bytes(staleMembers)
  assert.ok(members * 10 < whole, `${members} of ${whole} bytes`)
})

test('every report is stored, also through other connections', async () => {
  const [one, many] = reports(CLUSTERS, [1, 2])
  assert.ok(one !== undefined && many !== undefined)
  for (let i = 0; i < CLUSTERS; i++) one.load.source.next()
  assert.equal((await ask(one)).adapter, 'validator')
  assert.equal((await ask(many)).adapter, 'validator')
})

test('clusters are created under new names', async () => {
  const workload = creates(1)
  assert.notEqual((await ask(workload)).name, (await ask(workload)).name)
})

test('the expensive queries are answered', async () => {
  const [unindexed, page] = expensive
  assert.ok(unindexed !== undefined && page !== undefined)
  assert.equal((await ask(unindexed)).total, 0)
  assert.equal((await ask(page)).size, 1000)
})
