import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SlotSet } from '../../src/state/slots.ts'

function slotsOf(set: SlotSet): number[] {
  const slots: number[] = []
  for (let slot = set.next(0); slot !== undefined; slot = set.next(slot + 1)) slots.push(slot)
  return slots
}

test('a set of slots returns each slot once, in order', () => {
  const set = new SlotSet()
  const isNew = [5000, 31, 32, 0, 63, 64, 31, 4095, 1_000_000].map(slot => set.add(slot))
  assert.deepEqual(isNew, [true, true, true, true, true, true, false, true, true])
  assert.deepEqual(slotsOf(set), [0, 31, 32, 63, 64, 4095, 5000, 1_000_000])
  const more = new SlotSet()
  more.add(31)
  more.add(7)
  more.add(2_000_000)
  set.addAll(more)
  assert.equal(set.next(1), 7)
  assert.equal(set.next(1_000_001), 2_000_000)
  assert.equal(set.next(2_000_001), undefined)
  assert.deepEqual([set.has(7), set.has(8), set.has(3_000_000)], [true, false, false])
  assert.equal(new SlotSet().next(0), undefined)
})
