import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createIdSource } from '../../src/fleet/ids.ts'

const TIME = 1_800_000_000_000_000n

test('an id is a 2 and 26 characters of 0-9a-z: a DNS-1123 label and base62 (contract 3.2)', () => {
  const ids = createIdSource(randomBytes, undefined)
  for (let i = 0n; i < 1000n; i++) assert.match(ids.next(TIME + i * 1000n), /^2[0-9a-z]{26}$/)
})

test('ids increase strictly, within one millisecond and if time stops or goes back (contract 3.2)', () => {
  const ids = createIdSource(randomBytes, undefined)
  let previous = ''
  for (let i = 0; i < 5000; i++) {
    const id = ids.next(TIME + (i % 7 === 0 ? -1_000_000n : BigInt((i / 100) | 0) * 1000n))
    assert.ok(id > previous, `${id} does not follow ${previous}`)
    previous = id
  }
})

test('a new source continues after the greatest stored id (contract 3.2)', () => {
  const latest = createIdSource(randomBytes, undefined).next(TIME)
  assert.ok(createIdSource(randomBytes, latest).next(TIME) > latest)
  assert.ok(createIdSource(randomBytes, latest).next(TIME - 5_000_000n) > latest)
})

test('an increment carries across the last digits, and random digits leave room for it', () => {
  const ids = createIdSource(count => Buffer.alloc(count, 0xff), undefined)
  const first = ids.next(TIME)
  assert.ok(
    first.slice(10) < `1${'0'.repeat(16)}`,
    'the greatest random part is far below the end of its range',
  )
  const almost = `${first.slice(0, 25)}zz`
  const next = createIdSource(randomBytes, almost).next(TIME)
  assert.equal(next.length, 27)
  assert.ok(next > almost)
  assert.ok(next.endsWith('00'))
})
