// The switch that lets a server die at a named point; crash-points.test.ts shows that the points are reached.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CRASH_POINTS } from '../../src/store/crash-point.ts'
import { crashSwitch } from './crash-switch.ts'

/** Deaths by crash point: the number of times each must be reached, up to five. */
function deathsOf(text: string): string[] {
  const deaths: string[] = []
  for (const point of CRASH_POINTS) {
    let times = 0
    const reached = crashSwitch(text, CRASH_POINTS, () => deaths.push(`${point}:${times}`))
    while (times++ < 5) reached(point)
  }
  return deaths
}

test('the process dies once, when the point named is reached for the first or the nth time', () => {
  assert.deepEqual(deathsOf('fold-done'), ['fold-done:1'])
  assert.deepEqual(deathsOf('commit-begun:3'), ['commit-begun:3'])
})

test('a switch that names no point or no number is refused', () => {
  for (const text of ['', 'fold', 'fold-done:0', 'fold-done:x', 'fold-done:1e3', ':1'])
    assert.throws(() => crashSwitch(text, CRASH_POINTS, () => {}), /must be POINT or POINT:NTH/, text)
})
