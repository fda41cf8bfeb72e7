// The tests of a search on values, as closures: for the values of records, and for the distinct values of an index.

import { compareCodePoints } from '../../wire/text.ts'
import type { TextLeaf, ValueTest } from '../check/checked.ts'
import { isLike } from '../syntax/like.ts'
import type { Comparison } from '../syntax/syntax.ts'

type Passes<V> = (value: V | undefined) => boolean
/** Negative, 0 or positive as the first value is before, equal to or after the second. */
type Compare<V> = (a: V, b: V) => number

/** The result of each operator for a value before, equal to and after the one in the query. */
export const HOLDS: Readonly<Record<Comparison, readonly [before: boolean, equal: boolean, after: boolean]>> =
  {
    '=': [false, true, false],
    '!=': [true, false, true],
    '<': [true, false, false],
    '<=': [true, true, false],
    '>': [false, false, true],
    '>=': [false, true, true],
  }

export function textTest(test: TextLeaf<never>['test']): Passes<string> {
  if (test.kind !== 'like') return valueTest(test, compareCodePoints)
  const { pattern } = test
  return value => value !== undefined && isLike(value, pattern)
}

/** Integers of any size, and instants. */
export function integerTest(test: ValueTest<bigint>): Passes<bigint> {
  return valueTest(test, compareBigints)
}

/** A missing value passes only `null` (contract 8.5). */
export function valueTest<V>(test: ValueTest<V>, compare: Compare<V>): Passes<V> {
  switch (test.kind) {
    case 'null':
      return value => value === undefined
    case 'in':
      return value => value !== undefined && test.values.has(value)
    case 'between': {
      const { low, high } = test
      return value => value !== undefined && compare(value, low) >= 0 && compare(value, high) <= 0
    }
    case 'compare': {
      const { operator, value: other } = test
      // Equality needs no order.
      if (operator === '=') return value => value === other
      const [before, equal, after] = HOLDS[operator]
      return value => {
        if (value === undefined) return false
        const order = compare(value, other)
        return order < 0 ? before : order > 0 ? after : equal
      }
    }
  }
}

/** Orders integers and instants. */
export function compareBigints(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
