// Watches are the difference between two answers, whatever happens: clients apply the events of their streams to a map, stop reading, are cut off at any
// byte and resume, while clusters are written and servers stop, or die, and start again. At each BOOKMARK the map is what a list with the same search
// finds in the state of its number. `npm run test:crash -- watch watch-kill` goes on for long.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'
import { type Draw, drawFrom } from '../search/random-state.ts'
import { addToProofs } from './proofs.ts'
import { ServerProcess } from './server-process.ts'
import { WatchFollower } from './watch-follower.ts'
import { SEARCHES, WatchedFleet } from './watched-fleet.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const HISTORIES = Number(process.env.HYPERFLEET_TEST_WATCH_HISTORIES ?? 4)
const KILLS = Number(process.env.HYPERFLEET_TEST_WATCH_KILLS ?? 4)
/** Distance of the seeds of the histories of a run. The next run has the next seed. */
const SEED_STEP = 100_003
const WRITERS = 4
const FOLLOWERS = 6
const LIVES = 3
const LIFE_MS = 1000
const BOOKMARKS = { HYPERFLEET_WATCHES_BOOKMARK_INTERVAL_MS: '1000' }
const CHECKPOINTS = 'HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES'

/** The fleet with its followers, over the lives of servers. */
class History {
  readonly draw: Draw
  readonly fleet: WatchedFleet
  readonly followers: readonly WatchFollower[]
  origin: string

  constructor(seed: number, origin: string) {
    this.draw = drawFrom(seed)
    this.origin = origin
    this.fleet = new WatchedFleet(this.draw, WRITERS)
    this.followers = Array.from({ length: FOLLOWERS }, (_, i) => {
      const search = SEARCHES[i % SEARCHES.length]
      assert.ok(search !== undefined)
      return new WatchFollower(search, drawFrom(seed + i), () => this.origin)
    })
  }

  /** The next server is here, and has all that was answered. */
  async goOn(origin: string): Promise<void> {
    this.origin = origin
    await this.fleet.settle(origin)
  }

  /** Lets everybody come to the end. Then all are cut off once more, and resume. */
  async finish(): Promise<void> {
    const { fleet, followers } = this
    for (const follower of followers) follower.steady()
    await this.#allReach()
    const before = followers.map(({ resumptions }) => resumptions)
    for (const follower of followers) follower.cut()
    await fleet.write(this.origin, 3)
    await this.#allReach()
    for (const follower of followers) {
      await follower.end()
      follower.check(fleet)
    }
    for (const [i, { resumptions }] of followers.entries()) assert.ok(resumptions > (before[i] ?? 0))
  }

  async end(): Promise<void> {
    for (const follower of this.followers) await follower.end()
  }

  async #allReach(): Promise<void> {
    // Also a search that finds nothing of it gets a BOOKMARK, each second.
    await this.fleet.write(this.origin, 1)
    await Promise.all(this.followers.map(follower => follower.reached(this.fleet.sequence)))
  }
}

/** A server on the files as they are now, as after a death. Nothing is written meanwhile. */
async function startOnCopy(server: TestServer, engine: EngineName, folder: string): Promise<TestServer> {
  for (const part of ['journal', 'snapshot'])
    cpSync(join(server.folder, part), join(folder, part), { recursive: true })
  return startTestServer({ engine, folder, environment: { ...BOOKMARKS, [CHECKPOINTS]: '20' } })
}

async function live(seed: number, engine: EngineName, home: string): Promise<History> {
  const draw = drawFrom(seed)
  let canCopy = draw(2) === 0
  const environment = () => ({ ...BOOKMARKS, [CHECKPOINTS]: canCopy ? '1000000' : '20' })
  let server = await startTestServer({ engine, folder: join(home, '0'), environment: environment() })
  const history = new History(seed, server.origin)
  try {
    for (let life = 1; life <= LIVES; life++) {
      await history.fleet.write(server.origin, 5 + draw(25))
      if (canCopy) {
        const next = await startOnCopy(server, engine, join(home, String(life)))
        await history.goOn(next.origin)
        await server.server.close()
        server = next
        canCopy = false
      } else {
        canCopy = draw(2) === 0
        server = await server.restart(environment())
        await history.goOn(server.origin)
      }
    }
    await history.finish()
  } finally {
    await history.end()
    await server.server.close()
  }
  return history
}

for (const engine of ENGINES)
  test(`contract 12.4, 12.5: clients that are late, cut off and resume have the list at each BOOKMARK, over restarts (${engine}, seed ${SEED})`, async t => {
    let [writes, bookmarks, resumptions, histories] = [0, 0, 0, 0]
    for (let number = ENGINES.indexOf(engine); number < HISTORIES; number += ENGINES.length) {
      const home = await mkdtemp(join(tmpdir(), 'hyperfleet-watch-'))
      const { fleet, followers } = await live(SEED + number * SEED_STEP, engine, home)
      await rm(home, { recursive: true, force: true })
      histories++
      writes += fleet.writes
      for (const follower of followers) {
        bookmarks += follower.bookmarks
        resumptions += follower.resumptions
      }
    }
    t.diagnostic(
      `${histories} histories: ${writes} writes, ${bookmarks} bookmarks, ${resumptions} resumptions`,
    )
    addToProofs('watch', SEED, { histories, writes, bookmarks, resumptions })
  })

for (const engine of ENGINES)
  test(`contract 12.4, 12.5: clients resume from the server that follows one that was killed (${engine}, seed ${SEED})`, async t => {
    const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-watch-'))
    const draw = drawFrom(SEED)
    const environment = { ...BOOKMARKS, [CHECKPOINTS]: '50', HYPERFLEET_SERVER_ENGINE: engine }
    const prepare = () => new ServerProcess(folder, environment)
    const kills = Math.ceil(KILLS / ENGINES.length)
    let server = prepare()
    let next = prepare()
    const history = new History(SEED, await server.start())
    try {
      for (let kill = 0; kill < kills; kill++) {
        const writing = history.fleet.write(history.origin, 10_000)
        await Promise.race([delay(draw(LIFE_MS)), writing])
        await server.kill()
        await writing
        server = next
        next = prepare()
        await history.goOn(await server.start())
        for (const follower of history.followers) follower.check(history.fleet)
      }
      await history.finish()
    } finally {
      await history.end()
      for (const each of [server, next]) await each.kill()
      await rm(folder, { recursive: true, force: true })
    }
    t.diagnostic(`${kills} kills, ${history.fleet.writes} writes`)
    addToProofs('watch-kill', SEED, { kills, writes: history.fleet.writes })
  })
