// The checker of histories: it must take what may have happened and must find what may not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { checkHistory, type Operation } from './linearizability.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

type Interval = readonly [calledMs: number, endedMs: number]

function write(value: number, [calledMs, endedMs]: Interval, isAnswered = true): Operation<number> {
  return { calledMs, endedMs, isAnswered, isRead: false, apply: () => value, name: `write ${value}` }
}

function read(value: number, [calledMs, endedMs]: Interval): Operation<number> {
  return {
    calledMs,
    endedMs,
    isAnswered: true,
    isRead: true,
    apply: state => (state === value ? state : undefined),
    name: `read ${value}`,
  }
}

/** A write that says what it replaced: a lost update shows at once. */
function replace(before: number, after: number, [calledMs, endedMs]: Interval): Operation<number> {
  return {
    calledMs,
    endedMs,
    isAnswered: true,
    isRead: false,
    apply: state => (state === before ? after : undefined),
    name: `replace ${before} by ${after}`,
  }
}

/** The operation at which a register that was 0 is found to be wrong. */
function violationOf(...operations: Operation<number>[]): string | undefined {
  const verdict = checkHistory(operations, [0], String)
  return verdict.kind === 'violation' ? verdict.operation.name : undefined
}

test('a read during a write may see the old value or the new one', () => {
  for (const value of [0, 1]) assert.equal(violationOf(write(1, [0, 10]), read(value, [5, 6])), undefined)
})

test('writes that overlap may take effect in either order', () => {
  const both = [write(1, [0, 10]), write(2, [0, 10])]
  for (const value of [1, 2]) assert.equal(violationOf(...both, read(value, [11, 12])), undefined)
  assert.equal(violationOf(...both, read(1, [11, 12]), read(2, [13, 14])), 'read 2')
})

test('a stale read after an answered write is found', () => {
  assert.equal(violationOf(write(1, [0, 10]), read(0, [11, 12])), 'read 0')
})

test('a stale read after a read of the newer value was answered is found, while the write is still under way', () => {
  assert.equal(violationOf(write(1, [0, 100]), read(1, [5, 6]), read(0, [7, 8])), 'read 0')
})

test('a lost update is found', () => {
  assert.equal(violationOf(replace(0, 1, [0, 10]), replace(0, 2, [5, 15])), 'replace 0 by 2')
  assert.equal(violationOf(replace(0, 1, [0, 10]), replace(1, 2, [5, 15])), undefined)
})

test('a read of a value that was never written is found', () => {
  assert.equal(violationOf(write(1, [0, 10]), read(7, [5, 20])), 'read 7')
})

test('an unanswered write may have happened or not, once, and not after its end', () => {
  const lost = write(1, [0, 10], false)
  assert.equal(violationOf(lost, read(0, [11, 12]), read(0, [13, 14])), undefined)
  assert.equal(violationOf(lost, read(1, [11, 12]), read(1, [13, 14])), undefined)
  assert.equal(violationOf(lost, read(0, [11, 12]), read(1, [13, 14])), 'read 1')
  assert.equal(violationOf(lost, read(1, [11, 12]), read(0, [13, 14])), 'read 0')
  assert.equal(violationOf(lost, write(2, [11, 12]), read(1, [13, 14])), 'read 1')
})

interface Draft {
  readonly isWrite: boolean
  readonly value: number
  readonly calledMs: number
  readonly lengthMs: number
  readonly isAnswered: boolean
}

const drafts = fc.array(
  fc.record<Draft>({
    isWrite: fc.boolean(),
    value: fc.integer({ min: 0, max: 2 }),
    calledMs: fc.integer({ min: 0, max: 12 }),
    lengthMs: fc.integer({ min: 0, max: 6 }),
    isAnswered: fc.boolean(),
  }),
  { maxLength: 6 },
)

function operationOf({ isWrite, value, calledMs, lengthMs, isAnswered }: Draft): Operation<number> {
  const interval: Interval = [calledMs, calledMs + lengthMs]
  return isWrite ? write(value, interval, isAnswered) : read(value, interval)
}

/** By trying every order of the operations that keeps to their times, and every choice of unanswered ones. */
function isLinearizable(left: readonly Operation<number>[], state: number): boolean {
  if (left.every(({ isAnswered }) => !isAnswered)) return true
  return left.some(operation => {
    const others = left.filter(other => other !== operation)
    // Whatever is still to come, even an unanswered one that is left out, must not have ended before this call.
    const isNext = others.every(other => !other.isAnswered || other.endedMs >= operation.calledMs)
    const next = operation.apply(state)
    if (isNext && next !== undefined && isLinearizable(inTime(others, operation), next)) return true
    return false
  })
}

/** An unanswered operation that ended before this one was called has not happened, or it would stand before it. */
function inTime(others: readonly Operation<number>[], { calledMs }: Operation<number>): Operation<number>[] {
  return others.filter(({ isAnswered, endedMs }) => isAnswered || endedMs >= calledMs)
}

test('random histories get the same verdict as from trying every order', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const property = fc.property(drafts, all => {
    const operations = all.map(operationOf)
    const verdict = checkHistory(operations, [0], String)
    assert.equal(verdict.kind === 'linearizable', isLinearizable(operations, 0))
  })
  fc.assert(property, { seed: SEED, numRuns: 3000 })
})
