import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createServerClock } from '../../src/fleet/clock.ts'

test("the server's time is the machine's in whole milliseconds, and never goes back (contract 3.4)", () => {
  const readings = [1000.9, 2000, 1500, 1999, 2001]
  const clock = createServerClock(() => readings.shift() ?? 0, undefined)
  const times = [clock.stamp(), clock.stamp(), clock.stamp(), clock.now(), clock.stamp()]
  assert.deepEqual(times, [1_000_000n, 2_000_000n, 2_000_000n, 2_000_000n, 2_001_000n])
})

test('a clock that jumps ahead and back leaves no trace when nothing was written meanwhile (contract 3.4)', () => {
  const readings = [9000, 1000]
  const clock = createServerClock(() => readings.shift() ?? 0, undefined)
  assert.equal(clock.now(), 9_000_000n)
  assert.equal(clock.stamp(), 1_000_000n)
})

test('a restarted server begins at the latest time that is stored (contract 3.4)', () => {
  const clock = createServerClock(() => 5, 7_000_123n)
  assert.equal(clock.now(), 7_000_123n)
})
