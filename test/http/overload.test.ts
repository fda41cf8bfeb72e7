// Four times as many clients as the server has room for. Admitted requests are answered correctly, the others are refused
// early with Retry-After, and afterwards everything is as before. HYPERFLEET_TEST_LONG=1 runs for 30 seconds and prints
// the goodput; no time is asserted.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ENGINES } from '../harness/server.ts'
import { type Outcome, Poller } from './attack-clients.ts'
import { startSeparateServer } from './separate-server.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
const PHASE_MS = IS_LONG ? 30_000 : 1000
/** Limit on requests in flight. */
const CAPACITY = 8
const CLUSTERS = '/api/hyperfleet/v1/clusters'
/** A refused client retries, sooner than Retry-After says. */
const COMES_AGAIN_MS = 20

interface Tally {
  readonly admitted: Outcome[]
  readonly refused: Outcome[]
}

async function load(poller: Poller, clients: number, prefix: string): Promise<Tally> {
  const tally: Tally = { admitted: [], refused: [] }
  const endMs = performance.now() + PHASE_MS
  let names = 0
  const client = async () => {
    while (performance.now() < endMs) {
      names++
      const name = `${prefix}-${names}`
      const outcome = await poller.ask(CLUSTERS, { kind: 'Cluster', name, spec: { name } })
      if (outcome.status === 201) {
        assert.equal(JSON.parse(outcome.body).spec.name, name)
        tally.admitted.push(outcome)
        continue
      }
      tally.refused.push(outcome)
      await new Promise(resolve => setTimeout(resolve, COMES_AGAIN_MS))
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  return tally
}

for (const engine of ENGINES)
  describe(`overload (${engine})`, () => {
    test('contract 9.1: beyond its limit the server refuses early and continues to serve what it admitted', async context => {
      const server = await startSeparateServer(engine, {
        HYPERFLEET_LIMITS_REQUESTS_IN_FLIGHT: String(CAPACITY),
      })
      const poller = new Poller(server.origin, 4 * CAPACITY)
      context.after(async () => {
        poller.close()
        await server.stop()
      })
      const before = await load(poller, CAPACITY, 'before')
      assert.equal(before.refused.length, 0)
      const during = await load(poller, 4 * CAPACITY, 'during')
      assert.ok(during.refused.length > 0 && during.admitted.length > 0)
      for (const { status, retryAfter, body } of during.refused) {
        assert.equal(status, 503)
        assert.match(retryAfter ?? '', /^[1-9]\d*$/)
        assert.equal(JSON.parse(body).code, 'HYPERFLEET-SVC-001')
      }
      const after = await load(poller, CAPACITY, 'after')
      assert.equal(after.refused.length, 0)
      const { body } = await poller.ask(`${CLUSTERS}?pageSize=0`)
      const admitted = before.admitted.length + during.admitted.length + after.admitted.length
      assert.equal(JSON.parse(body).total, admitted)
      const goodput = (100 * during.admitted.length) / before.admitted.length
      console.log(
        `${engine}: ${before.admitted.length} writes at capacity, ${during.admitted.length} at four times ` +
          `(${goodput.toFixed(0)} %), ${during.refused.length} refused, ${after.admitted.length} afterwards`,
      )
    })
  })
