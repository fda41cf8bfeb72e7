// Metrics and log of watches on a running server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { START_MS } from '../harness/bench.ts'
import { TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { createLogFile, type LogFile } from '../harness/log-file.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, startTestServer, type TestServer } from '../harness/server.ts'
import { Stream } from '../harness/stream.ts'
import { scrape } from './scrape.ts'

for (const engine of ENGINES) {
  describe(`metrics of watches (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let log: LogFile
    let server: TestServer
    let client: TestClient
    before(async () => {
      log = createLogFile()
      server = await startTestServer({
        engine,
        output: log.output,
        machineMs: () => START_MS,
        environment: {
          HYPERFLEET_LOGGING_LEVEL: 'info',
          HYPERFLEET_METRICS_PORT: String(await freePort()),
        },
      })
      client = new TestClient(server.origin)
    })
    after(async () => {
      client.close()
      await server.stop()
      log.remove()
    })
    const values = async (...series: readonly string[]) => {
      const { samples } = await scrape(server.server.metricsPort)
      return series.map(name => samples.get(`hyperfleet_api_${name}`))
    }
    const open = (query: string, requestId: string) =>
      Stream.open(server.origin, `/clusters?watch=true${query}`, { headers: { 'x-request-id': requestId } })
    const isGone = async (watches: number) => {
      const patience = AbortSignal.timeout(WAIT_HANGS_AFTER_MS)
      while ((await values('watches{state="up-to-date"}'))[0] !== watches) patience.throwIfAborted()
    }

    test('contract 12.2, 12.7: open watches, their searches and their events are counted', async () => {
      const search = encodeURIComponent('created_time < now-1h')
      const streams = [await open('', 'w-1'), await open('', 'w-2'), await open(`&search=${search}`, 'w-3')]
      for (const stream of streams) await stream.untilBookmark()
      assert.deepEqual(
        await values('watches{state="up-to-date"}', 'watches{state="behind"}', 'watched_searches'),
        [3, 0, 2],
      )
      assert.deepEqual(await values('watched_relative_times', 'watch_resets_total{reason="new"}'), [1, 3])
      const [before = 0, bytes = 0] = await values('watch_events_total', 'watch_sent_bytes_total')
      const { id } = await client.cluster('counted')
      for (const stream of streams.slice(0, 2)) await stream.until(({ object }) => object?.id === id)
      const [now = 0, nowBytes = 0] = await values('watch_events_total', 'watch_sent_bytes_total')
      assert.equal(now - before, 2)
      assert.ok(nowBytes > bytes)
      assert.deepEqual(await values('watch_backlog_resources', 'watch_backlog_largest_resources'), [0, 0])
      for (const stream of streams) stream.close()
      await isGone(0)
      assert.deepEqual(
        await values('watches_ended_total{end="gone"}', 'watches_ended_total{end="stalled"}'),
        [3, 0],
      )
      assert.deepEqual(await values('watched_searches', 'watched_relative_times'), [0, 0])
    })

    test('contract 12.9: a watch has a line when it ends, with its events', async () => {
      const stream = await open('', 'logged')
      await stream.untilBookmark()
      const { id } = await client.cluster('logged')
      await stream.until(({ object }) => object?.id === id)
      stream.close()
      await isGone(0)
      const lines = (await log.lines()).filter(({ requestId }) => requestId === 'logged')
      assert.deepEqual(
        lines.map(({ level, msg, route, status, resets, end }) => [level, msg, route, status, resets, end]),
        [['info', 'watched', '/clusters', 200, 1, 'gone']],
      )
      assert.ok(lines[0].events >= 2 && lines[0].lastedMs >= 0)
    })

    test('contract 12.4: removals that are retained, and the changes since the first of them, are measured', async () => {
      const [removals, changes = 0] = await values('watch_retained_removals', 'watch_resumable_changes')
      const { id } = await client.cluster('removed')
      await client.delete(`/clusters/${id}`)
      const [removalsNow, changesNow = 0] = await values('watch_retained_removals', 'watch_resumable_changes')
      assert.equal((removalsNow ?? 0) - (removals ?? 0), 1)
      assert.ok(changesNow > changes)
    })
  })
}
