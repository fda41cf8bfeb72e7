// Streams that go on after a change that this server of a cluster has not applied yet (contract 14.9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RESUMPTION_LIMITS } from '../../src/watch/resumption.ts'
import { clusterOf } from '../store/samples.ts'
import { ManualTiming } from './manual-timing.ts'
import { type Lines, WatchedState } from './watched-state.ts'

const WAIT_MS = 2000
const HISTORY = 'the journal'

/** A server that has applied so many changes, each a new cluster. */
function server(changes: number, history = HISTORY) {
  const state = new WatchedState(new ManualTiming(), 1000, history, RESUMPTION_LIMITS, WAIT_MS)
  for (let number = 1; number <= changes; number++) state.put(clusterOf(number))
  return state
}

/** The text of a BOOKMARK of a server that has applied so many changes. */
function sinceAfter(changes: number, history = HISTORY): string {
  const state = server(changes, history)
  const client = state.open()
  state.timing.settle()
  return JSON.parse(client.lines.at(-1) ?? '').since
}

function events(state: WatchedState, client: Lines): string[] {
  state.timing.settle()
  return client.take()
}

test('contract 14.9: a watch waits for the change that it goes on after, and misses none behind it', () => {
  const behind = server(3)
  const client = behind.open('', { since: sinceAfter(5) })
  behind.timing.pass(WAIT_MS / 2)
  assert.deepEqual(events(behind, client), [])
  for (let number = 4; number <= 7; number++) behind.put(clusterOf(number))
  behind.timing.pass(WAIT_MS / 4)
  const told = events(behind, client)
  assert.equal(told.at(-1), 'BOOKMARK')
  assert.deepEqual(told.slice(0, -1).sort(), [
    `MODIFIED ${clusterOf(6).name}`,
    `MODIFIED ${clusterOf(7).name}`,
  ])
  assert.equal(client.watch?.resets, 0)
  assert.equal(client.watch?.events, 2)
  behind.put(clusterOf(8))
  behind.timing.pass(250)
  assert.ok(events(behind, client).includes(`ADDED ${clusterOf(8).name}`))
})

test('contract 14.9: a stream ends without a RESET when the change does not come in time', () => {
  const behind = server(3)
  const client = behind.open('', { since: sinceAfter(5) })
  behind.put(clusterOf(4))
  behind.timing.pass(WAIT_MS - 100)
  assert.equal(client.isEnded, false)
  behind.timing.pass(200)
  assert.deepEqual([client.isEnded, client.writes], [true, 0])
  assert.equal(behind.watches.use.watches, 0)
  behind.put(clusterOf(5))
  behind.timing.pass(WAIT_MS)
  assert.equal(client.writes, 0)
})

test('contract 14.9: a text of another search, path or history is waited for by nobody', () => {
  for (const since of [sinceAfter(5, 'another journal'), 'none', '1.a.b.5']) {
    const behind = server(3)
    assert.equal(events(behind, behind.open('', { since }))[0], 'RESET')
  }
  const behind = server(3)
  assert.equal(events(behind, behind.open("name = 'a'", { since: sinceAfter(5) }))[0], 'RESET')
})

test('contract 12.4: a server that is alone begins with everything when a text is ahead of it', () => {
  const alone = new WatchedState(new ManualTiming(), 1000, HISTORY)
  assert.equal(events(alone, alone.open('', { since: sinceAfter(5) }))[0], 'RESET')
})

test('contract 14.9, 12.8: a client that leaves while its watch waits leaves nothing', () => {
  const behind = server(3)
  const since = sinceAfter(5)
  const clients = Array.from({ length: 3 }, () => behind.open('', { since }))
  for (const { watch } of clients) watch?.over()
  for (let number = 4; number <= 6; number++) behind.put(clusterOf(number))
  behind.timing.pass(WAIT_MS * 2)
  for (const client of clients) assert.deepEqual([client.writes, client.isEnded], [0, false])
  assert.deepEqual([behind.watches.use.watches, behind.watches.use.searches], [0, 0])
})

test('contract 14.9, 12.8: a server that stops ends the watches that wait, and those that come', async () => {
  const behind = server(3)
  const since = sinceAfter(5)
  const waiting = behind.open('', { since })
  await behind.watches.stop()
  assert.deepEqual([waiting.isEnded, waiting.writes], [true, 0])
  const late = behind.open('', { since })
  assert.deepEqual([late.isEnded, late.writes], [true, 0])
})
