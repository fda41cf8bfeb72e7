// A thousand connections that send almost nothing while polls continue. HYPERFLEET_TEST_LONG=1 attacks for a minute and
// prints the effect on the polls; no time is asserted.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ENGINES } from '../harness/server.ts'
import { Poller, percentile, SlowSender } from './attack-clients.ts'
import { startSeparateServer } from './separate-server.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
const SENDERS = 1000
const POLLS = IS_LONG ? 20_000 : 300
const LIST = '/api/hyperfleet/v1/clusters?pageSize=20'
/** A head that never ends, and a body that never ends. */
const OPENINGS = [
  'GET /api/hyperfleet/v1/clusters HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  'POST /api/hyperfleet/v1/clusters HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{',
  '',
]

async function pollAll(poller: Poller): Promise<number[]> {
  const durations: number[] = []
  const poll = async () => {
    while (durations.length < POLLS) {
      const { status, durationMs } = await poller.ask(LIST)
      assert.equal(status, 200)
      durations.push(durationMs)
    }
  }
  await Promise.all([poll(), poll(), poll(), poll()])
  return durations
}

for (const engine of ENGINES)
  describe(`slow senders (${engine})`, () => {
    test('contract 9: polls are answered while a thousand clients send almost nothing', async context => {
      const bounds = IS_LONG ? { HYPERFLEET_SERVER_BODY_DEADLINE_MS: '5000' } : {}
      const server = await startSeparateServer(engine, {
        HYPERFLEET_LIMITS_REQUESTS_IN_FLIGHT: '50',
        ...bounds,
      })
      const poller = new Poller(server.origin, 4)
      const senders: SlowSender[] = []
      context.after(async () => {
        for (const sender of senders) sender.stop()
        poller.close()
        await server.stop()
      })
      const created = await poller.ask('/api/hyperfleet/v1/clusters', {
        kind: 'Cluster',
        name: 'one',
        spec: {},
      })
      assert.equal(created.status, 201)
      const quiet = await pollAll(poller)
      for (let i = 0; i < SENDERS; i++)
        senders.push(new SlowSender(server.port, OPENINGS[i % OPENINGS.length] ?? ''))
      const dripping = setInterval(() => {
        for (const sender of senders) sender.drip()
      }, 500)
      const attacked = await pollAll(poller)
      if (IS_LONG) {
        while (senders.some(({ cutOffs }) => cutOffs === 0)) await pollAll(poller)
        const cutOffs = senders.reduce((sum, sender) => sum + sender.cutOffs, 0)
        console.log(
          `${engine}: p99 of polls ${percentile(quiet, 0.99).toFixed(2)} ms quiet, ` +
            `${percentile(attacked, 0.99).toFixed(2)} ms attacked, ${cutOffs} cut off`,
        )
      }
      clearInterval(dripping)
      const written = await poller.ask('/api/hyperfleet/v1/clusters', {
        kind: 'Cluster',
        name: 'two',
        spec: {},
      })
      assert.equal(written.status, 201)
    })
  })
