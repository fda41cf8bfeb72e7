// Many watchers: those with nothing to do, and those that come and go. HYPERFLEET_TEST_WATCHES sets the number that come and go; 100000 takes a minute or two.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { clusterOf } from '../store/samples.ts'
import { ManualTiming } from './manual-timing.ts'
import { WatchedState } from './watched-state.ts'

const IDLE = 10_000
const COMING_AND_GOING = Number(process.env.HYPERFLEET_TEST_WATCHES ?? 4000)
/** Bytes of heap that code, caches and the collector itself may take meanwhile. One object for each watch would be more. */
const SLACK_BYTES = 512 * 1024

/** Counts timers and turns. */
class CountedTiming extends ManualTiming {
  timers = 0
  turns = 0

  override after(delayMs: number, callback: () => void): () => void {
    this.timers++
    return super.after(delayMs, callback)
  }

  override nextTurn(callback: () => void): void {
    this.turns++
    super.nextTurn(callback)
  }
}

function idle(state: WatchedState<CountedTiming>, seconds: number): void {
  for (let ms = 0; ms < seconds * 1000; ms += 500) {
    state.now += 500_000n
    state.timing.pass(500)
    state.timing.settle()
  }
}

function exposedGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collectGarbage: unknown = runInNewContext('gc')
  assert.ok(typeof collectGarbage === 'function')
  return () => collectGarbage()
}

function heapBytes(collectGarbage: () => void): number {
  collectGarbage()
  collectGarbage()
  return process.memoryUsage().heapUsed
}

/** One of 100 searches. */
function searchOf(number: number): string {
  return `labels.group='g${number % 100}'`
}

test(`contract 12.6, 12.8: ${IDLE} idle watchers take two timers a second together, and no memory`, t => {
  const collectGarbage = exposedGarbageCollector()
  const state = new WatchedState(new CountedTiming())
  for (let number = 0; number < 100; number++) state.put(clusterOf(number))
  let [writes, bytes] = [0, 0]
  const taking = {
    write: (written: Buffer) => {
      writes++
      bytes += written.length
      return true
    },
  }
  for (let number = 0; number < IDLE; number++) state.openQuiet(searchOf(number), taking)
  state.timing.settle()
  idle(state, 60)
  const { timing } = state
  const before = heapBytes(collectGarbage)
  Object.assign(timing, { timers: 0, turns: 0 })
  writes = 0
  idle(state, 600)
  const grown = heapBytes(collectGarbage) - before
  t.diagnostic(`${timing.timers} timers, ${timing.turns} turns, ${writes} writes, ${grown} bytes of heap`)
  assert.ok(timing.timers <= 2 * 600 + 100, `${timing.timers} timers in 600 seconds`)
  assert.ok(writes >= IDLE * 39 && writes <= IDLE * 43, `${writes} BOOKMARKs`)
  assert.ok(bytes > 0)
  assert.ok(grown <= SLACK_BYTES, `the heap has grown by ${grown} bytes`)
  assert.equal(state.watches.use.behind, 0)
})

test(`contract 12.8: ${COMING_AND_GOING} watches that were opened and left leave nothing behind`, t => {
  const collectGarbage = exposedGarbageCollector()
  const state = new WatchedState(new CountedTiming())
  for (let number = 0; number < 100; number++) state.put(clusterOf(number))
  let next = 0
  const open: { readonly leave: () => void }[] = []
  const comeAndGo = (watches: number) => {
    for (const end = next + watches; next < end; next++) {
      const number = next
      const search =
        number % 5 === 0 ? `created_time < now-${1 + (number % 97)}m` : `labels.l='${number % 997}'`
      // Some clients are behind when they leave, and some leave in the turn in which they came.
      const watch = state.openQuiet(search, { write: () => number % 3 !== 0 })
      open.push({ leave: () => watch.over() })
      state.put(clusterOf(number % 100))
      if (number % 7 === 0) state.timing.turn()
      if (number % 50 === 0) idle(state, 1)
      if (number % 11 !== 0) open.splice(number % open.length, 1)[0]?.leave()
      if (open.length > 200) open.shift()?.leave()
    }
    for (const { leave } of open.splice(0)) leave()
    idle(state, 2)
  }
  comeAndGo(COMING_AND_GOING / 2)
  const before = heapBytes(collectGarbage)
  comeAndGo(COMING_AND_GOING / 2)
  const grown = heapBytes(collectGarbage) - before
  t.diagnostic(`${grown} bytes of heap`)
  assert.ok(grown <= SLACK_BYTES, `the heap has grown by ${grown} bytes`)
  const { watches, searches, relativeTimes, behind, behindResources } = state.watches.use
  assert.deepEqual([watches, searches, relativeTimes, behind, behindResources], [0, 0, 0, 0, 0])
  const { timing } = state
  Object.assign(timing, { timers: 0, turns: 0 })
  idle(state, 60)
  assert.deepEqual([timing.timers, timing.turns], [0, 0], 'nothing is done for nobody')
})
