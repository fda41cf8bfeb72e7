// Watchers one by one: the times of their events, and clients that are behind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_TYPES, maskOf } from '../../src/watch/events.ts'
import { processTiming } from '../../src/watch/schedule.ts'
import { MAX_BEHIND } from '../../src/watch/watcher.ts'
import { clusterOf } from '../store/samples.ts'
import { ManualTiming } from './manual-timing.ts'
import { type Lines, WatchedState } from './watched-state.ts'

/** A state whose clients have taken everything, and whose bookmarks are some time ago. */
function quietState(clients: (state: WatchedState) => Lines[]): { state: WatchedState; clients: Lines[] } {
  const state = new WatchedState(new ManualTiming())
  const opened = clients(state)
  state.timing.settle()
  state.timing.pass(1000)
  state.timing.settle()
  for (const client of opened) client.take()
  return { state, clients: opened }
}

function nameOf(number: number): string {
  return clusterOf(number).name
}

test('contract 12.6: a change after a pause is sent in the next turn, with its BOOKMARK', () => {
  const { state, clients } = quietState(state => [state.open(), state.open()])
  state.put(clusterOf(1))
  assert.deepEqual(clients[0]?.take(), [], 'nothing is sent in the turn of the write')
  state.timing.settle()
  for (const client of clients) assert.deepEqual(client.take(), [`ADDED ${nameOf(1)}`, 'BOOKMARK'])
})

test('contract 12.6: under many changes an event is sent within 100 ms and a BOOKMARK follows within 250', () => {
  const { state, clients } = quietState(state => [state.open(), state.open('', { types: maskOf(['ADDED']) })])
  const written = new Map<string, number>()
  const bookmarks: number[] = []
  let sinceEvent = Number.POSITIVE_INFINITY
  for (let number = 1; number <= 200; number++) {
    state.put(clusterOf(number))
    written.set(nameOf(number), state.timing.nowMs())
    state.timing.pass(7)
    state.timing.settle()
    for (const event of clients[0]?.take() ?? []) {
      const [, name = ''] = event.split(' ')
      const nowMs = state.timing.nowMs()
      if (event === 'BOOKMARK') bookmarks.push(nowMs)
      else assert.ok(nowMs - (written.get(name) ?? 0) <= 100)
      sinceEvent = event === 'BOOKMARK' ? Number.POSITIVE_INFINITY : Math.min(sinceEvent, nowMs)
    }
    assert.ok(state.timing.nowMs() - sinceEvent <= 250)
  }
  assert.ok(bookmarks.length >= 5)
  assert.ok((clients[0]?.writes ?? 0) < 100, 'events are sent together')
})

test('contract 12.6: without changes a BOOKMARK comes every 15 seconds', () => {
  const { state, clients } = quietState(state => [state.open()])
  let lastMs = 0
  for (let ms = 0; ms < 100_000; ms += 100) {
    state.timing.pass(100)
    state.timing.settle()
    if (clients[0]?.take().includes('BOOKMARK')) lastMs = ms
    assert.ok(ms - lastMs <= 15_000)
  }
})

test('contract 12.6: a turn of the event loop ends when its millisecond is over', () => {
  let nowMs = 0
  const turns: (() => void)[] = []
  const timing = {
    nowMs: () => (nowMs += 0.1),
    nextTurn: (callback: () => void) => turns.push(callback),
    after: () => () => {},
  }
  const state = new WatchedState(timing)
  for (let number = 0; number < 100; number++) state.put(clusterOf(number))
  const clients = Array.from({ length: 100 }, (_, i) => state.open(i % 2 === 0 ? '' : "name != 'x'"))
  const isDone = () => clients.every(({ lines }) => lines.at(-1)?.includes('BOOKMARK'))
  let count = 0
  for (; !isDone() && count < 10_000; count++) {
    const beganMs = nowMs
    for (const turn of turns.splice(0)) turn()
    assert.ok(nowMs - beganMs < 2, `${nowMs - beganMs} ms`)
  }
  assert.ok(isDone() && count > 10)
})

test('contract 12.6: a long list, of which a chunk takes longer than a turn, keeps nobody else waiting', () => {
  const state = new WatchedState(new ManualTiming(1))
  for (let number = 0; number < 5000; number++) state.put(clusterOf(number))
  const other = state.open(`name = '${nameOf(1)}'`)
  state.timing.settle()
  other.take()
  state.timing.pass(300)
  const long = state.open()
  state.timing.turn()
  state.put(clusterOf(1))
  for (let turns = 0; turns < 10; turns++) state.timing.turn()
  assert.equal(other.take()[0], `MODIFIED ${nameOf(1)}`)
  assert.ok(!long.take().includes('BOOKMARK'), 'the list is still being sent')
})

test('contract 12.5: a client that takes nothing is sent the newest version of each resource alone', () => {
  const { state, clients } = quietState(state => [state.open("labels.a = 'yes'")])
  const client = clients[0] as Lines
  const withLabel = (number: number, value: string) =>
    state.put(clusterOf(number, { labels: new Map([['a', value]]) }))
  client.isFull = true
  withLabel(1, 'yes')
  state.timing.settle()
  assert.deepEqual(client.take(), [`ADDED ${nameOf(1)}`, 'BOOKMARK'])
  withLabel(2, 'yes')
  withLabel(3, 'yes')
  for (let round = 0; round < 5; round++) {
    state.timing.pass(300)
    state.timing.settle()
    withLabel(1, round % 2 === 0 ? 'no' : 'yes')
    withLabel(3, 'yes')
  }
  withLabel(2, 'no')
  state.builder.remove(clusterOf(3))
  withLabel(4, 'yes')
  state.timing.pass(300)
  state.timing.settle()
  assert.deepEqual(client.take(), [], 'nothing is written to a client that takes nothing')
  assert.equal(state.watches.use.behind, 1)
  assert.ok(state.watches.use.behindResources >= 2)
  client.drain()
  state.timing.settle()
  assert.deepEqual(client.take().sort(), [`ADDED ${nameOf(4)}`, 'BOOKMARK', `LEFT ${nameOf(1)}`].sort())
  assert.equal(state.watches.use.behind, 0)
})

test('contract 12.5: a client that is behind by over 100,000 resources begins with a RESET', () => {
  const { state, clients } = quietState(state => [state.open(), state.open()])
  const [slow, other] = clients as [Lines, Lines]
  slow.isFull = true
  state.put(clusterOf(0))
  state.timing.settle()
  assert.deepEqual(slow.take(), [`ADDED ${nameOf(0)}`, 'BOOKMARK'])
  for (let number = 1; number <= MAX_BEHIND + 1; number++) {
    state.put(clusterOf(number))
    if (number % 500 !== 0) continue
    state.timing.pass(20)
    state.timing.settle()
    other.take()
  }
  slow.drain()
  state.timing.settle()
  const events = slow.take()
  assert.deepEqual([events[0], events.at(-1)], ['RESET', 'BOOKMARK'])
  assert.equal(events.length, MAX_BEHIND + 2 + 2)
  assert.equal(state.watches.statistics.resets.behind, 1)
  assert.ok(!other.take().includes('RESET'))
})

test('contract 12.5: one that is behind by fewer does not, and is sent the rest in chunks', () => {
  const { state, clients } = quietState(state => [state.open()])
  const client = clients[0] as Lines
  client.isFull = true
  state.put(clusterOf(0))
  state.timing.settle()
  client.take()
  for (let number = 1; number <= 1000; number++) state.put(clusterOf(number))
  state.timing.pass(300)
  state.timing.settle()
  const { writes, bytes } = client
  client.drain()
  state.timing.settle()
  assert.equal(client.take().length, 1001)
  const [newWrites, newBytes] = [client.writes - writes, client.bytes - bytes]
  assert.ok(newBytes / newWrites <= 64 * 1024, `${newBytes} bytes in ${newWrites} writes`)
})

test('a removal that is no longer retained makes a client begin with a RESET', () => {
  const state = new WatchedState(new ManualTiming(), 5)
  for (let number = 0; number < 10; number++) state.put(clusterOf(number))
  const client = state.open()
  state.timing.settle()
  client.isFull = true
  state.put(clusterOf(10))
  state.timing.settle()
  client.take()
  for (let number = 0; number < 10; number++) state.builder.remove(clusterOf(number))
  state.timing.pass(300)
  state.timing.settle()
  client.drain()
  state.timing.settle()
  const events = client.take()
  assert.deepEqual(events.slice(events.indexOf('RESET')), ['RESET', `ADDED ${nameOf(10)}`, 'BOOKMARK'])
  assert.equal(state.watches.statistics.resets.removals, 1)
})

test('searches with the same text share one set of what matches, and the last watcher frees it', () => {
  const state = new WatchedState(new ManualTiming())
  const clients = Array.from({ length: 6 }, (_, i) =>
    state.open(`name = '${i % 2}'`, { types: i < 4 ? ALL_TYPES : 1 }),
  )
  assert.deepEqual([state.watches.use.watches, state.watches.use.searches], [6, 2])
  for (const client of clients) client.watch?.over()
  assert.deepEqual([state.watches.use.watches, state.watches.use.searches], [0, 0])
  state.put(clusterOf(1))
  state.timing.settle()
})

test('contract 12.8: a stop ends all, cuts off who takes nothing, and ends who comes later', async () => {
  const state = new WatchedState(processTiming(() => performance.now()))
  const [good, bad] = [state.open(), state.open()]
  bad.isFull = true
  state.put(clusterOf(1))
  await state.watches.stop()
  assert.deepEqual([good.isEnded, good.isCutOff], [true, false])
  assert.deepEqual(good.take().slice(-1), ['BOOKMARK'])
  assert.equal(bad.isCutOff || bad.isEnded, true)
  const late = state.open()
  await new Promise(resolve => setTimeout(resolve, 10))
  assert.equal(late.isEnded, true)
  assert.equal(late.take().at(-1), 'BOOKMARK')
})
