// The `traceparent` header, according to W3C Trace Context.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readTraceparent } from '../../src/http/tracing/traceparent.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a valid header gives trace, span and the sampling flag', () => {
  assert.deepEqual(readTraceparent(`00-${TRACE}-${SPAN}-01`), {
    traceId: TRACE,
    spanId: SPAN,
    isSampled: true,
  })
  assert.equal(readTraceparent(`00-${TRACE}-${SPAN}-00`)?.isSampled, false)
  assert.equal(readTraceparent(`00-${TRACE}-${SPAN}-03`)?.isSampled, true)
  assert.equal(readTraceparent(`00-${TRACE}-${SPAN}-02`)?.isSampled, false)
})

test('a later version is read like this one', () => {
  assert.equal(readTraceparent(`01-${TRACE}-${SPAN}-01-what-comes`)?.traceId, TRACE)
  assert.equal(readTraceparent(`cc-${TRACE}-${SPAN}-01`)?.traceId, TRACE)
})

test('an invalid header starts a new trace', () => {
  for (const header of [
    undefined,
    '',
    TRACE,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `01-${TRACE}-${SPAN}-01more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0g`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])
    assert.equal(readTraceparent(header), undefined, header)
})
