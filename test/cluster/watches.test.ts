// Watches and pages from several servers (contract 14.9), as processes on a PostgreSQL of their own.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { WatchFollower } from '../crash/watch-follower.ts'
import { SEARCHES, WatchedFleet } from '../crash/watched-fleet.ts'
import { BASE } from '../harness/client.ts'
import { type ClusterServer, TestCluster, until, writing } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { postgresPrograms } from '../harness/postgres.ts'
import { Relay } from '../harness/relay.ts'
import { ENGINES } from '../harness/server.ts'
import { Stream, type StreamEvent } from '../harness/stream.ts'
import { drawFrom } from '../search/random-state.ts'

const programs = postgresPrograms()
const skip = 'missing' in programs ? programs.missing : false
const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const KILLS = Number(process.env.HYPERFLEET_TEST_CLUSTER_KILLS ?? 2)
const WRITERS = 4
const FOLLOWERS = 6
const SEQUENCE = 'x-hyperfleet-sequence'
const WATCH = '/clusters?watch=true'

for (const engine of ENGINES)
  test(`contract 14.9: clients of watches have the list at each BOOKMARK, at server after server and while writers are killed (${engine}, seed ${SEED})`, {
    skip,
    timeout: TEST_HANGS_AFTER_MS,
  }, async t => {
    assert.ok('folder' in programs)
    const draw = drawFrom(SEED)
    const cluster = await TestCluster.start(programs.folder)
    const fleet = new WatchedFleet(draw, WRITERS, true)
    let followers: WatchFollower[] = []
    try {
      const environment = {
        HYPERFLEET_SERVER_ENGINE: engine,
        HYPERFLEET_WATCHES_BOOKMARK_INTERVAL_MS: '1000',
      }
      const first = await cluster.server(environment)
      const servers = [first, await cluster.server(environment), await cluster.server(environment)]
      assert.equal((await first.run(['cluster', 'init'])).code, 0)
      for (const server of servers) await server.start()
      const living = () => servers.filter(({ isRunning }) => isRunning)
      let streams = 0
      // Each stream is at another server than the one before.
      const origin = () => living()[streams++ % living().length]?.origin ?? ''
      followers = Array.from({ length: FOLLOWERS }, (_, i) => {
        const search = SEARCHES[i % SEARCHES.length]
        assert.ok(search !== undefined)
        return new WatchFollower(search, drawFrom(SEED + i), origin)
      })
      for (let kill = 0; kill < KILLS; kill++) {
        const writer = await writerOf(living())
        const other = servers.find(server => server !== writer && server.isRunning)
        assert.ok(other !== undefined)
        const enough = fleet.sequence + 10 + draw(40)
        const writes = fleet.write(other.origin, 30)
        await until('some writes are answered', async () => (fleet.sequence > enough ? true : undefined))
        await writer.kill()
        await writes
        await writerOf(living())
        await fleet.settle(other.origin)
        await writer.start()
        for (const follower of followers) follower.check(fleet)
      }
      for (const follower of followers) follower.steady()
      await reachAll(fleet, followers, origin())
      const before = followers.map(({ resumptions }) => resumptions)
      for (const follower of followers) follower.cut()
      await fleet.write(origin(), 3)
      await reachAll(fleet, followers, origin())
      for (const follower of followers) {
        await follower.end()
        follower.check(fleet)
      }
      for (const [i, { resumptions }] of followers.entries()) assert.ok(resumptions > (before[i] ?? 0))
    } finally {
      await Promise.allSettled(followers.map(follower => follower.end()))
      await cluster.remove()
    }
    const sum = (name: 'bookmarks' | 'resumptions') => followers.reduce((all, each) => all + each[name], 0)
    t.diagnostic(`${fleet.writes} writes, ${sum('bookmarks')} bookmarks, ${sum('resumptions')} resumptions`)
  })

function writerOf(servers: readonly ClusterServer[]): Promise<ClusterServer> {
  return until('a server is the writer', async () => {
    for (const server of servers) if ((await server.ready()).cluster?.role === 'writer') return server
    return undefined
  })
}

async function reachAll(fleet: WatchedFleet, followers: readonly WatchFollower[], origin: string) {
  await fleet.write(origin, 1)
  await Promise.all(followers.map(follower => follower.reached(fleet.sequence)))
}

describe('a server that is behind', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let cluster: TestCluster
  let relay: Relay
  let one: ClusterServer
  /** Reaches the database through the relay. */
  let two: ClusterServer
  const PATIENT = { HYPERFLEET_CLUSTER_READ_WAIT_MS: '600000' }

  before(async () => {
    assert.ok('folder' in programs)
    cluster = await TestCluster.start(programs.folder)
    relay = await Relay.to(cluster.postgres.folder)
    const environment = { HYPERFLEET_CLUSTER_READS: 'any', HYPERFLEET_CLUSTER_MAX_STALENESS_MS: '0' }
    one = await cluster.server(environment)
    two = await cluster.server({ ...environment, HYPERFLEET_CLUSTER_URL: relay.url })
    assert.equal((await one.run(['cluster', 'init'])).code, 0)
    await one.start()
    await writing(one)
    await two.start()
  })

  after(async () => {
    relay?.close()
    await cluster?.remove()
  })

  /** Creates a cluster, and returns the number of its change. */
  const create = async (name: string, server = one): Promise<number> => {
    const created = await server.client.post('/clusters', { kind: 'Cluster', name, spec: {} })
    assert.equal(created.status, 201, created.text)
    return Number(created.headers[SEQUENCE])
  }
  /** The text to resume with after the newest change of the writer. */
  const newest = async (): Promise<string> => {
    const stream = await Stream.open(one.origin, WATCH)
    const events = await stream.untilBookmark()
    stream.close()
    return events.at(-1)?.since ?? ''
  }
  const resume = (since: string) => Stream.open(two.origin, `${WATCH}&since=${since}`)
  const shown = (events: readonly StreamEvent[]) =>
    events.map(({ type, object }) => (object === undefined ? type : `${type} ${object.name}`))

  /** A change that comes right after the beginning may be told as one of those before it, or as one of a stream that goes on. */
  const onlyOf = (name: string, events: readonly StreamEvent[]) => {
    assert.ok(events.every(({ type, object }) => type === 'BOOKMARK' || object?.name === name))
  }
  const openReads = async () => {
    const metrics = (await two.client.get('/metrics')).text
    return Number(/^hyperfleet_api_open_reads (\d+)$/m.exec(metrics)?.[1])
  }

  test('contract 14.9: ends a watch without a RESET, and resumes it later', async () => {
    relay.hold()
    await create('unknown')
    const since = await newest()
    const lines = await resume(since)
    const ofEvents = await Stream.open(two.origin, WATCH, {
      headers: { Accept: 'text/event-stream', 'Last-Event-ID': since },
    })
    for (const stream of [lines, ofEvents]) {
      assert.equal(stream.status, 200)
      assert.deepEqual(await stream.rest(), [])
      assert.ok(stream.isComplete)
    }
    // A text of another history is void at each server.
    const other = await resume('1.aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa.99')
    assert.equal((await other.next()).type, 'RESET')
    other.close()
    relay.release()
    await create('next')
    const events = await until('the watch is resumed', async () => {
      const stream = await resume(since)
      const came = await stream.untilBookmark().catch(() => undefined)
      stream.close()
      return came?.some(({ object }) => object?.name === 'next') ? came : undefined
    })
    assert.deepEqual(shown(events), ['MODIFIED next', 'BOOKMARK'])
  })

  test('contract 14.6, 14.9: gives no page of an older state than the first, which another server gave', async () => {
    for (let round = 0; round < 5; round++) {
      for (let n = 0; n < 4; n++) await create(`page-${round}-${n}`)
      const names: string[] = []
      let least: string | undefined
      for (let page = 1; ; page++) {
        const server = page % 2 === 1 ? one : two
        const headers = least === undefined ? {} : { 'X-HyperFleet-Min-Sequence': least }
        const read = await server.client.get(
          `/clusters?orderBy=created_time&order=asc&pageSize=3&page=${page}`,
          headers,
        )
        assert.equal(read.status, 200)
        least ??= String(read.headers[SEQUENCE])
        names.push(...read.json.items.map(({ name }: { name: string }) => name))
        if (names.length >= read.json.total) break
      }
      const whole = (await one.client.list('/clusters', { orderBy: 'created_time', order: 'asc' })).json
      assert.deepEqual(
        names,
        whole.items.map(({ name }: { name: string }) => name),
      )
    }
    relay.hold()
    const sequence = await create('page-unknown')
    const read = await two.client.get('/clusters?page=2', { 'X-HyperFleet-Min-Sequence': String(sequence) })
    assert.deepEqual([read.status, read.json.code], [503, 'HYPERFLEET-SVC-001'])
    relay.release()
  })

  test('contract 14.8: serves what is a watch, and has the writer answer what only looks like one', async () => {
    await two.stop()
    await two.start({ HYPERFLEET_CLUSTER_READS: 'writer', HYPERFLEET_STORAGE_COMMIT_DEADLINE_MS: '1500' })
    for (const query of ['watch=tru%65', 'w%61tch=true', 'watch=true&watch=false']) {
      const stream = await Stream.open(two.origin, `/clusters?${query}`)
      assert.equal((await stream.next()).type, 'RESET')
      stream.close()
    }
    const { id } = (await one.client.list('/clusters', { pageSize: 1 })).json.items[0]
    relay.hold()
    await create('hidden')
    // The writer answers, and this server does not show it before it has applied what that is as of.
    for (const path of [`/clusters/${id}?watch=true`, '/clusters?watch=false&watch=true', '/clusters?watch='])
      assert.equal((await two.client.get(path)).status, 503, path)
    relay.release()
  })

  test('contract 14.7: begins a watch with the latest state', async () => {
    const latest = { headers: { 'X-HyperFleet-Consistency': 'latest' } }
    for (let n = 0; n < 5; n++) {
      const sequence = await create(`latest-${n}`)
      for (const { origin } of [two, one]) {
        const stream = await Stream.open(origin, WATCH, latest)
        const reset = await stream.next()
        assert.ok(reset.type === 'RESET' && reset.sequence >= sequence)
        stream.close()
      }
    }
    relay.hold()
    assert.equal((await two.client.get(WATCH, latest.headers)).status, 503)
    relay.release()
  })

  test('contract 14.9: goes on with a watch once it has the change', async () => {
    await two.stop()
    await two.start(PATIENT)
    relay.hold()
    await create('awaited')
    const since = await newest()
    // The head comes with the first event.
    const resumed = resume(since)
    await until('the watch is counted', async () => ((await openReads()) === 1 ? true : undefined))
    await create('behind-it')
    relay.release()
    const stream = await resumed
    onlyOf('behind-it', await stream.until(({ object }) => object?.name === 'behind-it'))
    stream.close()
  })

  test('contract 14.6, 14.9, 12.11: a waiting list of one server goes on at another, and never goes back', async () => {
    relay.hold()
    const sequence = await create('waited-for')
    const list = await one.client.list('/clusters', { pageSize: 1 })
    const waiting = two.client.get('/clusters?pageSize=1&wait=5m', {
      'If-None-Match': String(list.headers.etag),
      'X-HyperFleet-Min-Sequence': String(sequence),
    })
    relay.release()
    await until('the other server waits', async () => ((await openReads()) === 1 ? true : undefined))
    await create('waited-for-too')
    const next = await waiting
    assert.equal(next.status, 200)
    assert.equal(next.json.total, list.json.total + 1)
  })

  test('contract 14.9, 12.8: a client that leaves while its watch waits leaves nothing', async () => {
    const since = (await newest()).replace(/\d+$/, number => String(Number(number) + 1000))
    const sent = request(`${two.origin}${BASE}${WATCH}&since=${since}`, { agent: false })
    sent.on('error', () => {})
    sent.end()
    await until('the watch is counted', async () => ((await openReads()) === 1 ? true : undefined))
    sent.destroy()
    await until('nothing is left', async () => ((await openReads()) === 0 ? true : undefined))
    const { status, text } = await Stream.open(two.origin, `${WATCH}&since=${since}`, { method: 'HEAD' })
    assert.deepEqual([status, text], [200, ''])
  })

  test('contract 14.4, 14.9: a server that becomes the writer goes on with a watch that waits', async () => {
    const text = await newest()
    const ahead = text.replace(/\d+$/, number => String(Number(number) + 2))
    const resumed = resume(ahead)
    await one.kill()
    await writing(two)
    for (const name of ['own-1', 'own-2', 'own-3']) await create(name, two)
    const stream = await resumed
    const events = await stream.until(({ object }) => object?.name === 'own-3')
    onlyOf('own-3', events)
    stream.close()
    await one.start()
  })

  test('contract 14.9, 12.8: a server that stops ends a watch that waits', async () => {
    const resumed = resume((await newest()).replace(/\d+$/, number => String(Number(number) + 1000)))
    await until('the watch is counted', async () => ((await openReads()) === 1 ? true : undefined))
    await two.stop()
    const stream = await resumed
    assert.deepEqual(await stream.rest(), [])
    assert.ok(stream.isComplete)
  })
})
