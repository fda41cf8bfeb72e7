// The tests of a search on values and on records, as closures: for records, for the distinct values of an index, and for adapter
// statuses.

import { compareCodePoints } from '../../wire/text.ts'
import type { ConditionLeaf, Leaf, TextLeaf, ValueTest } from '../check/checked.ts'
import { isLike } from '../syntax/like.ts'
import type { Comparison } from '../syntax/syntax.ts'
import type { PlanNode } from './plan.ts'

export type RecordTest<R> = (record: R) => boolean
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

/** A part of a plan as a test of one record. Nests as deep as the query, which the grammar bounds (contract 8.1). */
export function recordTest<R>(node: PlanNode, leaves: readonly Leaf<R>[]): RecordTest<R> {
  switch (node.kind) {
    case 'and':
      return allOf(node.operands.map(operand => recordTest(operand, leaves)))
    case 'or':
      return anyOf(node.operands.map(operand => recordTest(operand, leaves)))
    case 'leaf': {
      const leaf = leaves[node.number]
      if (leaf === undefined) throw new Error('a plan has more leaves than its query')
      return leafTest(leaf, node.negated)
    }
  }
}

function allOf<R>(tests: readonly RecordTest<R>[]): RecordTest<R> {
  return record => {
    for (const test of tests) if (!test(record)) return false
    return true
  }
}

function anyOf<R>(tests: readonly RecordTest<R>[]): RecordTest<R> {
  return record => {
    for (const test of tests) if (test(record)) return true
    return false
  }
}

/** @param negated from the plan; replaces the leaf's own */
function leafTest<R>(leaf: Leaf<R>, negated: boolean): RecordTest<R> {
  switch (leaf.kind) {
    case 'text': {
      const { field } = leaf
      const passes = textTest(leaf.test)
      return field.kind === 'label'
        ? record => passes(field.labels(record)?.get(field.key)) !== negated
        : record => passes(field.read(record)) !== negated
    }
    case 'integer':
    case 'time': {
      const { field } = leaf
      const passes = integerTest(leaf.test)
      return record => passes(field.read(record)) !== negated
    }
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return conditionTest(leaf)
  }
}

/** A record without the condition passes no test, `!=` included (contract 8.8). */
function conditionTest<R>(leaf: ConditionLeaf<R>): RecordTest<R> {
  const { field } = leaf
  const conditionOf = (record: R) => field.conditions(record).find(({ type }) => type === field.type)
  switch (leaf.kind) {
    case 'conditionStatus':
      return record => conditionOf(record)?.status === leaf.status
    case 'conditionTime': {
      const passes = integerTest(leaf.test)
      return leaf.subfield === 'last_updated_time'
        ? record => passes(conditionOf(record)?.lastUpdatedTime)
        : record => passes(conditionOf(record)?.lastTransitionTime)
    }
    case 'conditionGeneration': {
      const passes = valueTest<number>(leaf.test, (a, b) => a - b)
      return record => passes(conditionOf(record)?.observedGeneration)
    }
  }
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
function valueTest<V>(test: ValueTest<V>, compare: Compare<V>): Passes<V> {
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
