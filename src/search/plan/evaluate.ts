// Whether one record matches a checked search, row by row: slow, and plain enough to be the oracle for the planner.
import type { ResourceCondition } from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { Checked, ConditionLeaf, FieldLeaf, LikeTest, TextLeaf, ValueTest } from '../check/checked.ts'
import { readText } from '../check/fields.ts'
import { isLike } from '../syntax/like.ts'
import type { Comparison } from '../syntax/syntax.ts'

export type { SearchRecord } from '../check/fields.ts'

/** Negative, zero or positive, as `a` is before, at or after `b`. */
type Compare<V> = (a: V, b: V) => number

/** Whether a record matches. It recurses as deep as the query nests, which the grammar bounds (contract 8.1, 8.5). */
export function matches<R>(expression: Checked<R>, record: R): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.operands.every(operand => matches(operand, record))
    case 'or':
      return expression.operands.some(operand => matches(operand, record))
    case 'not':
      return !matches(expression.operand, record)
    case 'text':
    case 'integer':
    case 'time':
      return fieldPasses(expression, record) !== expression.negated
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return conditionMatches(expression, record)
  }
}

function fieldPasses<R>(leaf: FieldLeaf<R>, record: R): boolean {
  switch (leaf.kind) {
    case 'text':
      return textPasses(leaf.test, readText(leaf.field, record))
    case 'integer':
      return valuePasses(leaf.test, leaf.field.read(record), compareBigints)
    case 'time':
      return valuePasses(leaf.test, leaf.field.read(record), compareBigints)
  }
}

function textPasses(test: TextLeaf<never>['test'], value: string | undefined): boolean {
  return test.kind === 'like' ? likePasses(test, value) : valuePasses(test, value, compareCodePoints)
}

function likePasses(test: LikeTest, value: string | undefined): boolean {
  return value !== undefined && isLike(value, test.pattern)
}

/** A missing value passes no test but `null` (contract 8.5). */
function valuePasses<V>(test: ValueTest<V>, value: V | undefined, compare: Compare<V>): boolean {
  if (value === undefined) return test.kind === 'null'
  switch (test.kind) {
    case 'compare':
      return holds(test.operator, compare(value, test.value))
    case 'in':
      return test.values.has(value)
    case 'between':
      return compare(value, test.low) >= 0 && compare(value, test.high) <= 0
    case 'null':
      return false
  }
}

/** A record without the condition never matches, not even with `!=` (contract 8.8). */
function conditionMatches<R>(leaf: ConditionLeaf<R>, record: R): boolean {
  const condition = leaf.conditions(record).find(({ type }) => type === leaf.type)
  return condition !== undefined && conditionPasses(leaf, condition)
}

function conditionPasses<R>(leaf: ConditionLeaf<R>, condition: ResourceCondition): boolean {
  switch (leaf.kind) {
    case 'conditionStatus':
      return condition.status === leaf.status
    case 'conditionTime': {
      const isUpdate = leaf.subfield === 'last_updated_time'
      const time = isUpdate ? condition.lastUpdatedTime : condition.lastTransitionTime
      return holds(leaf.operator, compareBigints(time, leaf.value))
    }
    case 'conditionGeneration':
      return holds(leaf.operator, condition.observedGeneration - leaf.value)
  }
}

/** Whether `a operator b` holds, given how `a` compares with `b`. */
function holds(operator: Comparison, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** Orders integers and instants. */
export function compareBigints(a: bigint, b: bigint): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
