// The check of one predicate: the operator must suit the field, and the literals become values of the field's type (contract 8.4,
// 8.7-8.9, 13.3). A negated operator becomes a negated leaf, and `!=` a negated `=`.
import type { ConditionStatus } from '../../state/records.ts'
import { Decimal } from '../../wire/decimal.ts'
import { likePattern } from '../syntax/like.ts'
import { type Comparison, type Literal, operatorText, type PredicateSyntax } from '../syntax/syntax.ts'
import type { ConditionLeaf, FieldLeaf, Leaf, SpecLeaf, ValueTest } from './checked.ts'
import {
  type Column,
  type ConditionField,
  type ConditionSubfield,
  fieldName,
  type IntegerColumn,
  type LabelField,
  type SpecField,
  type TextField,
} from './fields.ts'
import { int32Value, integerValue, literalText, type RequestTime, timeHint, timeValue } from './literals.ts'
import type { CheckFault, Checking, ResolvedField } from './resolve.ts'

/** The predicate as a leaf. Undefined if it has faults, which are reported. */
export function leafOf<R>(
  predicate: PredicateSyntax,
  field: ResolvedField<R>,
  checking: Checking<R>,
): Leaf<R> | undefined {
  switch (field.kind) {
    case 'condition':
      return conditionLeaf(predicate, field, checking)
    case 'spec':
      return specLeaf(predicate, field, checking.faults)
    default:
      return fieldLeaf(predicate, field, checking)
  }
}

function fieldLeaf<R>(
  predicate: PredicateSyntax,
  field: Column<R> | LabelField<R>,
  { faults, time }: Checking<R>,
): FieldLeaf<R> | undefined {
  if (field.kind === 'text' || field.kind === 'label') return textLeaf(predicate, field, faults)
  if (predicate.kind === 'like') {
    faults.push(unsupportedLike(predicate, field.name))
    return undefined
  }
  const negated = isNegated(predicate)
  if (field.kind === 'integer') {
    const test = valueTest(predicate, literal => integerOrFault(literal, field, faults))
    return test && { kind: 'integer', field, test, negated }
  }
  const test = valueTest(predicate, literal => timeOrFault(literal, field.name, time, faults))
  return test && { kind: 'time', field, test, negated }
}

function textLeaf<R>(
  predicate: PredicateSyntax,
  field: TextField<R>,
  faults: CheckFault[],
): FieldLeaf<R> | undefined {
  const negated = isNegated(predicate)
  if (predicate.kind === 'like') {
    const pattern = likePattern(predicate.pattern.value, predicate.ignoreCase)
    return { kind: 'text', field, test: { kind: 'like', pattern }, negated }
  }
  const test = valueTest(predicate, literal =>
    isForTimesOnly(literal, field, faults) ? undefined : literalText(literal),
  )
  return test && { kind: 'text', field, test, negated }
}

/**
 * The leaf of a value in the spec (contract 13.3). With an unquoted number on the right it compares numbers, with more than one literal only if
 * all of them are such numbers.
 */
function specLeaf<R>(
  predicate: PredicateSyntax,
  field: SpecField<R>,
  faults: CheckFault[],
): SpecLeaf<R> | undefined {
  const negated = isNegated(predicate)
  if (predicate.kind === 'like') {
    const pattern = likePattern(predicate.pattern.value, predicate.ignoreCase)
    return { kind: 'spec', field, test: { kind: 'text', test: { kind: 'like', pattern } }, negated }
  }
  const literals = literalsOf(predicate)
  if (literals.length > 0 && literals.every(({ kind }) => kind === 'number')) {
    const test = valueTest(predicate, literal => new Decimal(literalText(literal)))
    return test && { kind: 'spec', field, test: { kind: 'number', test }, negated }
  }
  const test = valueTest(predicate, literal =>
    isForTimesOnly(literal, field, faults) ? undefined : literalText(literal),
  )
  return test && { kind: 'spec', field, test: { kind: 'text', test }, negated }
}

function literalsOf(predicate: ValuePredicate): readonly Literal[] {
  switch (predicate.kind) {
    case 'compare':
      return [predicate.literal]
    case 'between':
      return [predicate.low, predicate.high]
    case 'in':
      return predicate.literals
    case 'null':
      return []
  }
}

type ValuePredicate = Exclude<PredicateSyntax, { kind: 'like' }>

/** Reads the literals of a predicate: all of them, so that each fault is reported. */
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

function integerOrFault<R>(
  literal: Literal,
  field: IntegerColumn<R>,
  faults: CheckFault[],
): bigint | undefined {
  if (isForTimesOnly(literal, field, faults)) return undefined
  const value = integerValue(literal)
  if (value === undefined) {
    faults.push({
      constraint: 'value',
      offset: literal.offset,
      detail: `invalid value '${literalText(literal)}' for field '${field.name}': expected an integer`,
      value: literalText(literal),
    })
  }
  return value
}

function timeOrFault(
  literal: Literal,
  field: string,
  time: RequestTime,
  faults: CheckFault[],
): bigint | undefined {
  const value = timeValue(literal, time)
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

/** Reports a relative time without quotes on a field that is no time (contract 13.1). */
function isForTimesOnly<R>(literal: Literal, field: ResolvedField<R>, faults: CheckFault[]): boolean {
  if (literal.kind !== 'relativeTime') return false
  faults.push({
    constraint: 'value',
    offset: literal.offset,
    detail: `${fieldName(field)} does not take a time`,
    value: literal.text,
    hint: () => (['text', 'label', 'spec'].includes(field.kind) ? 'use single quotes for a text' : undefined),
  })
  return true
}

/**
 * The leaf of a condition or one of its subfields (contract 8.7-8.9): few operators, strict values, never under a `not`.
 * Operator and value are checked independently, so that every fault is reported.
 */
function conditionLeaf<R>(
  predicate: PredicateSyntax,
  field: ConditionField<R>,
  checking: Checking<R>,
): ConditionLeaf<R> | undefined {
  const { subfield } = field
  const { faults, time } = checking
  reportNot(checking)
  switch (subfield) {
    case undefined:
      return undefined
    case 'status': {
      const operator = statusOperator(predicate, faults)
      const status = onlyValue(predicate, literal => statusValue(literal, field, faults))
      return operator && status && { kind: 'conditionStatus', field, status }
    }
    case 'observed_generation': {
      const operator = subfieldOperator(predicate, subfield, faults)
      const value = onlyValue(predicate, literal => generationValue(literal, field, faults))
      if (operator === undefined || value === undefined) return undefined
      return { kind: 'conditionGeneration', field, test: { kind: 'compare', operator, value } }
    }
    case 'last_updated_time':
    case 'last_transition_time': {
      const operator = subfieldOperator(predicate, subfield, faults)
      const value = onlyValue(predicate, literal => subfieldTime(literal, subfield, time, faults))
      if (operator === undefined || value === undefined) return undefined
      return { kind: 'conditionTime', field, subfield, test: { kind: 'compare', operator, value } }
    }
  }
}

/** Reports the outermost `not` above a condition, once for any number of conditions below it (contract 8.9). */
function reportNot<R>({ outermostNot: offset, faults }: Checking<R>): void {
  if (offset === undefined) return
  if (faults.some(fault => fault.constraint === 'not' && fault.offset === offset)) return
  faults.push({
    constraint: 'not',
    offset,
    detail:
      "NOT operator is not supported with condition queries; use the inverse condition instead (e.g., Ready='False')",
  })
}

function statusOperator(predicate: PredicateSyntax, faults: CheckFault[]): '=' | undefined {
  if (predicate.kind === 'compare' && predicate.operator === '=') return '='
  faults.push({
    constraint: 'operator',
    offset: predicate.operatorOffset,
    detail: 'only equality operator (=) is supported for condition status queries',
    value: operatorText(predicate),
  })
  return undefined
}

function subfieldOperator(
  predicate: PredicateSyntax,
  subfield: ConditionSubfield,
  faults: CheckFault[],
): Comparison | undefined {
  if (predicate.kind === 'compare') return predicate.operator
  const operator = operatorText(predicate)
  faults.push({
    constraint: 'operator',
    offset: predicate.operatorOffset,
    detail: `operator '${operator}' is not supported for condition subfield '${subfield}'; use =, !=, <>, <, <=, > or >=`,
    value: operator,
  })
  return undefined
}

/** Reads all literals of a predicate, so that each fault is reported. Returns the value of a comparison. */
function onlyValue<V>(predicate: PredicateSyntax, read: (literal: Literal) => V | undefined): V | undefined {
  switch (predicate.kind) {
    case 'compare':
      return read(predicate.literal)
    case 'in':
      predicate.literals.forEach(read)
      return undefined
    case 'between':
      read(predicate.low)
      read(predicate.high)
      return undefined
    case 'like':
    case 'null':
      return undefined
  }
}

function statusValue<R>(
  literal: Literal,
  field: ConditionField<R>,
  faults: CheckFault[],
): ConditionStatus | undefined {
  if (isForTimesOnly(literal, field, faults)) return undefined
  const text = literalText(literal)
  if (text === 'True' || text === 'False') return text
  faults.push({
    constraint: 'value',
    offset: literal.offset,
    detail: `condition status '${text}' is invalid: must be True or False`,
    value: text,
    hint: () => meantStatus(text),
  })
  return undefined
}

function meantStatus(text: string): string | undefined {
  const meant = ['True', 'False'].find(status => status.toLowerCase() === text.toLowerCase())
  return meant && `did you mean '${meant}'?`
}

function generationValue<R>(
  literal: Literal,
  field: ConditionField<R>,
  faults: CheckFault[],
): number | undefined {
  if (isForTimesOnly(literal, field, faults)) return undefined
  const value = int32Value(literal)
  if (value === undefined) {
    faults.push({
      constraint: 'value',
      offset: literal.offset,
      detail: "expected integer value for condition subfield 'observed_generation'",
      value: literalText(literal),
      hint: () =>
        literal.kind === 'string' ? 'write the integer without quotes' : 'it must be an integer of 32 bits',
    })
  }
  return value
}

function subfieldTime(
  literal: Literal,
  subfield: ConditionSubfield,
  time: RequestTime,
  faults: CheckFault[],
): bigint | undefined {
  const value = timeValue(literal, time)
  if (value === undefined) {
    faults.push({
      constraint: 'value',
      offset: literal.offset,
      detail: `invalid timestamp for condition subfield '${subfield}': expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)`,
      value: literalText(literal),
      hint: () => timeHint(literal),
    })
  }
  return value
}
