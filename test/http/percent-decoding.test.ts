// Percent-decoding of query strings, compared with decodeURIComponent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { percentDecode } from '../../src/http/list-request.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const PARTS = [
  'a',
  '~',
  '+',
  '%',
  '%2',
  '%20',
  '%3D',
  '%3d',
  '%7F',
  '%80',
  '%C3%A9',
  '%c3',
  '%E2%82%AC',
  '%G0',
  '%0g',
  '%27',
]

function slowly(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

test('contract 7.5: a text in ASCII is decoded to UTF-8, or refused', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const texts = fc.array(fc.constantFrom(...PARTS), { maxLength: 12 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(texts, text => assert.equal(percentDecode(text), slowly(text), text)),
    { seed: SEED, numRuns: 2000 },
  )
})

test('contract 7.5: a text of any length is decoded', () => {
  for (const length of [5000, 16_383, 16_384, 16_385, 100_000])
    assert.equal(percentDecode('%41'.repeat(length)), 'A'.repeat(length))
})
