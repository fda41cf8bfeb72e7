// A leaf with relative times (contract 13.1), as time passes: its form at any time, and the records whose answers may differ between two times.
import type { Instant } from '../../wire/instant.ts'
import type { ConditionTimeLeaf, Leaf, TimeLeaf, ValueTest } from '../check/checked.ts'
import type { RelativeTimes } from './prepared.ts'

/** A leaf whose operands move with the time. */
export interface MovingLeaf<R> {
  /** The leaf as it would be at a time beyond all others. It is the same for equal leaves, whenever they were prepared. */
  readonly far: Leaf<R>
  /** The leaf at a time. */
  at(now: Instant): Leaf<R>
  /** Leaves about the same field. The answers of the records that pass none of them are the same at all times from `low` to `high`. */
  changing(low: Instant, high: Instant): readonly Leaf<R>[]
}

/** A time beyond all that can be written. An operand that is beyond them at this time is relative to it. */
const FAR = 1n << 100n
const IS_FAR = 1n << 90n

/** Finds the moving leaves of a query, by their numbers. Undefined for a leaf that is the same at any time. */
export function movingLeaves<R>(relative: RelativeTimes<R>): readonly (MovingLeaf<R> | undefined)[] {
  return relative.leavesAt(FAR).map((leaf, number) => {
    if (leaf.kind !== 'time' && leaf.kind !== 'conditionTime') return undefined
    const distances = distancesOf(leaf.test)
    return distances.length === 0 ? undefined : movingLeaf(leaf, number, distances, relative)
  })
}

function movingLeaf<R>(
  far: TimeLeaf<R> | ConditionTimeLeaf<R>,
  number: number,
  distances: readonly Instant[],
  relative: RelativeTimes<R>,
): MovingLeaf<R> {
  return {
    far,
    at: now => comparisonAt(far, now) ?? leafAt(number, relative, now),
    changing: (low, high) => distances.map(distance => between(far, low + distance, high + distance)),
  }
}

/** A comparison at a time. Undefined for another test. It is asked for with nearly each write: this takes a tenth of a microsecond, `leavesAt` some. */
function comparisonAt<R>(far: TimeLeaf<R> | ConditionTimeLeaf<R>, now: Instant): Leaf<R> | undefined {
  if (far.test.kind !== 'compare') return undefined
  const { operator, value } = far.test
  const test = { kind: 'compare', operator, value: value - FAR + now } as const
  if (far.kind === 'time') return { kind: 'time', field: far.field, test, negated: far.negated }
  return { kind: 'conditionTime', field: far.field, subfield: far.subfield, test }
}

function leafAt<R>(number: number, relative: RelativeTimes<R>, now: Instant): Leaf<R> {
  const leaf = relative.leavesAt(now)[number]
  if (leaf === undefined) throw new Error('a query has fewer leaves at another time')
  return leaf
}

function between<R>(far: TimeLeaf<R> | ConditionTimeLeaf<R>, low: Instant, high: Instant): Leaf<R> {
  const test = { kind: 'between', low, high } as const
  if (far.kind === 'time') return { kind: 'time', field: far.field, test, negated: false }
  return { kind: 'conditionTime', field: far.field, subfield: far.subfield, test }
}

/** The distances of the relative operands from `now`. */
function distancesOf(test: ValueTest<Instant>): readonly Instant[] {
  return operandsOf(test)
    .filter(operand => operand > IS_FAR)
    .map(operand => operand - FAR)
}

function operandsOf(test: ValueTest<Instant>): readonly Instant[] {
  switch (test.kind) {
    case 'compare':
      return [test.value]
    case 'between':
      return [test.low, test.high]
    case 'in':
      return [...test.values]
    case 'null':
      return []
  }
}
