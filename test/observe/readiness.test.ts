// Answers of /readyz from startup to shutdown (contract 1.1, 9.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readinessAnswer } from '../../src/observe/health.ts'
import { Readiness } from '../../src/observe/readiness.ts'
import { StorageFailedError } from '../../src/store/errors.ts'
import type { StoreHealth } from '../../src/store/store.ts'

function loading(phase: 'snapshot' | 'journal', done: number, total: number) {
  return { kind: 'recovery-progress', progress: { phase, done, total } } as const
}

test('a start shows its phase, and the progress of the load in percent', () => {
  const readiness = new Readiness()
  assert.deepEqual(readiness.reasons(), ['opening the store'])
  readiness.onStoreEvent(loading('snapshot', 500, 3000))
  assert.deepEqual(readiness.reasons(), ['loading the store: snapshot, 16 %'])
  readiness.onStoreEvent(loading('snapshot', 3000, 3000))
  assert.deepEqual(readiness.reasons(), ['loading the store: snapshot, 100 %'])
  readiness.onStoreEvent(loading('journal', 0, 0))
  assert.deepEqual(readiness.reasons(), ['loading the store: journal, 100 %'])
  readiness.onStoreEvent({ kind: 'recovered', durationMs: 1 })
  assert.deepEqual(readiness.reasons(), ['building the indexes'])
  readiness.serve(() => ({ kind: 'ok' }))
  assert.deepEqual(readiness.reasons(), [])
})

test('a full disk is a reason while it is full', () => {
  const readiness = new Readiness()
  let health: StoreHealth = { kind: 'full' }
  readiness.serve(() => health)
  assert.deepEqual(readiness.reasons(), ['the disk is full: writes are refused, reads continue'])
  health = { kind: 'ok' }
  assert.deepEqual(readiness.reasons(), [])
})

test('failed storage is a reason, with its error', () => {
  const readiness = new Readiness()
  const error = new StorageFailedError('gone', 'the data folder has been taken away: /data no longer exists')
  readiness.serve(() => ({ kind: 'failed', error }))
  assert.deepEqual(readiness.reasons(), [`storage failed, shutting down: ${error.message}`])
})

test('a server that shuts down is never ready again', () => {
  const readiness = new Readiness()
  readiness.drain()
  readiness.onStoreEvent({ kind: 'recovered', durationMs: 1 })
  readiness.serve(() => ({ kind: 'ok' }))
  assert.deepEqual(readiness.reasons(), ['shutting down'])
})

test('the answer is 200 without reasons, else 503 with all of them', () => {
  assert.deepEqual(readinessAnswer([]), { status: 200, body: { status: 'ok' } })
  assert.deepEqual(readinessAnswer(['a', 'b']), {
    status: 503,
    body: { status: 'unavailable', reasons: ['a', 'b'] },
  })
})
