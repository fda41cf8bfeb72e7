// Streams that go on where an earlier one ended: the events, the reasons to begin with everything, and random histories of clients that are cut
// off. HYPERFLEET_TEST_SEED repeats a run, HYPERFLEET_TEST_HISTORIES makes it longer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../src/state/records.ts'
import { MAX_MORE_CHANGED } from '../../src/watch/watcher.ts'
import { drawFrom } from '../search/random-state.ts'
import { clusterOf, nodepoolOf } from '../store/samples.ts'
import { ManualTiming } from './manual-timing.ts'
import { type Listed, WatchClient } from './watch-client.ts'
import { type Lines, type OpenOptions, WatchedState } from './watched-state.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const HISTORIES = Number(process.env.HYPERFLEET_TEST_HISTORIES ?? 200)
const SEARCH = "labels.a = 'yes'"

function labelled(number: number, value: string): Resource {
  return clusterOf(number, { labels: new Map([['a', value]]) })
}

function nameOf(number: number): string {
  return clusterOf(number).name
}

/** The text of the last BOOKMARK of a client that has taken everything, which then leaves. */
function left(state: WatchedState, client: Lines): string {
  state.timing.settle()
  const { since } = JSON.parse(client.lines.at(-1) ?? '')
  client.watch?.over()
  return since
}

function watched(search = SEARCH, options: OpenOptions = {}, retainedRemovals = 1000) {
  const state = new WatchedState(new ManualTiming(), retainedRemovals)
  for (let number = 1; number <= 5; number++) state.put(labelled(number, number <= 3 ? 'yes' : 'no'))
  return { state, since: left(state, state.open(search, options)) }
}

function resumed(state: WatchedState, search: string, options: OpenOptions): string[] {
  const client = state.open(search, options)
  state.timing.settle()
  const events = client.take()
  client.watch?.over()
  return [...events.slice(0, -1).sort(), ...events.slice(-1)]
}

test('contract 12.4: a resumption tells one event for each resource that was changed, whatever it did before', () => {
  const { state, since } = watched()
  state.put(labelled(1, 'yes'))
  state.put(labelled(1, 'yes'))
  state.put(labelled(2, 'no'))
  state.put(labelled(4, 'yes'))
  state.put(labelled(5, 'no'))
  state.builder.remove(clusterOf(3))
  state.put(labelled(6, 'no'))
  state.put(labelled(7, 'yes'))
  state.put(labelled(8, 'no'))
  state.builder.remove(clusterOf(8))
  assert.deepEqual(resumed(state, SEARCH, { since }), [
    `DELETED ${nameOf(3)}`,
    `DELETED ${nameOf(8)}`,
    `LEFT ${nameOf(2)}`,
    `LEFT ${nameOf(5)}`,
    `LEFT ${nameOf(6)}`,
    `MODIFIED ${nameOf(1)}`,
    `MODIFIED ${nameOf(4)}`,
    `MODIFIED ${nameOf(7)}`,
    'BOOKMARK',
  ])
  assert.equal(state.watches.statistics.resumptions, 1)
})

test('contract 12.4: where nothing has changed a resumption is a BOOKMARK, with which one can resume again', () => {
  const { state, since } = watched()
  const client = state.open(SEARCH, { since })
  const again = left(state, client)
  assert.equal(again, since)
  assert.deepEqual(client.take(), ['BOOKMARK'])
  state.put(clusterOf(9))
  assert.deepEqual(resumed(state, SEARCH, { since: again }), [`LEFT ${nameOf(9)}`, 'BOOKMARK'])
})

test('contract 12.4: after its BOOKMARK a resumed stream is like another, with ADDED', () => {
  const { state, since } = watched()
  const client = state.open(SEARCH, { since })
  state.timing.settle()
  client.take()
  state.timing.pass(1000)
  state.put(labelled(4, 'yes'))
  state.timing.settle()
  assert.deepEqual(client.take(), [`ADDED ${nameOf(4)}`, 'BOOKMARK'])
})

test('contract 12.4: only the nodepools of the path are told', () => {
  const state = new WatchedState(new ManualTiming())
  for (const number of [1, 2]) state.put(clusterOf(number))
  const options = { kind: 'NodePool', ownerId: clusterOf(1).id } as const
  for (const [number, owner] of [
    [11, 1],
    [12, 1],
    [21, 2],
    [22, 2],
  ] as const)
    state.put(nodepoolOf(number, owner))
  const since = left(state, state.open('', options))
  state.put(nodepoolOf(11, 1))
  state.put(nodepoolOf(21, 2))
  for (const [number, owner] of [
    [12, 1],
    [22, 2],
  ] as const)
    state.builder.remove(nodepoolOf(number, owner))
  state.put(clusterOf(1))
  assert.deepEqual(resumed(state, '', { ...options, since }), [
    `DELETED ${nodepoolOf(12, 1).name}`,
    `MODIFIED ${nodepoolOf(11, 1).name}`,
    'BOOKMARK',
  ])
})

test('contract 12.4: the text of another search, path or history, or none, is no error: the stream begins with RESET', () => {
  const { state, since } = watched()
  const future = `${since.slice(0, since.lastIndexOf('.'))}.99`
  const others = ['', 'nonsense', '0', future, `${since}0`, since.replace('1.', '2.')]
  for (const other of others) assert.equal(resumed(state, SEARCH, { since: other }).at(-2), 'RESET', other)
  assert.equal(resumed(state, "labels.a = 'no'", { since }).includes('RESET'), true)
  assert.equal(resumed(state, SEARCH, { since, kind: 'NodePool' }).includes('RESET'), true)
  const elsewhere = new WatchedState(new ManualTiming(), 1000, 'another history')
  assert.equal(resumed(elsewhere, SEARCH, { since }).includes('RESET'), true)
  assert.equal(state.watches.statistics.resets['other-since'], others.length + 2)
})

test('contract 12.4: with relative times a stream begins with RESET', () => {
  const search = 'created_time < now'
  const { state, since } = watched(search)
  assert.equal(resumed(state, search, { since }).includes('RESET'), true)
  assert.equal(state.watches.statistics.resets['relative-times'], 1)
})

test('contract 12.4: a stream begins with RESET when removals of that time are not retained', () => {
  const { state, since } = watched(SEARCH, {}, 3)
  for (const number of [4, 5, 1]) state.builder.remove(clusterOf(number))
  const retained = resumed(state, SEARCH, { since })
  assert.deepEqual(retained, [...[1, 4, 5].map(number => `DELETED ${nameOf(number)}`), 'BOOKMARK'])
  state.builder.remove(clusterOf(2))
  assert.equal(resumed(state, SEARCH, { since }).includes('RESET'), true)
  assert.equal(state.watches.statistics.resets.removals, 1)
})

test('contract 12.4: a stream begins with RESET when the changed outnumber the matching by over 1,000', () => {
  const { state, since } = watched()
  for (let number = 100; number < 100 + MAX_MORE_CHANGED + 3; number++) state.put(labelled(number, 'no'))
  assert.equal(resumed(state, SEARCH, { since }).length, MAX_MORE_CHANGED + 4)
  state.put(labelled(99, 'no'))
  assert.equal(resumed(state, SEARCH, { since }).includes('RESET'), true)
  assert.equal(state.watches.statistics.resets.changes, 1)
})

/** One resource is passed in a step, and one step is all of a turn. */
const SLOWLY = { changesPerStep: 1, walks: 2 }

test('contract 12.4: what is written while the changes are found is told, also what neither matched nor matches', () => {
  const state = new WatchedState(new ManualTiming(1), 1000, undefined, SLOWLY)
  for (let number = 1; number <= 9; number++) state.put(labelled(number, 'yes'))
  const since = left(state, state.open(SEARCH))
  for (let number = 1; number <= 9; number++) state.put(labelled(number, number % 2 === 0 ? 'no' : 'yes'))
  const client = state.open(SEARCH, { since })
  state.timing.turn()
  assert.deepEqual(client.take(), [], 'the walk is under way')
  state.put(labelled(2, 'no'))
  state.put(labelled(4, 'yes'))
  state.builder.remove(clusterOf(6))
  state.put(labelled(3, 'no'))
  state.timing.settle()
  const events = client.take()
  assert.deepEqual(events.slice(0, -1).sort(), [
    `DELETED ${nameOf(6)}`,
    ...[2, 3, 8].map(number => `LEFT ${nameOf(number)}`),
    ...[1, 4, 5, 7, 9].map(number => `MODIFIED ${nameOf(number)}`),
  ])
  assert.equal(events.at(-1), 'BOOKMARK')
})

test('walks that nobody needs any more end', () => {
  const state = new WatchedState(new ManualTiming(1), 1000, undefined, SLOWLY)
  for (let number = 1; number <= 20; number++) state.put(labelled(number, 'yes'))
  const since = left(state, state.open(SEARCH))
  for (let number = 1; number <= 20; number++) state.put(labelled(number, 'yes'))
  const clients = Array.from({ length: 6 }, () => state.open(SEARCH, { since }))
  state.timing.turn()
  for (const client of clients.slice(0, 5)) client.watch?.over()
  state.timing.settle()
  assert.equal(clients[5]?.take().length, 21)
  assert.equal(state.watches.statistics.resumptions, 1)
})

test('contract 12.4: a browser forgets the text of a BOOKMARK that a RESET has made void', () => {
  const { state, since } = watched()
  const client = state.open(SEARCH, { since: `${since}0`, format: 'server-sent' })
  assert.deepEqual(client.lines.slice(0, 2), ['id: 0', ''])
  assert.match(client.lines[2] ?? '', /^data: \{"type":"RESET"/)
  assert.equal(client.lines.filter(line => line.startsWith('id: ')).length, 2)
})

/** A few clusters that begin and cease to match all the time, and one client whose connections are cut and made again. */
class History {
  readonly #draw
  readonly #state
  readonly #listed = new Map<number, Listed>()
  #client: WatchClient
  #connection: Lines | undefined
  #next = 1
  #living: number[] = []

  constructor(seed: number) {
    this.#draw = drawFrom(seed)
    const limits = { changesPerStep: 1 + this.#draw(3), walks: 1 + this.#draw(2) }
    const retained = this.#draw(3) === 0 ? 4 : 1000
    this.#state = new WatchedState(new ManualTiming(this.#draw(4) === 0 ? 0 : 1), retained, undefined, limits)
    for (let i = 0; i < 6; i++) this.#create()
    this.#client = this.#clientAfter(undefined)
    this.#connect()
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const choice = this.#draw(10)
      if (choice < 4) this.#write()
      else if (choice < 8) this.#state.timing.turn()
      else if (choice === 8) this.#state.timing.pass(this.#draw(300))
      else if (this.#draw(2) === 0) this.#connect()
      else if (this.#connection !== undefined) {
        this.#connection.isFull = this.#draw(2) === 0
        if (!this.#connection.isFull) this.#connection.drain()
      }
      this.#receive()
    }
    this.#connect()
    this.#state.timing.settle()
    this.#receive()
    assert.equal(this.#client.events.at(-1)?.type, 'BOOKMARK')
    assert.equal(this.#client.bookmark, this.#state.builder.sequence)
  }

  /** A connection in place of the present one, of which some bytes may not have come. */
  #connect(): void {
    this.#connection?.watch?.over()
    this.#client = this.#clientAfter(this.#client)
    const { since } = this.#client
    this.#connection = this.#state.open(SEARCH, since === undefined ? {} : { since })
    this.#receive()
  }

  #clientAfter(earlier: WatchClient | undefined): WatchClient {
    return new WatchClient('lines', sequence => this.#listed.get(sequence), earlier)
  }

  #receive(): void {
    for (const line of this.#connection?.lines.splice(0) ?? []) this.#client.receive(Buffer.from(`${line}\n`))
  }

  #write(): void {
    const living = this.#living
    const number = living[this.#draw(Math.max(1, living.length))]
    const choice = this.#draw(12)
    if (number === undefined || choice === 0) this.#create()
    else if (choice === 1) {
      this.#state.builder.remove(clusterOf(number))
      living.splice(living.indexOf(number), 1)
      this.#note()
    } else this.#put(number)
  }

  #create(): void {
    const number = this.#next++
    this.#living.push(number)
    this.#put(number)
  }

  #put(number: number): void {
    this.#state.put(labelled(number, this.#draw(3) === 0 ? 'yes' : 'no'))
    this.#note()
  }

  #note(): void {
    const { state } = this.#state.builder
    const matching = state.living('Cluster').filter(({ resource }) => resource.labels?.get('a') === 'yes')
    const list = new Map(matching.map(entry => [entry.id, entry.json.toString('utf8')]))
    this.#listed.set(state.sequence, list)
  }
}

test(`contract 12.4, 12.5: a client that is cut off and resumes has the list at each BOOKMARK (seed ${SEED})`, () => {
  for (let number = 0; number < HISTORIES; number++) new History(SEED + number).run(150)
})
