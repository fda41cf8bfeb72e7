// Retries and pace, with a clock that advances only during waits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer, Client } from '../../src/cli/connection/client.ts'
import { Pace, shareOut } from '../../tools/simulate/crew.ts'
import { createPersistentClient, type Time } from '../../tools/simulate/persistence.ts'

const SERVER = new URL('http://127.0.0.1:8000')
const NEVER = new AbortController().signal

function answer(status: number, retryAfterS = 0): Answer {
  return { status, retryAfterS, body: Buffer.alloc(0) }
}

/** A network with these outcomes, of which the last one repeats, and a clock that its pauses advance. */
function staged(outcomes: readonly (Answer | Error)[], { retryForMs = 60_000, signal = NEVER } = {}) {
  const pauses: number[] = []
  let sent = 0
  let nowMs = 0
  const client: Client = {
    send: async () => {
      const outcome = outcomes[Math.min(sent++, outcomes.length - 1)]
      if (outcome === undefined || outcome instanceof Error) throw outcome
      return outcome
    },
    close: () => {},
  }
  const time: Time = {
    machineMs: () => nowMs,
    nowMs: () => nowMs,
    sleep: async ms => {
      pauses.push(ms)
      nowMs += ms
    },
  }
  const persistent = createPersistentClient({ client, server: SERVER, retryForMs, time, signal })
  return { persistent, pauses, time, sent: () => sent }
}

test('a lost connection and a 5xx are retried, with growing pauses, until there is an answer', async () => {
  const { persistent, pauses } = staged([new Error('reset'), answer(500), new Error('refused'), answer(201)])
  const final = await persistent.send('POST', '/')
  assert.equal(final.status, 201)
  assert.equal(final.wasRetried, true)
  assert.deepEqual({ ...persistent.traffic }, { requests: 4, retries: 3 })
  assert.deepEqual(pauses, [25, 50, 100])
})

test('contract 9.2: a 503 is retried after the time in its Retry-After', async () => {
  const { persistent, pauses } = staged([answer(503, 2), answer(503, 3600), answer(200)])
  assert.equal((await persistent.send('GET', '/')).status, 200)
  assert.deepEqual(pauses, [2000, 5000])
})

for (const status of [200, 201, 204, 400, 404, 409])
  test(`${status} is final at once`, async () => {
    const { persistent, sent } = staged([answer(status)])
    assert.equal((await persistent.send('GET', '/')).wasRetried, false)
    assert.equal(sent(), 1)
  })

test('retries end after the time limit if the server stays away, with words that say so', async () => {
  const { persistent, time } = staged([new Error('connect ECONNREFUSED')], { retryForMs: 10_000 })
  await assert.rejects(persistent.send('GET', '/'), {
    name: 'ServerLostError',
    message: /http:\/\/127.0.0.1:8000 has failed to answer for 10 s \(connect ECONNREFUSED\)/,
  })
  assert.ok(time.nowMs() >= 10_000 && time.nowMs() <= 11_000)
})

test('a stop ends the retries, and leaves answers alone', async () => {
  const stop = new AbortController()
  stop.abort()
  const lost = staged([new Error('reset')], { signal: stop.signal })
  await assert.rejects(lost.persistent.send('GET', '/'), { name: 'StoppedError' })
  const answered = staged([answer(200)], { signal: stop.signal })
  assert.equal((await answered.persistent.send('GET', '/')).status, 200)
})

test('a pace spreads requests evenly and lets a latecomer make up for a tenth of a second only', async () => {
  const { time, pauses } = staged([answer(200)])
  const pace = new Pace(100, time, NEVER)
  for (let i = 0; i < 50; i++) await pace.turn()
  assert.equal(time.nowMs(), 490)
  await time.sleep(10_000, NEVER)
  pauses.length = 0
  for (let i = 0; i < 21; i++) await pace.turn()
  assert.equal(pauses.length, 10)
})

test('jobs are begun in their order by as many workers as there are, and none begins after a stop', async () => {
  const begun: number[] = []
  const stop = new AbortController()
  let atOnce = 0
  let most = 0
  await shareOut({ workers: 3, signal: stop.signal }, numbers(), async number => {
    begun.push(number)
    most = Math.max(most, ++atOnce)
    await new Promise(setImmediate)
    atOnce -= 1
    if (number === 20) stop.abort()
  })
  assert.equal(most, 3)
  assert.deepEqual(begun, [...begun.keys()])
  assert.ok(begun.length >= 21 && begun.length <= 23)
})

test('the failure of a job ends the work once the jobs under way have ended', async () => {
  let ended = 0
  const work = shareOut({ workers: 4, signal: NEVER }, numbers(), async number => {
    if (number === 2) throw new Error('job 2')
    await new Promise(setImmediate)
    ended += 1
  })
  await assert.rejects(work, { message: 'job 2' })
  assert.equal(ended, 3)
})

function* numbers(): Generator<number> {
  for (let number = 0; ; number++) yield number
}
