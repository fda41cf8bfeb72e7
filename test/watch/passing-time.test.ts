// Watched searches with relative times, in time that the test moves. HYPERFLEET_TEST_SEED repeats a run, HYPERFLEET_TEST_FLEETS makes it longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { createSearches, isSearchableLabelKey, nowOf, Turns } from '../../src/search/search.ts'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../src/state/records.ts'
import type { Subject } from '../../src/watch/since.ts'
import type { Watches } from '../../src/watch/watches.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import type { Instant } from '../../src/wire/instant.ts'
import {
  createWatches,
  ofSubject,
  promises,
  type SlowClient,
  streamed,
  unblock,
  wholeWatch,
} from '../harness/watch.ts'
import { naiveMatches } from '../search/naive.ts'
import { printSearch, searches as randomSearches, spellings, TIMES } from '../search/random-search.ts'
import { type Draw, drawFrom, RandomState, sampleOf } from '../search/random-state.ts'
import { condition, instant, NOW, resource } from '../search/sample.ts'
import { ManualTiming } from './manual-timing.ts'
import { WatchClient } from './watch-client.ts'
import { type Lines, WatchedState } from './watched-state.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const FLEETS = Number(process.env.HYPERFLEET_TEST_FLEETS ?? 8)
const STEPS = 120
const SECOND = 1_000_000n
const HOUR = 3600n * SECOND
/** Distances in the searches below. */
const DISTANCES = [0n, 24n * HOUR, HOUR, -HOUR]

/** Searches with each kind of relative leaf, and with parts that do not move. */
const SEARCHES = [
  "status.conditions.Ready='False' and status.conditions.Ready.last_updated_time < now-1h",
  "status.conditions.Ready.last_updated_time < now-1h or labels.a = 'a'",
  'status.conditions.Available.last_transition_time >= now-24h',
  'status.conditions.Ready.last_updated_time = now',
  'status.conditions.Ready.last_updated_time != now-1h',
  'created_time < now-24h',
  'not created_time <= now',
  "updated_time between now-1h and '2026-06-01T00:00:00Z'",
  'updated_time between now-24h and now+1h',
  "updated_time not between 'now-24h' and 'now'",
  "created_time in (now, now-1h, '2026-01-01T00:00:00Z')",
  'created_time not in (now-24h)',
  'deleted_time > now-1h',
  'not (deleted_time < now)',
]

interface Connection extends SlowClient {
  readonly subject: Subject
  readonly tree: Syntax
  readonly client: WatchClient
}

/** A random fleet, and a clock that the test sets. */
class TimedFleet {
  readonly draw: Draw
  readonly random: RandomState
  readonly timing = new ManualTiming()
  readonly watches: Watches
  readonly connections: Connection[] = []
  now: Instant = NOW
  readonly #searches
  readonly #indexTurns: (() => void)[] = []

  constructor(seed: number) {
    this.draw = drawFrom(seed)
    this.random = new RandomState(this.pick([0, 3, 60, 90]), this.draw)
    const { state } = this.random
    const index = FleetIndex.attach(state, {
      kernels: loadKernels(new LinearMemory()),
      seed: KNOWN_SEED,
      isSearchableLabelKey,
      nextTurn: callback => this.#indexTurns.push(callback),
      slotsPerTurn: 300,
    })
    // A look takes one turn if its clock does not move, and many if it does.
    let searchMs = 0
    const isSliced = this.draw(2) === 0
    const nowMs = () => (isSliced ? ++searchMs : 0)
    const turns = new Turns({ nowMs, nextTurn: callback => this.timing.nextTurn(callback) })
    const clock = () => this.now
    this.#searches = createSearches(index, { turns, clock, nowMs })
    this.watches = createWatches({ state, searches: this.#searches, timing: this.timing, clock })
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.draw(choices.length)] as T
  }

  /** Moves the clock some seconds, or to a moment at which an answer changes, forward or back. */
  moveClock(): void {
    const near = BigInt(this.draw(3) - 1)
    if (this.draw(2) === 0) this.now += BigInt(this.draw(5)) * SECOND
    else this.now = instant(this.pick(TIMES)) + this.pick(DISTANCES) + near
  }

  indexTurn(): void {
    for (const callback of this.#indexTurns.splice(0)) callback()
  }

  open(search: string): void {
    const { state } = this.random
    const kind: ResourceKind = this.pick(RESOURCE_KINDS)
    const owners = kind === 'NodePool' && this.draw(3) === 0 ? state.living('Cluster') : []
    const subject = { kind, ownerId: owners[this.draw(Math.max(1, owners.length))]?.id, search }
    const query = this.#searches[kind].prepare({ search })
    const parsed = parseSearch(search)
    if (query.kind === 'fault' || parsed.kind === 'fault' || nowOf(query) === undefined) return
    const client = new WatchClient('lines', () => undefined)
    const connection: Connection = {
      subject,
      tree: parsed.syntax,
      client,
      watch: undefined,
      isBlocked: false,
    }
    this.connections.push(connection)
    const output = {
      write: (bytes: Buffer) => {
        client.receive(bytes)
        connection.isBlocked = this.draw(4) === 0
        return !connection.isBlocked
      },
      end: () => this.close(connection),
      cutOff: () => this.close(connection),
    }
    connection.watch = this.watches.open(wholeWatch({ subject, query, output }))
  }

  close(connection: Connection): void {
    const place = this.connections.indexOf(connection)
    if (place === -1) return
    this.connections.splice(place, 1)
    connection.watch?.over()
  }

  /** Lets a second pass for the watches, and lets everybody take everything. */
  async second(): Promise<void> {
    for (let part = 0; part < 50; part++) {
      this.timing.settle()
      await promises()
      for (const connection of [...this.connections]) unblock(connection)
      this.timing.pass(20)
    }
  }

  /** Each client has the list as of the present time. */
  compare(): void {
    for (const { subject, tree, client } of this.connections) {
      const listed = new Map<string, string>()
      for (const entry of ofSubject(this.random.state, subject))
        if (naiveMatches(tree, entry.resource, this.now)) listed.set(entry.id, streamed(entry))
      const sorted = (documents: ReadonlyMap<string, string>) => [...documents].sort()
      assert.deepEqual(sorted(client.known), sorted(listed), `${JSON.stringify(subject)} at ${this.now}`)
    }
  }
}

function searchesOf(seed: number): string[] {
  const trees = sampleOf(randomSearches, seed, 60)
  const forms = sampleOf(spellings, seed, 60)
  const texts = trees.map((tree, i) => printSearch(tree, forms[i] ?? []))
  return [...SEARCHES, ...texts.filter(text => /now/i.test(text))]
}

test(`contract 12.7: a second after the clock was set, each watch adds up to the list as of that time (seed ${SEED})`, async () => {
  for (let number = 0; number < FLEETS; number++) {
    const fleet = new TimedFleet(SEED + number)
    const texts = searchesOf(SEED + number)
    for (let step = 0; step < STEPS; step++) {
      switch (fleet.draw(9)) {
        case 0:
        case 1:
          for (let i = 0; i <= fleet.draw(4); i++) fleet.random.write()
          break
        case 2:
          fleet.moveClock()
          break
        case 3:
          fleet.timing.turn()
          if (fleet.draw(4) === 0) await promises()
          break
        case 4:
          fleet.timing.pass(fleet.draw(1000))
          break
        case 5:
          if (fleet.connections.length > 0) unblock(fleet.pick(fleet.connections))
          break
        case 6:
          if (fleet.connections.length < 12) fleet.open(fleet.pick(texts))
          break
        case 7: {
          const connection = fleet.pick(fleet.connections)
          if (fleet.draw(6) === 0 && connection !== undefined) fleet.close(connection)
          if (fleet.draw(40) === 0) fleet.random.churn(fleet.pick(RESOURCE_KINDS))
          fleet.indexTurn()
          break
        }
        default:
          fleet.moveClock()
          // The watches look at most a second after it, and a look under way ends first.
          await fleet.second()
          await fleet.second()
          fleet.compare()
      }
    }
    for (const connection of [...fleet.connections]) fleet.close(connection)
    assert.deepEqual([fleet.watches.use.watches, fleet.watches.use.searches], [0, 0])
  }
})

/** A cluster whose `Ready` was last updated at a time. */
function reported(id: string, lastUpdatedTime: Instant) {
  return resource({ id, name: id, conditions: [condition({ status: 'False', lastUpdatedTime })] })
}

function timedState(now: Instant): { state: WatchedState; open: (search: string) => Lines } {
  const state = new WatchedState(new ManualTiming())
  state.now = now
  const open = (search: string) => {
    const client = state.open(search)
    state.timing.settle()
    client.take()
    return client
  }
  return { state, open }
}

/** Lets time pass for the clock and the watches. */
function pass(state: WatchedState, milliseconds: number): void {
  for (let ms = 0; ms < milliseconds; ms += 10) {
    state.now += 10_000n
    state.timing.pass(10)
    state.timing.settle()
  }
}

const STALE = 'status.conditions.Ready.last_updated_time < now-30m'
const HALF_HOUR = 30n * 60n * SECOND

test('contract 12.7: a resource that begins to match as time passes is told within a second, under the sequence of its last change', () => {
  const { state, open } = timedState(NOW)
  state.put(reported('2a', NOW - HALF_HOUR + 5n * SECOND))
  state.put(reported('2b', NOW - HALF_HOUR + 500n * SECOND))
  const client = open(STALE)
  pass(state, 5000)
  assert.deepEqual(client.take().filter(isNoBookmark), [])
  pass(state, 1000)
  const [added, bookmark] = client.lines.map(line => JSON.parse(line))
  assert.deepEqual([added.type, added.sequence, added.object.id], ['ADDED', 1, '2a'])
  assert.deepEqual([bookmark.type, bookmark.sequence], ['BOOKMARK', 2])
})

test('contract 12.7: a resource that ceases to match as time passes has left', () => {
  const { state, open } = timedState(NOW)
  state.put(reported('2a', NOW - 57n * SECOND))
  const client = open('status.conditions.Ready.last_updated_time > now-1m')
  pass(state, 4000)
  assert.deepEqual(client.take().filter(isNoBookmark), ['LEFT 2a'])
})

test('contract 12.7: a clock that is set back takes back what time has brought', () => {
  const { state, open } = timedState(NOW)
  state.put(reported('2a', NOW))
  const client = open(STALE)
  state.now += HOUR
  pass(state, 1000)
  assert.deepEqual(client.take().filter(isNoBookmark), ['ADDED 2a'])
  state.now -= HOUR
  pass(state, 1000)
  assert.deepEqual(client.take().filter(isNoBookmark), ['LEFT 2a'])
})

test('contract 12.7: a write is decided as of its own time', () => {
  const { state, open } = timedState(NOW)
  state.put(reported('2a', NOW))
  const client = open('status.conditions.Ready.last_updated_time <= now')
  for (let written = 0; written < 20; written++) {
    pass(state, 100)
    state.put(reported('2a', state.now))
    state.timing.pass(30)
    state.timing.settle()
  }
  assert.deepEqual(new Set(client.take().filter(isNoBookmark)), new Set(['MODIFIED 2a']))
})

test('contract 12.7: nothing is looked at once the searches with relative times have ended', () => {
  const { state, open } = timedState(NOW)
  const [relative, other] = [open(STALE), open("labels.a='b'")]
  assert.equal(state.watches.use.relativeTimes, 1)
  const again = open(STALE)
  assert.equal(state.watches.use.relativeTimes, 1)
  for (const client of [relative, again]) client.watch?.over()
  assert.equal(state.watches.use.relativeTimes, 0)
  pass(state, 2000)
  other.watch?.over()
})

function isNoBookmark(event: string): boolean {
  return event !== 'BOOKMARK'
}
