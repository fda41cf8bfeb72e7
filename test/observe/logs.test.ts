// Log lines: masking, and their form as text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../src/observe/log/log.ts'
import { textLine } from '../../src/observe/log/text.ts'
import { createLogFile } from '../harness/log-file.ts'

const SECRET = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'

async function written(maskedFields: readonly string[], fields: object): Promise<string> {
  const log = createLogFile()
  try {
    createLogger({ level: 'info', format: 'json', maskedFields }, log.output).info(fields, 'said')
    return await log.text()
  } finally {
    log.remove()
  }
}

test('credentials are masked at any depth, regardless of the case of their names', async () => {
  for (const fields of [
    { authorization: SECRET },
    { Authorization: SECRET },
    { request: { headers: { AUTHORIZATION: SECRET, Cookie: SECRET } } },
    { list: [{ deep: { 'Proxy-Authorization': { scheme: 'Bearer', token: SECRET } } }] },
  ]) {
    const text = await written([], fields)
    assert.ok(!text.includes(SECRET), text)
    assert.match(text, /\[masked\]/)
  }
})

test('a bearer token in the message or the stack of an error is masked', async () => {
  const text = await written([], { err: new Error(`refused: Authorization: bearer ${SECRET}`) })
  assert.ok(!text.includes(SECRET), text)
  assert.match(text, /refused: Authorization: Bearer \[masked\]/)
  assert.match(text, /logs\.test/, 'the stack is present')
})

test('configured fields are masked, others are not', async () => {
  const text = await written(['requestId'], { requestId: 'r-1', other: { REQUESTID: 'r-2', kept: 'k-3' } })
  assert.doesNotMatch(text, /r-1|r-2/)
  assert.match(text, /k-3/)
})

test('text has time, level, message and fields on one line, and the stack of an error on the next lines', () => {
  const json = JSON.stringify({
    level: 'warn',
    time: '2026-01-01T00:00:00.000Z',
    status: 503,
    route: '/clusters/{cluster_id}',
    detail: 'two words',
    err: { message: 'it broke', stack: 'Error: it broke\n    at here\n    at there' },
    msg: 'slow',
  })
  assert.equal(
    textLine(json),
    '2026-01-01T00:00:00.000Z WARN  slow status=503 route=/clusters/{cluster_id} detail="two words" ' +
      'error="it broke"\n    at here\n    at there\n',
  )
})

test('client data cannot forge a line', () => {
  const forged = 'x\n2026-01-01T00:00:00.000Z INFO  forged'
  const json = JSON.stringify({ level: 'info', time: 't', requestId: forged, list: [forged], msg: forged })
  assert.equal(textLine(json).split('\n').length, 2)
})
