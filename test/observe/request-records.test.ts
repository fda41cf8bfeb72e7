// Lines that depend on the record of a request, not on a running server: slow requests and failures.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { SERVICE_REFUSALS } from '../../src/api/problems.ts'
import type { RequestRecord } from '../../src/http/request-record.ts'
import { createLogger } from '../../src/observe/log/log.ts'
import { createRequestLog } from '../../src/observe/log/requests.ts'
import { createLogFile } from '../harness/log-file.ts'

const READ: RequestRecord = {
  method: 'GET',
  route: '/clusters',
  status: 200,
  durationMs: 1,
  requestId: 'id',
  bodyBytes: 3,
  problem: undefined,
  request: { header: () => undefined, values: () => [] },
  span: undefined,
  write: undefined,
}

async function linesOf(slowRequestMs: number, ...records: readonly RequestRecord[]) {
  const file = createLogFile()
  try {
    const log = createLogger({ level: 'info', format: 'json', maskedFields: [] }, file.output)
    const note = createRequestLog(log, { slowRequestMs, readSample: 0 })
    for (const record of records) note(record)
    return await file.lines()
  } finally {
    file.remove()
  }
}

test('a request that takes the configured time is slow, a write as well as a read, in one line each', async () => {
  const records = [99, 100, 101].map(durationMs => ({ ...READ, durationMs }))
  const lines = await linesOf(100, ...records, { ...READ, method: 'POST', durationMs: 500 })
  assert.deepEqual(
    lines.map(({ level, msg, method, durationMs, bytes }) => [level, msg, method, durationMs, bytes]),
    [
      ['warn', 'slow', 'GET', 100, 3],
      ['warn', 'slow', 'GET', 101, 3],
      ['warn', 'slow', 'POST', 500, 3],
    ],
  )
  assert.deepEqual(await linesOf(0, { ...READ, durationMs: 1e6 }), [])
})

test('a watch has a line when it ends, and a client that was cut off is a warning that leads to the runbook', async () => {
  const watched = (end: 'sent' | 'gone' | 'stalled') => ({
    ...READ,
    stream: { isWatch: true, lastedMs: 1234.5, events: 7, resets: 2, bytes: 3, end },
  })
  const lines = await linesOf(100, watched('sent'), watched('gone'), watched('stalled'))
  assert.deepEqual(
    lines.map(({ level, msg, lastedMs, events, resets, end }) => [level, msg, lastedMs, events, resets, end]),
    [
      ['info', 'watched', 1235, 7, 2, 'sent'],
      ['info', 'watched', 1235, 7, 2, 'gone'],
      ['warn', 'watch cut off', 1235, 7, 2, 'stalled'],
    ],
  )
  const [, anchor = ''] = /runbook\.md#([\w-]+)$/.exec(lines[2].todo) ?? []
  const runbook = readFileSync(new URL('../../../docs/guide/runbook.md', import.meta.url), 'utf8')
  assert.ok(runbook.toLowerCase().includes(`\n## ${anchor.replaceAll('-', ' ')}\n`), anchor)
})

test('a level changed later applies from then on, for request lines too', async () => {
  const file = createLogFile()
  try {
    const log = createLogger({ level: 'warn', format: 'json', maskedFields: [] }, file.output)
    const note = createRequestLog(log, { slowRequestMs: 0, readSample: 1 })
    const both = () => {
      note(READ)
      note({ ...READ, method: 'POST' })
    }
    both()
    log.level = 'info'
    both()
    log.level = 'warn'
    both()
    const lines = await file.lines()
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['read', 'written'],
    )
  } finally {
    file.remove()
  }
})

test('a defect is an error, every reason of a 503 has a remedy, and no detail of a 500 is logged here', async () => {
  const failed = { ...READ, status: 500, problem: { code: 'HYPERFLEET-INT-001', detail: 'words' } }
  const refused = SERVICE_REFUSALS.map(refusal => ({
    ...READ,
    status: 503,
    problem: { code: 'HYPERFLEET-SVC-001', detail: 'why', refusal },
  }))
  const [first, ...others] = await linesOf(100, failed, ...refused)
  assert.deepEqual([first.level, first.msg, first.code], ['error', 'failed', 'HYPERFLEET-INT-001'])
  assert.ok(!JSON.stringify(first).includes('words'))
  for (const [i, refusal] of SERVICE_REFUSALS.entries()) {
    assert.equal(others[i].refusal, refusal)
    assert.ok(others[i].todo.endsWith(`docs/guide/runbook.md#${refusal}`), others[i].todo)
  }
})
