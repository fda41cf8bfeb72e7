// Every cluster is one linearizable object for all its clients, over kills and restarts: whatever they read, by id, in
// lists, by searches or from a change that changes nothing, could have come about one operation after another.
// `npm run test:crash -- history` goes on for long.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { drawFrom } from '../search/random-state.ts'
import { FleetClient } from './fleet-client.ts'
import { History } from './history.ts'
import { HistoryClient } from './history-client.ts'
import { addToProofs } from './proofs.ts'
import { ServerProcess } from './server-process.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const LIVES = Number(process.env.HYPERFLEET_TEST_LIVES ?? 10)
const CLUSTERS = 3
const WRITERS = 8
const READERS = 8
const LIFE_MS = 400
const CHECKPOINT_ENTRIES = '200'

test(`contract 4.8: over ${LIVES} lives of a server every cluster is linearizable`, async t => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_LIVES=${LIVES}`)
  const draw = drawFrom(SEED)
  const history = new History(() => performance.now())
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-history-'))
  const prepare = () =>
    new ServerProcess(folder, { HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES: CHECKPOINT_ENTRIES })
  let number = 0
  let clusters: readonly string[] | undefined
  let server = prepare()
  let next = prepare()
  try {
    for (let life = 0; life < LIVES; life++) {
      const client = new FleetClient(await server.start())
      clusters ??= await HistoryClient.found(client, history, CLUSTERS)
      const options = { client, history, draw, clusters, nextNumber: () => ++number }
      const all = Promise.all([
        ...Array.from({ length: WRITERS }, () => new HistoryClient(options).write()),
        ...Array.from({ length: READERS }, () => new HistoryClient(options).read()),
      ])
      await Promise.race([delay(draw(LIFE_MS)), all])
      await server.kill()
      await all
      client.close()
      history.cut()
      history.check()
      server = next
      next = prepare()
    }
  } finally {
    for (const each of [server, next]) await each.kill()
    await rm(folder, { recursive: true, force: true })
  }
  t.diagnostic(`${history.checked} operations in ${LIVES} lives`)
  assert.ok(history.checked > LIVES * CLUSTERS, 'there was load')
  addToProofs('history', SEED, { lives: LIVES, operations: history.checked })
})
