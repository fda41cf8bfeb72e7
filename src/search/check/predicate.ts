// The check of a predicate on a column or a label: operators by the field's type, literals made values of it
// (contract 8.4). Every form with `not` becomes a negated leaf, `!=` a negated `=`.

import { likePattern } from '../syntax/like.ts'
import { type Literal, literalText, operatorText, type PredicateSyntax } from '../syntax/syntax.ts'
import type { FieldLeaf, ValueTest } from './checked.ts'
import type { CheckFault } from './checking.ts'
import type { Column, LabelField, TextField } from './fields.ts'
import { integerValue, timeHint, timeValue } from './literal.ts'

/** The predicate as a leaf, or undefined when it has faults, which are reported. */
export function fieldLeaf<R>(
  predicate: PredicateSyntax,
  field: Column<R> | LabelField<R>,
  faults: CheckFault[],
): FieldLeaf<R> | undefined {
  if (field.kind === 'text' || field.kind === 'label') return textLeaf(predicate, field)
  if (predicate.kind === 'like') {
    faults.push(unsupportedLike(predicate, field.name))
    return undefined
  }
  const negated = isNegated(predicate)
  if (field.kind === 'integer') {
    const test = valueTest(predicate, literal => integerOrFault(literal, field.name, faults))
    return test && { kind: 'integer', field, test, negated }
  }
  const test = valueTest(predicate, literal => timeOrFault(literal, field.name, faults))
  return test && { kind: 'time', field, test, negated }
}

function textLeaf<R>(predicate: PredicateSyntax, field: TextField<R>): FieldLeaf<R> | undefined {
  const negated = isNegated(predicate)
  if (predicate.kind === 'like') {
    const pattern = likePattern(predicate.pattern.value, predicate.ignoreCase)
    return { kind: 'text', field, test: { kind: 'like', pattern }, negated }
  }
  const test = valueTest(predicate, literalText)
  return test && { kind: 'text', field, test, negated }
}

type ValuePredicate = Exclude<PredicateSyntax, { kind: 'like' }>

/** The test with its literals read; all of them are, so that each faulty one is reported. */
function valueTest<V>(
  predicate: ValuePredicate,
  read: (literal: Literal) => V | undefined,
): ValueTest<V> | undefined {
  switch (predicate.kind) {
    case 'null':
      return { kind: 'null' }
    case 'compare': {
      const value = read(predicate.literal)
      const operator = predicate.operator === '!=' ? '=' : predicate.operator
      return value === undefined ? undefined : { kind: 'compare', operator, value }
    }
    case 'between': {
      const low = read(predicate.low)
      const high = read(predicate.high)
      return low === undefined || high === undefined ? undefined : { kind: 'between', low, high }
    }
    case 'in': {
      const values = predicate.literals.map(read).filter(value => value !== undefined)
      return values.length < predicate.literals.length ? undefined : { kind: 'in', values: new Set(values) }
    }
  }
}

function isNegated(predicate: PredicateSyntax): boolean {
  return predicate.kind === 'compare' ? predicate.operator === '!=' : predicate.negated
}

function unsupportedLike(predicate: PredicateSyntax, field: string): CheckFault {
  const operator = operatorText(predicate)
  return {
    constraint: 'operator',
    offset: predicate.operatorOffset,
    detail: `operator '${operator}' is not supported for field '${field}'`,
    value: operator,
    hint: () => 'like and ilike are for text fields and labels',
  }
}

function integerOrFault(literal: Literal, field: string, faults: CheckFault[]): bigint | undefined {
  const value = integerValue(literal)
  if (value === undefined) {
    faults.push({
      constraint: 'value',
      offset: literal.offset,
      detail: `invalid value '${literalText(literal)}' for field '${field}': expected an integer`,
      value: literalText(literal),
    })
  }
  return value
}

function timeOrFault(literal: Literal, field: string, faults: CheckFault[]): bigint | undefined {
  const value = timeValue(literal)
  if (value === undefined) {
    faults.push({
      constraint: 'value',
      offset: literal.offset,
      detail: `invalid timestamp for field '${field}': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)`,
      value: literalText(literal),
      hint: () => timeHint(literal),
    })
  }
  return value
}
