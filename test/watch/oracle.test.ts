// Random watches of random searches over a random fleet, under writes, removals, renumberings, clients that are slow, and time that passes between any
// two turns of the event loop. Each client applies its events, and at each BOOKMARK compares with what the slow evaluator finds in the state of that
// sequence. HYPERFLEET_TEST_SEED repeats a run, HYPERFLEET_TEST_FLEETS makes it longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { createSearches, isSearchableLabelKey, Turns } from '../../src/search/search.ts'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../src/state/records.ts'
import type { Format } from '../../src/watch/events.ts'
import { keyOf, type Subject } from '../../src/watch/since.ts'
import type { Watches } from '../../src/watch/watches.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
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
import { printSearch, searches as randomSearches, spellings } from '../search/random-search.ts'
import { type Draw, drawFrom, RandomState, sampleOf } from '../search/random-state.ts'
import { NOW } from '../search/sample.ts'
import { ManualTiming } from './manual-timing.ts'
import { type Listed, WatchClient } from './watch-client.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const FLEETS = Number(process.env.HYPERFLEET_TEST_FLEETS ?? 12)
const STEPS = 400
const SIZES = [0, 3, 30, 60, 90]

/** A client and its connection. */
interface Connection extends SlowClient {
  readonly subject: Subject
  readonly client: WatchClient
  /** True if the client has taken a part of a write, and will take nothing more. */
  isCut: boolean
  isOver: boolean
}

class Fleet {
  readonly random: RandomState
  readonly draw: Draw
  readonly timing: ManualTiming
  readonly watches: Watches
  readonly connections: Connection[] = []
  readonly ended: Connection[] = []
  readonly #indexTurns: (() => void)[] = []
  readonly #searches
  readonly #trees = new Map<string, Syntax | undefined>()
  readonly #followed = new Map<string, Followed>()

  constructor(seed: number) {
    this.draw = drawFrom(seed)
    // In a half of the fleets one step of work is all of a turn.
    this.timing = new ManualTiming(this.draw(2))
    this.random = new RandomState(this.pick(SIZES), this.draw, this.pick([1000, 20]))
    const { state } = this.random
    const kernels = loadKernels(new LinearMemory())
    const index = FleetIndex.attach(state, {
      kernels,
      seed: KNOWN_SEED,
      isSearchableLabelKey,
      nextTurn: callback => this.#indexTurns.push(callback),
      slotsPerTurn: 300,
    })
    // A search takes one turn if its clock does not move, and many if it does.
    let searchMs = 0
    const isSliced = this.draw(2) === 0
    const nowMs = () => (isSliced ? ++searchMs : 0)
    const turns = new Turns({ nowMs, nextTurn: callback => this.timing.nextTurn(callback) })
    this.#searches = createSearches(index, { turns, clock: () => NOW, nowMs })
    this.watches = createWatches({
      state,
      searches: this.#searches,
      timing: this.timing,
      clock: () => NOW,
      resumption: { changesPerStep: this.pick([1, 3, 256]), walks: this.pick([1, 32]) },
    })
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.draw(choices.length)] as T
  }

  write(): void {
    this.random.write()
    this.#note()
  }

  churn(kind: ResourceKind): void {
    this.random.churn(kind)
    this.#note()
  }

  indexTurn(): void {
    for (const callback of this.#indexTurns.splice(0)) callback()
  }

  open(search: string): void {
    const { state } = this.random
    const kind = this.pick(RESOURCE_KINDS)
    const owners = kind === 'NodePool' && this.draw(3) === 0 ? state.living('Cluster') : []
    this.#open({ kind, ownerId: owners[this.draw(Math.max(1, owners.length))]?.id, search })
  }

  /** Goes on with what the client of an earlier connection has. */
  resume({ subject, client }: Connection): void {
    const { ownerId } = subject
    if (ownerId === undefined || this.random.state.resource('Cluster', ownerId) !== undefined)
      this.#open(subject, client)
  }

  #open(subject: Subject, earlier?: WatchClient): void {
    const { kind, search } = subject
    const prepared = this.#searches[kind].prepare({ search })
    if (prepared.kind === 'fault') return
    const parsed = search === '' ? undefined : parseSearch(search)
    this.#trees.set(search, parsed?.kind === 'syntax' ? parsed.syntax : undefined)
    const format: Format = this.pick(['lines', 'server-sent'])
    const { listed } = this.#follow(subject)
    const client = new WatchClient(format, sequence => listed.get(sequence), earlier)
    const none = { isBlocked: false, isCut: false, isOver: false }
    const connection: Connection = { subject, client, watch: undefined, ...none }
    this.connections.push(connection)
    const output = {
      write: (bytes: Buffer) => {
        assert.ok(!connection.isOver)
        assert.ok(!connection.isBlocked, 'nothing is written to a client that is behind')
        connection.isCut = this.draw(40) === 0
        client.receive(connection.isCut ? bytes.subarray(0, this.draw(bytes.length)) : bytes)
        connection.isBlocked = connection.isCut || this.draw(4) === 0
        return !connection.isBlocked
      },
      end: () => this.close(connection),
      cutOff: () => this.close(connection),
    }
    const retryMs = format === 'lines' ? undefined : 2000
    const request = { subject, query: prepared, format, since: client.since, retryMs, output }
    connection.watch = this.watches.open(wholeWatch(request))
  }

  close(connection: Connection): void {
    if (connection.isOver) return
    connection.isOver = true
    this.connections.splice(this.connections.indexOf(connection), 1)
    this.ended.push(connection)
    connection.watch?.over()
    const key = keyOf(connection.subject)
    if (!this.connections.some(({ subject }) => keyOf(subject) === key)) this.#followed.delete(key)
  }

  /** Some client whose stream has ended comes again. */
  resumeOne(): void {
    const [connection] = this.ended.splice(this.draw(Math.max(1, this.ended.length)), 1)
    if (connection !== undefined) this.resume(connection)
  }

  unblock(connection: Connection): void {
    if (connection.isOver) return
    if (connection.isBlocked && connection.isCut) this.close(connection)
    else unblock(connection)
  }

  /** Lets everybody take everything, until nothing is left to send. */
  async finish(): Promise<void> {
    for (let round = 0; round < 200; round++) {
      this.timing.settle()
      await promises()
      for (const connection of [...this.connections]) this.unblock(connection)
      this.timing.pass(10)
    }
  }

  #follow(subject: Subject): Followed {
    const known = this.#followed.get(keyOf(subject))
    if (known !== undefined) return known
    const followed = { subject, listed: new Map(), documents: new Map() }
    this.#followed.set(keyOf(subject), followed)
    this.#noteSubject(followed)
    return followed
  }

  #note(): void {
    for (const followed of this.#followed.values()) this.#noteSubject(followed)
  }

  #noteSubject({ subject, listed, documents }: Followed): void {
    const { state } = this.random
    const tree = this.#trees.get(subject.search)
    const now = new Map<string, string>()
    for (const entry of ofSubject(state, subject)) {
      const version = `${entry.id} ${entry.headSequence} ${entry.conditionsSequence}`
      if (!documents.has(version)) {
        const matches = tree === undefined || naiveMatches(tree, entry.resource, NOW)
        documents.set(version, matches ? streamed(entry) : undefined)
      }
      const document = documents.get(version)
      if (document !== undefined) now.set(entry.id, document)
    }
    listed.set(state.sequence, now)
  }
}

/** A subject with what matched by sequence, and its documents by version, undefined for one that does not match. */
interface Followed {
  readonly subject: Subject
  readonly listed: Map<number, Listed>
  readonly documents: Map<string, string | undefined>
}

function searchesOf(seed: number): string[] {
  const trees = sampleOf(randomSearches, seed, 12)
  const forms = sampleOf(spellings, seed, 12)
  const texts = trees.map((tree, i) => printSearch(tree, forms[i] ?? []))
  return [
    '',
    '',
    "status.conditions.Ready='True'",
    "labels.in = 'a' and status.conditions.Ready='False'",
    ...texts,
  ]
}

test(`contract 12.2, 12.4, 12.5: at each BOOKMARK a stream adds up to the list as of its sequence (seed ${SEED})`, async () => {
  let bookmarks = 0
  for (let number = 0; number < FLEETS; number++) {
    const fleet = new Fleet(SEED + number)
    const texts = searchesOf(SEED + number)
    for (let step = 0; step < STEPS; step++) {
      switch (fleet.draw(9)) {
        case 0:
        case 1:
        case 2:
          for (let i = 0; i <= fleet.draw(4); i++) fleet.write()
          break
        case 3:
        case 4:
          fleet.timing.turn()
          if (fleet.draw(4) === 0) await promises()
          break
        case 5:
          fleet.timing.pass(fleet.draw(3) === 0 ? 300 : fleet.draw(30))
          break
        case 6: {
          const connection = fleet.pick(fleet.connections)
          if (connection !== undefined) fleet.unblock(connection)
          break
        }
        case 7:
          if (fleet.connections.length >= 12) break
          if (fleet.draw(2) === 0) fleet.open(fleet.pick(texts))
          else fleet.resumeOne()
          break
        default: {
          const connection = fleet.pick(fleet.connections)
          if (fleet.draw(6) === 0 && connection !== undefined) fleet.close(connection)
          if (fleet.draw(60) === 0) fleet.churn(fleet.pick(RESOURCE_KINDS))
          fleet.indexTurn()
        }
      }
    }
    await fleet.finish()
    // Everybody comes again, and those whose streams were cut.
    for (const connection of [...fleet.connections]) fleet.close(connection)
    fleet.write()
    while (fleet.ended.length > 0) fleet.resumeOne()
    await fleet.finish()
    for (const { client, subject } of fleet.connections) {
      const { events, bookmark, known } = client
      assert.equal(events.at(-1)?.type, 'BOOKMARK', JSON.stringify(subject))
      assert.ok(bookmark >= Math.max(...events.map(({ sequence }) => sequence)))
      assert.equal(bookmark, fleet.random.state.sequence)
      bookmarks += client.bookmarks
      assert.ok(known.size >= 0)
    }
    assert.equal(fleet.watches.use.behind, 0)
    for (const connection of [...fleet.connections]) fleet.close(connection)
    assert.deepEqual([fleet.watches.use.watches, fleet.watches.use.searches], [0, 0])
  }
  assert.ok(bookmarks > 0)
})
