// Long work over many turns: one slice each, few pieces at once, the others in their order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_UNDER_WAY, MAX_WAITING, Turns, TurnsBusyError, type Work } from '../../src/search/run/turns.ts'

/** Turns that come when the test says so; every slice is one step, by a clock that goes on with each look. */
function manualTurns() {
  const callbacks: (() => void)[] = []
  let clockMs = 0
  const turns = new Turns({ nowMs: () => (clockMs += 10), nextTurn: callback => callbacks.push(callback) })
  /** Lets a turn go by; returns whether something wanted it. */
  const next = () => {
    const callback = callbacks.shift()
    callback?.()
    assert.ok(callbacks.length <= 1, 'one slice a turn')
    return callback !== undefined
  }
  return { turns, next }
}

/** Work of some steps, which tells of each, and of its end. */
function* work(name: string, steps: number, told: string[]): Work<string> {
  try {
    for (let step = 1; step <= steps; step++) {
      told.push(`${name}${step}`)
      yield
    }
    return name
  } finally {
    told.push(`${name} freed`)
  }
}

const always = () => true

test('work that fits into a slice is done at once', () => {
  const { turns, next } = manualTurns()
  const told: string[] = []
  assert.equal(
    turns.run(() => work('a', 0, told), always),
    'a',
  )
  assert.deepEqual(told, ['a freed'])
  assert.equal(next(), false)
})

test('longer work goes on turn by turn, each in its turn', async () => {
  const { turns, next } = manualTurns()
  const told: string[] = []
  const a = turns.run(() => work('a', 3, told), always)
  const b = turns.run(() => work('b', 2, told), always)
  assert.deepEqual(told, ['a1', 'b1'])
  while (next());
  assert.deepEqual(told, ['a1', 'b1', 'a2', 'b2', 'a3', 'b freed', 'a freed'])
  assert.deepEqual(await Promise.all([a, b]), ['a', 'b'])
})

test('only a few pieces are under way, the others hold nothing until they begin, and too many are refused', async () => {
  const { turns, next } = manualTurns()
  const told: string[] = []
  const names = Array.from({ length: MAX_UNDER_WAY + MAX_WAITING }, (_, i) => `w${i}-`)
  const outcomes = names.map(name => turns.run(() => work(name, 2, told), always))
  const begun = MAX_UNDER_WAY + MAX_WAITING
  assert.deepEqual(turns.use, { underWay: MAX_UNDER_WAY, waiting: MAX_WAITING, begun, refused: 0 })
  assert.equal(told.filter(line => line.endsWith('freed')).length, MAX_WAITING)
  assert.throws(() => turns.run(() => work('late', 2, told), always), TurnsBusyError)
  assert.equal(
    turns.run(() => work('short', 0, told), always),
    'short',
    'short work is always done',
  )
  const held = () =>
    told.reduce((count, line) => count + (line.endsWith('-1') ? 1 : line.endsWith('freed') ? -1 : 0), 0)
  while (next()) assert.ok(held() <= MAX_UNDER_WAY + 2)
  assert.deepEqual(await Promise.all(outcomes), names)
  assert.deepEqual(turns.use, { underWay: 0, waiting: 0, begun: begun + 1, refused: 1 })
})

test('work that nobody wants any more is given up, also while it waits', async () => {
  const { turns, next } = manualTurns()
  const told: string[] = []
  let isWanted = true
  const outcomes = Array.from({ length: MAX_UNDER_WAY + 2 }, (_, i) =>
    turns.run(
      () => work(`w${i}-`, 1000, told),
      () => isWanted,
    ),
  )
  isWanted = false
  const settled = Promise.allSettled(outcomes)
  while (next());
  for (const outcome of await settled) assert.equal(outcome.status, 'rejected')
  assert.equal(told.filter(line => line.endsWith('freed')).length, MAX_UNDER_WAY + 2)
  assert.deepEqual(turns.use, { underWay: 0, waiting: 0, begun: MAX_UNDER_WAY + 2, refused: 0 })
})

test('work that fails fails alone', async () => {
  const { turns, next } = manualTurns()
  const told: string[] = []
  function* broken(): Work<string> {
    yield
    throw new Error('broken')
  }
  const failed = turns.run(broken, always)
  const fine = turns.run(() => work('a', 3, told), always)
  assert(failed instanceof Promise)
  const rejected = assert.rejects(failed, /broken/)
  while (next());
  await rejected
  assert.equal(await fine, 'a')
})
