// The rate of one client: refused with 429 and Retry-After; other clients are unaffected.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { assertProblem } from '../harness/problem.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
after(() => keySet.remove())

/** The bucket hardly refills during a test: by one request if the machine stalls for a second. */
const BURST = 20
const RATE = { HYPERFLEET_LIMITS_RATE_PER_SECOND: '1', HYPERFLEET_LIMITS_RATE_BURST: String(BURST) }

/** Sends requests until one is refused. */
async function exhaust(bench: Bench, headers: Record<string, string>, requests = 3000) {
  for (let i = 0; i < requests; i++) {
    const answer = await bench.client.get('/clusters', headers)
    if (answer.status === 429) return answer
  }
  return assert.fail('no request is refused')
}

/** Asserts that these headers belong to an exhausted client; any other would be accepted this often. */
async function assertExhausted(bench: Bench, headers: Record<string, string>): Promise<void> {
  assertProblem(await exhaust(bench, headers, BURST), 'HYPERFLEET-LMT-001')
}

benchOnBothEngines(
  'the rate of an address',
  bench => {
    test('contract 9: beyond the rate is 429 with Retry-After, for every path and method', async () => {
      const refused = await exhaust(bench, {})
      assertProblem(refused, 'HYPERFLEET-LMT-001')
      assert.match(refused.headers['retry-after'] ?? '', /^[1-9]\d*$/)
    })

    test("contract 9: an untrusted client's claim about its address is ignored", async () => {
      await exhaust(bench, {})
      const statuses = new Set<number>()
      for (let i = 0; i < 10; i++)
        statuses.add((await bench.client.get('/clusters', { 'x-forwarded-for': `203.0.113.${i}` })).status)
      assert.ok(statuses.has(429))
    })
  },
  RATE,
)

benchOnBothEngines(
  'the rate of a subject',
  bench => {
    const as = async (sub: string) => ({ authorization: await signer.bearer({ claims: { sub } }) })

    test('contract 9, 10.1: a subject counts with all its tokens, and others are unaffected', async () => {
      await exhaust(bench, await as('ann'))
      await assertExhausted(bench, await as('ann'))
      assert.equal((await bench.client.get('/clusters', await as('bob'))).status, 200)
    })

    test('contract 9, 10.1: a client without a valid token counts by address', async () => {
      const known = await as('carol')
      assert.equal((await bench.client.get('/clusters', known)).status, 200)
      const refused = await exhaust(bench, { authorization: 'Bearer nonsense' })
      assertProblem(refused, 'HYPERFLEET-LMT-001')
    })
  },
  { ...keySet.environment, ...RATE },
)

benchOnBothEngines(
  'the rate of clients with bad tokens',
  bench => {
    test('contract 9, 10.1: after a bad token the address pays before a signature check, and known tokens are unaffected', async () => {
      const known = { authorization: await signer.bearer({ claims: { sub: 'ann' } }) }
      assert.equal((await bench.client.get('/clusters', known)).status, 200)
      const stranger = await Signer.create('one')
      await exhaust(bench, { authorization: await stranger.bearer() })
      assert.equal((await bench.client.get('/clusters', known)).status, 200)
      // A valid token that has not been checked yet is not checked now.
      const fresh = { authorization: await signer.bearer({ claims: { sub: 'bob' } }) }
      await assertExhausted(bench, fresh)
      assert.equal((await bench.client.get('/clusters', known)).status, 200)
    })

    test('contract 9, 10.1: an address without bad tokens is unaffected', async () => {
      const from = (address: string, authorization: string) =>
        bench.client.get('/clusters', { authorization, 'x-forwarded-for': address })
      const [first, second] = [
        await signer.bearer({ claims: { sub: 'cy' } }),
        await signer.bearer({ claims: { sub: 'di' } }),
      ]
      for (let i = 0; i < 3 * BURST; i++) await from('203.0.113.1', first)
      assert.equal((await from('203.0.113.1', second)).status, 200)
    })
  },
  { ...keySet.environment, ...RATE, HYPERFLEET_LIMITS_TRUSTED_PROXIES: '["127.0.0.0/8"]' },
)

benchOnBothEngines(
  'the rate behind a proxy',
  bench => {
    test('contract 9: clients of a trusted proxy count separately', async () => {
      await exhaust(bench, { 'x-forwarded-for': '203.0.113.1' })
      assert.equal((await bench.client.get('/clusters', { 'x-forwarded-for': '203.0.113.2' })).status, 200)
    })

    test('contract 9: the addresses of an IPv6 /64 count together, and another network separately', async () => {
      const from = async (address: string) =>
        (await bench.client.get('/clusters', { 'x-forwarded-for': address })).status
      const statuses = new Set<number>()
      for (let i = 0; i < 60; i++) statuses.add(await from(`2001:db8:0:1:${i.toString(16)}::1`))
      assert.deepEqual(statuses, new Set([200, 429]))
      assert.equal(await from('2001:db8:0:2::1'), 200)
    })

    test('contract 9: an IPv4 address is one client, also in IPv6 notation', async () => {
      await exhaust(bench, { 'x-forwarded-for': '203.0.113.3' })
      await assertExhausted(bench, { 'x-forwarded-for': '::ffff:203.0.113.3' })
      assert.equal(
        (await bench.client.get('/clusters', { 'x-forwarded-for': '::ffff:203.0.113.4' })).status,
        200,
      )
    })
  },
  { ...RATE, HYPERFLEET_LIMITS_TRUSTED_PROXIES: '["127.0.0.0/8"]' },
)
