// Ids of requests that come without one.
import assert from 'node:assert/strict'
import { randomFillSync } from 'node:crypto'
import { test } from 'node:test'
import { createRequestIds } from '../../src/http/application.ts'

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('contract 9.1: request ids are random UUIDs, each used once', () => {
  const next = createRequestIds(randomFillSync)
  const ids = Array.from({ length: 1000 }, next)
  for (const id of ids) assert.match(id, VERSION_4)
  assert.equal(new Set(ids).size, ids.length)
})

test('an id has the random bytes in their order', () => {
  const next = createRequestIds(bytes => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i % 16) * 0x11
  })
  assert.equal(next(), '00112233-4455-4677-8899-aabbccddeeff')
  assert.equal(next(), '00112233-4455-4677-8899-aabbccddeeff')
})
