// A cluster whose database is away (contract 14.7, 14.8, 14.10), with the default: reads by the writer.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const COMMIT_DEADLINE_MS = 4000
const SEQUENCE = 'x-hyperfleet-sequence'

describe('a cluster whose database is away', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let one: ClusterServer
  let two: ClusterServer
  let id: string

  before(async () => {
    assert.ok('folder' in programs)
    cluster = await TestCluster.start(programs.folder)
    const environment = { HYPERFLEET_STORAGE_COMMIT_DEADLINE_MS: String(COMMIT_DEADLINE_MS) }
    one = await cluster.server(environment)
    two = await cluster.server({
      ...environment,
      HYPERFLEET_CLUSTER_READS: 'any',
      HYPERFLEET_CLUSTER_MAX_STALENESS_MS: '3000',
    })
    const begun = await one.run(['cluster', 'init'])
    assert.equal(begun.code, 0, begun.stderr)
    await one.start()
    await writing(one)
    await two.start()
    const created = await one.client.post('/clusters', { kind: 'Cluster', name: 'there', spec: {} })
    id = created.json.id
  })

  after(() => cluster?.remove())

  const name = async () => (await one.client.list('/clusters', { search: "name = 'away'" })).json.total

  test('contract 14.8: reads of the writer are confirmed while it is quiet', async () => {
    for (let n = 0; n < 3; n++) {
      await new Promise(resolve => setTimeout(resolve, 1100))
      assert.equal((await one.client.get(`/clusters/${id}`)).status, 200)
    }
  })

  test('contract 14.7, 14.8, 14.10: no server shows or answers what is unknown, and what was sent is stored once or not at all', async () => {
    cluster.postgres.pause()
    try {
      // No answer: the connection closes after the commit deadline.
      const write = one.client.post('/clusters', { kind: 'Cluster', name: 'away', spec: {} })
      const forwarded = two.client.post('/clusters', { kind: 'Cluster', name: 'forwarded', spec: {} })
      const outcomes = await Promise.allSettled([write, forwarded])
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
      )
      // Nobody can confirm that this is the newest state.
      const read = await one.client.get(`/clusters/${id}`)
      assert.deepEqual([read.status, read.json.code], [503, 'HYPERFLEET-SVC-001'])
      const latest = await two.client.get(`/clusters/${id}`, { 'X-HyperFleet-Consistency': 'latest' })
      assert.equal(latest.status, 503)
      const stale = await until('the follower is stale', async () => {
        const answer = await two.client.get(`/clusters/${id}`)
        return answer.status === 503 ? answer : undefined
      })
      assert.equal(stale.json.code, 'HYPERFLEET-SVC-001')
      assert.equal((await two.ready()).status, 503)
    } finally {
      cluster.postgres.resume()
    }
    const again = await until('a write is answered again', async () => {
      const answer = await one.client
        .post('/clusters', { kind: 'Cluster', name: 'again', spec: {} })
        .catch(() => undefined)
      return answer?.status === 201 || answer?.status === 409 ? answer : undefined
    })
    assert.ok(again)
    assert.ok((await name()) <= 1)
    // Writes without an answer may still become stored, so both lists are compared as of one change.
    await until('both servers show one state', async () => {
      const latest = await one.client.get('/clusters', { 'X-HyperFleet-Consistency': 'latest' })
      const read = await two.client.get('/clusters')
      if (read.status !== 200 || latest.status !== 200) return undefined
      if (read.headers[SEQUENCE] !== latest.headers[SEQUENCE]) return undefined
      assert.deepEqual(read.json, latest.json)
      return true
    })
  })

  test('contract 14.10: a database that refuses is answered with 503, and nothing of it is stored', async () => {
    const writer = (await one.ready()).cluster?.role === 'writer' ? one : two
    await cluster.postgres.query(
      `create function hyperfleet.refuse() returns trigger language plpgsql as
       $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$`,
    )
    await cluster.postgres.query(
      'create trigger refuse before insert on hyperfleet.entry for each row execute function hyperfleet.refuse()',
    )
    const refused = await writer.client.post('/clusters', { kind: 'Cluster', name: 'refused', spec: {} })
    assert.deepEqual([refused.status, refused.json.code], [503, 'HYPERFLEET-SVC-001'])
    await cluster.postgres.query('drop trigger refuse on hyperfleet.entry')
    const created = await until('a write is stored', async () => {
      const answer = await writer.client.post('/clusters', { kind: 'Cluster', name: 'refused', spec: {} })
      return answer.status === 503 ? undefined : answer
    })
    assert.equal(created.status, 201)
  })
})
