// Random requests with deletions, against the naive oracle (contract 11.1, 11.3, 11.4, 11.6, 11.7, 11.8, 11.9, 11.12).
// A short run by default; HYPERFLEET_TEST_LONG=1 sends 20,000 requests in each mode.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Answer, type Operation, Operations } from '../fleet/fleet-operations.ts'
import { FleetOracle, type OracleSetting } from '../fleet/fleet-oracle.ts'
import { Bench } from '../harness/bench.ts'
import type { TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Random, runSeed } from '../harness/random.ts'
import { ENGINES } from '../harness/server.ts'
import { request } from './operation-requests.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
/** In all on both engines. */
const REQUESTS = IS_LONG ? 20_000 : 400
const RESTART_EVERY = IS_LONG ? 1000 : 100
const SEED = runSeed()
const LISTS: readonly OracleSetting['required'][] = [
  { Cluster: ['dns', 'validator'], NodePool: ['pool'] },
  { Cluster: [], NodePool: [] },
  { Cluster: ['dns'], NodePool: [] },
  { Cluster: [], NodePool: ['pool', '3scale'] },
]

async function send(client: TestClient, operation: Operation): Promise<Answer> {
  const { status, json } = await request(client, operation)
  return status >= 400 ? { status, code: json.code } : status === 204 ? { status } : { status, json }
}

function environmentOf({ compatibility, required }: OracleSetting): Record<string, string> {
  return {
    HYPERFLEET_COMPATIBILITY: compatibility,
    HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: JSON.stringify(required.Cluster),
    HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: JSON.stringify(required.NodePool),
  }
}

for (const [e, engine] of ENGINES.entries())
  for (const [m, compatibility] of (['documents', 'both', 'current'] as const).entries())
    test(`random requests with deletions are answered as by the oracle, with ${compatibility} (${engine}) (contract 11.1, 11.3, 11.8, 11.11)`, {
      timeout: TEST_HANGS_AFTER_MS * (IS_LONG ? 20 : 1),
    }, async () => {
      console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
      const random = new Random(SEED, e, m)
      const [required = { Cluster: [], NodePool: [] }] = LISTS
      const oracle = new FleetOracle({ compatibility, required })
      const operations = new Operations(random)
      const bench = new Bench(engine, environmentOf(oracle.setting))
      await bench.start()
      try {
        const counts = new Map<number, number>()
        for (let n = 0; n < REQUESTS / ENGINES.length; n++) {
          if (n % RESTART_EVERY === RESTART_EVERY - 1) {
            oracle.setting = { compatibility, required: random.of(LISTS) }
            await bench.restart(environmentOf(oracle.setting))
          }
          bench.clockMs += random.of([0, 0, 1, 7, 1000, 1500])
          const operation = operations.next(oracle, bench.clockMs)
          const answer = await send(bench.client, operation)
          const expected = oracle.answer(operation, bench.clockMs, () => idIn(answer))
          assert.equal(
            JSON.stringify(answer),
            JSON.stringify(expected),
            `request ${n}: ${JSON.stringify(operation)}`,
          )
          counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
        }
        for (const status of [200, 201, 202, 204, 404, 409])
          assert.ok(counts.has(status), `no answer ${status}`)
      } finally {
        await bench.stop()
      }
    })

/** The id in the answer to a creation. */
function idIn({ json }: Answer): string {
  const id: unknown = typeof json === 'object' && json !== null ? Reflect.get(json, 'id') : undefined
  assert.equal(typeof id, 'string', 'the oracle creates, the server does not')
  return String(id)
}
