// The limit on waiting spans, and the answers of a collector that are final.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FinishedSpan } from '../../src/http/tracing/tracer.ts'
import { Exporter, MAX_WAITING_SPANS } from '../../src/observe/tracing/exporter.ts'

const SPAN: FinishedSpan = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: undefined,
  name: 'GET /clusters',
  kind: 'server',
  startMs: 1,
  endMs: 2,
  attributes: {},
  isError: false,
}

function exporterThatGets(send: (spans: readonly FinishedSpan[]) => Promise<number>): Exporter {
  return new Exporter({ send, onChange: () => {} })
}

test('spans beyond the limit are dropped and counted', async () => {
  const exporter = exporterThatGets(async () => 200)
  for (let i = 0; i < MAX_WAITING_SPANS + 3; i++) exporter.add(SPAN)
  assert.deepEqual(exporter.use, { exported: 0, dropped: 3 })
  await exporter.close()
  assert.deepEqual(exporter.use, { exported: MAX_WAITING_SPANS, dropped: 3 })
})

test('spans refused finally are dropped, others wait', async () => {
  for (const [status, dropped] of [
    [400, 1],
    [413, 1],
    [429, 0],
    [503, 0],
  ] as const) {
    const exporter = exporterThatGets(async () => status)
    exporter.add(SPAN)
    await exporter.close()
    assert.deepEqual(exporter.use, { exported: 0, dropped }, String(status))
  }
})

test('an unreachable collector causes no failure', async () => {
  const exporter = exporterThatGets(() => Promise.reject(new Error('no connection')))
  exporter.add(SPAN)
  await exporter.close()
  assert.deepEqual(exporter.use, { exported: 0, dropped: 0 })
})
