// Clients that recently sent invalid tokens: for how long they are remembered, and how many.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DISTRUST_MS, Distrust, MAX_DISTRUSTED } from '../../src/http/admission/distrust.ts'

test('a client is distrusted for a minute after its last bad token, and others are not', () => {
  const clock = { ms: 5 }
  const distrust = new Distrust(() => clock.ms)
  assert.equal(distrust.has('a'), false)
  distrust.add('a')
  clock.ms += DISTRUST_MS - 1
  assert.deepEqual([distrust.has('a'), distrust.has('b')], [true, false])
  distrust.add('a')
  clock.ms += DISTRUST_MS - 1
  assert.equal(distrust.has('a'), true)
  clock.ms += 1
  assert.equal(distrust.has('a'), false)
  assert.equal(distrust.size, 0)
})

test('only a limited number is remembered, the latest ones', () => {
  const distrust = new Distrust(() => 0)
  distrust.add('first')
  distrust.add('second')
  for (let i = 2; i < MAX_DISTRUSTED; i++) distrust.add(`client ${i}`)
  distrust.add('first')
  distrust.add('one more')
  assert.equal(distrust.size, MAX_DISTRUSTED)
  assert.deepEqual(
    [distrust.has('first'), distrust.has('second'), distrust.has('one more')],
    [true, false, true],
  )
})
