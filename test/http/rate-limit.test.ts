// The rate limit: accepted requests, answers to refused ones, and its memory.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRateLimit, MAX_CLIENTS } from '../../src/http/admission/rate-limit.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

function limit(ratePerSecond: number, rateBurst: number) {
  const clock = { ms: 0 }
  const take = createRateLimit({ ratePerSecond, rateBurst }, () => clock.ms)
  assert.ok(take !== undefined)
  return { clock, take }
}

const retryAfter = (refusal: { headers?: readonly string[] } | undefined) =>
  refusal?.headers?.[refusal.headers.indexOf('Retry-After') + 1]

test('without a rate there is no limit', () => {
  assert.equal(
    createRateLimit({ ratePerSecond: 0, rateBurst: 1 }, () => 0),
    undefined,
  )
})

test('a burst is let through, then the rate, and each client has its own', () => {
  const { clock, take } = limit(2, 3)
  const tries = (client: string, times: number) =>
    Array.from({ length: times }, () => take(client) === undefined).filter(Boolean).length
  assert.equal(tries('a', 10), 3)
  assert.equal(tries('b', 10), 3)
  clock.ms = 500
  assert.equal(tries('a', 10), 1)
  clock.ms = 10_000
  assert.equal(tries('a', 10), 3)
})

test('a client that waits for Retry-After is accepted', () => {
  for (const rate of [1, 3, 7, 1000]) {
    const { clock, take } = limit(rate, 1)
    take('a')
    for (let i = 0; i < 20; i++) {
      const refusal = take('a')
      assert.equal(refusal?.code, 'HYPERFLEET-LMT-001')
      clock.ms += Number(retryAfter(refusal)) * 1000
      assert.equal(take('a'), undefined)
    }
  }
})

test('no interval lets through more than the burst plus the rate', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const steps = fc.array(fc.nat(400), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      steps,
      (rate, burst, waits) => {
        const { clock, take } = limit(rate, burst)
        const admitted: number[] = []
        for (const wait of waits) {
          clock.ms += wait
          if (take('a') === undefined) admitted.push(clock.ms)
        }
        admitted.forEach((from, first) => {
          admitted.slice(first).forEach((to, more) => {
            assert.ok(more + 1 <= burst + ((to - from) * rate) / 1000 + 1e-6)
          })
        })
        return admitted.length >= Math.min(burst, waits.length)
      },
    ),
    { seed: SEED },
  )
})

test('a limited number of clients is kept, and clients that keep sending stay refused', () => {
  const { take } = limit(1, 1)
  assert.equal(take('busy'), undefined)
  for (let i = 0; i < MAX_CLIENTS + 1000; i++) {
    take(`other ${i}`)
    if (i % 1000 === 0) assert.notEqual(take('busy'), undefined)
  }
  assert.equal(take('other 0'), undefined, 'forgotten')
})
