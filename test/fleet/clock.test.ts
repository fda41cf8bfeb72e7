import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ClockEvent, createServerClock, FROZEN_MS } from '../../src/fleet/clock.ts'

test("the server's time is the machine's in whole milliseconds, and never goes back (contract 3.4)", () => {
  const readings = [1000.9, 2000, 1500, 1999, 2001]
  const clock = createServerClock(() => readings.shift() ?? 0, undefined)
  const times = [clock.stamp(), clock.stamp(), clock.stamp(), clock.now(), clock.stamp()]
  assert.deepEqual(times, [1_000_000n, 2_000_000n, 2_000_000n, 2_000_000n, 2_001_000n])
})

test('a clock that jumps ahead and back has no effect if nothing was written meanwhile (contract 3.4)', () => {
  const readings = [9000, 1000]
  const clock = createServerClock(() => readings.shift() ?? 0, undefined)
  assert.equal(clock.now(), 9_000_000n)
  assert.equal(clock.stamp(), 1_000_000n)
})

test('a restarted server starts at the latest stored time (contract 3.4)', () => {
  const clock = createServerClock(() => 5, 7_000_123n)
  assert.equal(clock.now(), 7_000_123n)
})

test('a clock that is far behind the last time written is reported once with both times, and again when it has caught up (contract 3.4)', () => {
  let machineMs = 100_000
  const events: ClockEvent[] = []
  const clock = createServerClock(
    () => machineMs,
    200_000_000n,
    event => events.push(event),
  )
  const frozen = { kind: 'frozen', clock: 100_000_000n, written: 200_000_000n }
  assert.deepEqual(events, [frozen])
  assert.equal(clock.behindMs(), 100_000)
  machineMs = 199_999
  for (let i = 0; i < 3; i++) assert.equal(clock.stamp(), 200_000_000n)
  assert.deepEqual(events, [frozen])
  machineMs = 200_001
  assert.equal(clock.stamp(), 200_001_000n)
  assert.deepEqual(events.slice(1), [{ kind: 'moving', clock: 200_001_000n, written: 200_000_000n }])
  assert.equal(clock.behindMs(), 0)
})

test('a clock that is set back while the server runs is reported on the next reading; small steps are not (contract 3.4)', () => {
  let machineMs = 1_000_000
  const events: ClockEvent[] = []
  const clock = createServerClock(
    () => machineMs,
    undefined,
    event => events.push(event),
  )
  clock.stamp()
  machineMs -= FROZEN_MS
  clock.stamp()
  assert.deepEqual([events, clock.behindMs()], [[], FROZEN_MS])
  machineMs -= 1
  clock.now()
  assert.deepEqual(events, [{ kind: 'frozen', clock: 989_999_000n, written: 1_000_000_000n }])
})
