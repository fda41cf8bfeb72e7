// Long work over many turns: one slice each, few pieces at once, the others in their order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_UNDER_WAY, MAX_WAITING, Turns, TurnsBusyError, type Work } from '../../src/search/run/turns.ts'

/** Turns that the test triggers. The clock moves with each reading, so every slice is one step. */
function manualTurns() {
  const callbacks: (() => void)[] = []
  let clockMs = 0
  const turns = new Turns({ nowMs: () => (clockMs += 10), nextTurn: callback => callbacks.push(callback) })
  /** Runs the next turn. Returns whether one was scheduled. */
  const next = () => {
    const callback = callbacks.shift()
    callback?.()
    assert.ok(callbacks.length <= 1, 'one slice a turn')
    return callback !== undefined
  }
  return { turns, next }
}

/** Work of some steps. It records each step and its end. */
function* work(name: string, steps: number, log: string[]): Work<string> {
  try {
    for (let step = 1; step <= steps; step++) {
      log.push(`${name}${step}`)
      yield
    }
    return name
  } finally {
    log.push(`${name} freed`)
  }
}

const always = () => true

test('work that fits into a slice is done at once', () => {
  const { turns, next } = manualTurns()
  const log: string[] = []
  assert.equal(
    turns.run(() => work('a', 0, log), always),
    'a',
  )
  assert.deepEqual(log, ['a freed'])
  assert.equal(next(), false)
})

test('longer work runs over many turns, in alternation', async () => {
  const { turns, next } = manualTurns()
  const log: string[] = []
  const a = turns.run(() => work('a', 3, log), always)
  const b = turns.run(() => work('b', 2, log), always)
  assert.deepEqual(log, ['a1', 'b1'])
  while (next());
  assert.deepEqual(log, ['a1', 'b1', 'a2', 'b2', 'a3', 'b freed', 'a freed'])
  assert.deepEqual(await Promise.all([a, b]), ['a', 'b'])
})

test('only a few pieces are under way, the others hold nothing until they start, and further ones are refused', async () => {
  const { turns, next } = manualTurns()
  const log: string[] = []
  const names = Array.from({ length: MAX_UNDER_WAY + MAX_WAITING }, (_, i) => `w${i}-`)
  const outcomes = names.map(name => turns.run(() => work(name, 2, log), always))
  const begun = MAX_UNDER_WAY + MAX_WAITING
  assert.deepEqual(turns.use, { underWay: MAX_UNDER_WAY, waiting: MAX_WAITING, begun, refused: 0 })
  assert.equal(log.filter(line => line.endsWith('freed')).length, MAX_WAITING)
  assert.throws(() => turns.run(() => work('late', 2, log), always), TurnsBusyError)
  assert.equal(
    turns.run(() => work('short', 0, log), always),
    'short',
    'short work is always done',
  )
  const held = () =>
    log.reduce((count, line) => count + (line.endsWith('-1') ? 1 : line.endsWith('freed') ? -1 : 0), 0)
  while (next()) assert.ok(held() <= MAX_UNDER_WAY + 2)
  assert.deepEqual(await Promise.all(outcomes), names)
  assert.deepEqual(turns.use, { underWay: 0, waiting: 0, begun: begun + 1, refused: 1 })
})

test('work whose result is no longer wanted is ended, also while it waits', async () => {
  const { turns, next } = manualTurns()
  const log: string[] = []
  let isWanted = true
  const outcomes = Array.from({ length: MAX_UNDER_WAY + 2 }, (_, i) =>
    turns.run(
      () => work(`w${i}-`, 1000, log),
      () => isWanted,
    ),
  )
  isWanted = false
  const settled = Promise.allSettled(outcomes)
  while (next());
  for (const outcome of await settled) assert.equal(outcome.status, 'rejected')
  assert.equal(log.filter(line => line.endsWith('freed')).length, MAX_UNDER_WAY + 2)
  assert.deepEqual(turns.use, { underWay: 0, waiting: 0, begun: MAX_UNDER_WAY + 2, refused: 0 })
})

test('work that fails does not affect other work', async () => {
  const { turns, next } = manualTurns()
  const log: string[] = []
  function* broken(): Work<string> {
    yield
    throw new Error('broken')
  }
  const failed = turns.run(broken, always)
  const fine = turns.run(() => work('a', 3, log), always)
  assert(failed instanceof Promise)
  const rejected = assert.rejects(failed, /broken/)
  while (next());
  await rejected
  assert.equal(await fine, 'a')
})
