// Servers that lack what the database no longer keeps, and copy another one (contract 14.15), as processes on a PostgreSQL of their own. The writer is
// reached through a proxy, which cuts, holds back or damages copies.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { COPY_PATH, LEAST, PEER, PEER_SCHEME } from '../../src/http/cluster/copies.ts'
import { PeerTokens } from '../../src/replication/peer-token.ts'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { CutProxy } from '../harness/cut-proxy.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'
import { diskAccess, mountSmallDisk } from '../harness/small-disk.ts'
import { Stream, type StreamEvent } from '../harness/stream.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const ANY = { HYPERFLEET_CLUSTER_READS: 'any' }
/** Bytes of a copy before which a proxy acts: the copies of this fleet are longer. */
const MIDWAY = 100_000
const CLUSTERS = 150
/** Room for some copies. */
const DISK_BYTES = 24 << 20

describe('servers that copy another one', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let proxy: CutProxy
  let one: ClusterServer
  let two: ClusterServer
  const ids: string[] = []
  /** The text to resume a watch with, from before the removals. */
  let since = ''
  const removed = new Set<string>()

  before(async () => {
    assert.ok('folder' in programs)
    cluster = await TestCluster.start(programs.folder)
    proxy = await CutProxy.start(() => one.port)
    one = await cluster.server({ ...ANY, HYPERFLEET_CLUSTER_ADVERTISE_URL: proxy.origin })
    two = await cluster.server(ANY)
    const begun = await one.run(['cluster', 'init'])
    assert.equal(begun.code, 0, begun.stderr)
    await one.start()
    await writing(one)
    for (let n = 0; n < CLUSTERS; n++) ids.push(await create(`first-${n}`))
    since = (await bookmark(one, '/clusters?watch=true')).at(-1)?.since ?? ''
    for (const id of ids.splice(0, 5)) {
      const { status } = await one.client.send(`/clusters/${id}`, { method: 'DELETE' })
      assert.ok(status < 300, String(status))
      removed.add(id)
    }
    await create('after-removals')
    await trim()
  })

  after(async () => {
    await cluster?.remove()
    await proxy?.close()
  })

  async function create(name: string): Promise<string> {
    const spec = { filling: name.padEnd(2000, '.') }
    const { status, json } = await one.client.post('/clusters', { kind: 'Cluster', name, spec })
    assert.equal(status, 201)
    return json.id
  }

  /** Leaves only the newest entry of the journal. */
  const trim = () =>
    cluster.postgres.query(
      'delete from hyperfleet.entry where position < (select max(position) from hyperfleet.entry)',
    )

  const names = async (server: ClusterServer) => {
    const { json } = await server.client.list('/clusters', { pageSize: 1000 })
    return json.items.map(({ name }: { name: string }) => name)
  }

  /** The folders beside that of a server which belong to it. */
  const beside = ({ folder }: ClusterServer) =>
    readdirSync(dirname(folder)).filter(name => new RegExp(`^\\.?${basename(folder)}\\.`).test(name))

  /** Lets a server miss an entry. */
  const missSome = async (name: string) => {
    await create(`${name}-1`)
    await create(`${name}-2`)
    await trim()
  }

  test('contract 14.15: a new server takes a copy, as the journal no longer has its beginning', async () => {
    await two.start()
    await two.process.line('the data folder is a copy of another server')
    assert.deepEqual(await names(two), await names(one))
    const { status, cluster: part } = await two.ready()
    assert.deepEqual([status, part?.state, part?.behind], [200, 'following', 0])
    // The empty folder with which it began is gone.
    assert.deepEqual(beside(two), [])
    const metrics = (await one.client.get('/metrics')).text
    assert.match(metrics, /^hyperfleet_api_cluster_copies_total\{outcome="sent"\} 1$/m)
    const created = await two.client.post('/clusters', { kind: 'Cluster', name: 'through', spec: {} })
    assert.equal(created.status, 201)
    assert.deepEqual(await names(two), await names(one))
  })

  test('contract 12.4, 14.15: a watch resumes at the copied server, with the removals before the copy', async () => {
    const events = await bookmark(two, `/clusters?watch=true&since=${encodeURIComponent(since)}`)
    const types = new Set(events.map(({ type }) => type))
    assert.deepEqual([...types].sort(), ['BOOKMARK', 'DELETED', 'MODIFIED'])
    const deleted = events.filter(({ type }) => type === 'DELETED').map(({ object }) => object.id)
    assert.deepEqual(deleted.sort(), [...removed].sort())
    const modified = events.filter(({ type }) => type === 'MODIFIED').map(({ object }) => object.name)
    assert.deepEqual(modified.sort(), ['after-removals', 'through'])
  })

  test('contract 14.15: a server that returns takes a copy, and keeps its earlier folder until the next one', async () => {
    for (const round of ['a', 'b']) {
      await two.stop()
      await missSome(`away-${round}`)
      await two.start()
      await two.process.line('the data folder is a copy of another server')
      assert.deepEqual(await names(two), await names(one))
      const [kept = '', ...others] = beside(two)
      assert.match(kept, /\.behind-\d+$/)
      assert.deepEqual(others, [])
      const { code, stdout } = await two.run(['verify', `${dirname(two.folder)}/${kept}`])
      assert.equal(code, 0, stdout)
    }
    // A copy can be copied, with the removals that it has from the first one.
    const events = await bookmark(two, `/clusters?watch=true&since=${encodeURIComponent(since)}`)
    assert.equal(events.filter(({ type }) => type === 'DELETED').length, removed.size)
  })

  test('contract 14.15: a server that finds itself behind while it runs ends, and goes on from a copy', async () => {
    const { process } = two
    process.child.kill('SIGSTOP')
    await missSome('stopped')
    process.child.kill('SIGCONT')
    const { code, stdout } = await process.ended
    assert.equal(code, 1)
    assert.match(stdout, /ending; the next start copies the data folder of another server/)
    await two.start()
    assert.deepEqual(await names(two), await names(one))
  })

  test('contract 14.15: a copy that is cut off or damaged is not used, and another one is taken', async () => {
    for (const how of ['cut', 'damage'] as const) {
      await two.stop()
      await missSome(how)
      const before = proxy.treated
      proxy.treatNext({ after: MIDWAY, how })
      const process = two.begin()
      const line = JSON.parse(await process.line('has no copy yet'))
      assert.equal(proxy.treated, before + 1)
      assert.match(line.reason, how === 'cut' ? /broken off/ : /damaged|checksum|not a copy|Parse Error/i)
      await process.line('"ready"')
      assert.deepEqual(await names(two), await names(one))
    }
  })

  test('contract 14.15: a server that is killed while it copies has its folder as before, and copies at the next start', async () => {
    await two.stop()
    await missSome('killed')
    const before = proxy.treated
    proxy.treatNext({ after: MIDWAY, how: 'hold' })
    two.begin()
    await until('the copy is held back', async () => (proxy.treated > before ? true : undefined))
    const { status, reasons } = await two.ready()
    assert.equal(status, 503)
    assert.match(reasons.join(), /waiting for a copy/)
    await two.kill()
    const { code, stdout } = await two.run(['verify'])
    assert.equal(code, 0, stdout)
    await two.start()
    assert.deepEqual(await names(two), await names(one))
    // Nothing is left of the copy that was begun.
    assert.equal(beside(two).length, 1)
  })

  test('contract 14.15: a server whose peer is killed waits for a peer, and says so', async () => {
    await two.stop()
    await missSome('peer')
    const before = proxy.treated
    proxy.treatNext({ after: MIDWAY, how: 'hold' })
    const process = two.begin()
    await until('the copy is held back', async () => (proxy.treated > before ? true : undefined))
    await one.kill()
    proxy.drop()
    const line = JSON.parse(await process.line('has no copy yet'))
    assert.match(line.reason, /no server of the cluster has sent a copy/)
    const { status, reasons } = await two.ready()
    assert.equal(status, 503)
    assert.match(reasons.join(), /the last try failed|of another server/)
    await one.start()
    await process.line('"ready"')
    await writing(one)
    assert.deepEqual(await names(two), await names(one))
  })

  const noDisk = diskAccess().kind === 'mount' ? false : 'a small disk can only be mounted by root'
  test('contract 14.15: a server without room for a copy says so, and takes it when there is room', {
    skip: noDisk,
  }, async () => {
    const disk = mountSmallDisk(DISK_BYTES)
    const folder = join(disk.folder, 'fleet')
    const three = await cluster.server({ ...ANY, HYPERFLEET_STORAGE_PATH: folder })
    try {
      await three.start()
      await three.stop()
      await missSome('no-room')
      await disk.fill()
      const process = three.begin()
      const line = JSON.parse(await process.line('has no copy yet'))
      assert.match(line.reason, /not enough space|no room/)
      const { status, reasons } = await three.ready()
      assert.equal(status, 503)
      assert.match(reasons.join(), /a copy of a data folder/)
      await disk.free()
      await process.line('"ready"')
      assert.deepEqual(await names(three), await names(one))
      // The new folder and the earlier one.
      assert.equal(readdirSync(disk.folder).length, 2)
    } finally {
      await three.kill()
      disk.unmount()
    }
  })

  test('contract 14.15: only a server of the cluster gets a copy', async () => {
    const [row = []] = await cluster.postgres.query(`select encode(key, 'hex') from hyperfleet.peer_key`)
    const key = Buffer.from(String(row[0]), 'hex')
    const tokens = (key: Buffer, ageMs = 0) => {
      const store = { peerKey: async () => key, now: async () => Date.now() - ageMs }
      return new PeerTokens({ store, self: two.origin, nowMs: () => 0, randomId: () => 'abc' })
    }
    const ask = (token: string, sender = two.origin, method = 'GET') =>
      answerOf(one, method, { Authorization: `${PEER_SCHEME} ${token}`, [PEER]: sender })
    const right = await tokens(key).make(proxy.origin)
    assert.equal((await answerOf(one, 'GET', {})).status, 401)
    assert.equal((await ask('')).status, 401)
    assert.equal((await ask(right, 'http://other')).status, 401)
    assert.equal((await ask(await tokens(Buffer.alloc(32)).make(proxy.origin))).status, 401)
    assert.equal((await ask(await tokens(key).make(two.origin))).status, 401)
    assert.equal((await ask(await tokens(key, 120_000).make(proxy.origin))).status, 401)
    assert.equal((await ask(right, two.origin, 'HEAD')).status, 200)
    const copy = await ask(right)
    assert.equal(copy.status, 200)
    assert.ok(copy.bytes > MIDWAY)
    const ahead = await answerOf(one, 'GET', {
      Authorization: `${PEER_SCHEME} ${right}`,
      [PEER]: two.origin,
      [LEAST]: '999999',
    })
    assert.equal(ahead.status, 503)
    await two.stop()
  })

  test('contract 14.15: an operator replaces the folder of a stopped server, which stays aside', async () => {
    await two.start()
    const busy = await two.run(['cluster', 'reseed'])
    assert.equal(busy.code, 1)
    assert.match(busy.stderr, /in use/)
    await two.stop()
    const { code, stdout, stderr } = await two.run(['cluster', 'reseed'])
    assert.equal(code, 0, stderr)
    assert.match(stdout, /copied [\d,]+ clusters, 0 nodepools and 0 statuses as of journal entry/)
    const [, aside = ''] = /the previous data folder is now (.*)/.exec(stdout) ?? []
    const { code: sound } = await two.run(['verify', aside])
    assert.equal(sound, 0)
    await two.start()
    assert.deepEqual(await names(two), await names(one))
    await two.stop()
  })
})

/** The events of a watch up to its first bookmark. */
async function bookmark(server: ClusterServer, path: string): Promise<StreamEvent[]> {
  const stream = await Stream.open(server.origin, path)
  try {
    return await stream.untilBookmark()
  } finally {
    stream.close()
  }
}

/** The status of an answer to a request for a copy, and the length of its body. */
function answerOf(
  { origin }: ClusterServer,
  method: string,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly bytes: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}${COPY_PATH}`, { method, headers, agent: false }, response => {
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, bytes }))
    })
    sent.on('error', reject).end()
  })
}
