// The check of one predicate: the operator must suit the field, and the literals become values of the field's type (contract 8.4,
// 8.7-8.9). A negated operator becomes a negated leaf, and `!=` a negated `=`.
import type { ConditionStatus } from '../../state/records.ts'
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { likePattern } from '../syntax/like.ts'
import type { Comparison, Literal, PredicateSyntax } from '../syntax/syntax.ts'
import { RELATIVE_TIME_HINT, URL_HINT } from '../syntax/syntax-error.ts'
import type { ConditionLeaf, FieldLeaf, Leaf, ValueTest } from './checked.ts'
import {
  type Column,
  type ConditionField,
  type ConditionSubfield,
  fieldName,
  type IntegerColumn,
  type LabelField,
  type TextField,
} from './fields.ts'
import { type RequestTime, relativeInstant, startsWithNow } from './relative-time.ts'
import type { CheckFault, Checking, ResolvedField } from './resolve.ts'

/** The predicate as a leaf. Undefined if it has faults, which are reported. */
export function leafOf<R>(
  predicate: PredicateSyntax,
  field: ResolvedField<R>,
  checking: Checking<R>,
): Leaf<R> | undefined {
  return field.kind === 'condition'
    ? conditionLeaf(predicate, field, checking)
    : fieldLeaf(predicate, field, checking)
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

/** Reports a relative time without quotes on a field that is no time (contract 13.1). */
function isForTimesOnly<R>(literal: Literal, field: ResolvedField<R>, faults: CheckFault[]): boolean {
  if (literal.kind !== 'relativeTime') return false
  faults.push({
    constraint: 'value',
    offset: literal.offset,
    detail: `${fieldName(field)} does not take a time`,
    value: literal.text,
    hint: () =>
      field.kind === 'text' || field.kind === 'label' ? 'use single quotes for a text' : undefined,
  })
  return true
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

/** An operator as a user writes it, for messages. */
export function operatorText(predicate: PredicateSyntax): string {
  if (predicate.kind === 'compare') return predicate.operator
  if (predicate.kind === 'null') return predicate.negated ? 'is not null' : 'is null'
  const word = predicate.kind === 'like' && predicate.ignoreCase ? 'ilike' : predicate.kind
  return predicate.negated ? `not ${word}` : word
}

/** The content of a literal, without quotes. */
function literalText(literal: Literal): string {
  return literal.kind === 'string' ? literal.value : literal.text
}

// Conversions of literals to values of a type (contract 8.4). They return undefined for other literals.

const INTEGER = /^[+-]?[0-9]+$/
const INT32_MIN = -(2n ** 31n)
const INT32_MAX = 2n ** 31n - 1n

/** An integer of any size, quoted or not. */
function integerValue(literal: Literal): bigint | undefined {
  const text = literal.kind === 'string' ? literal.value : literal.text
  return INTEGER.test(text) ? BigInt(text) : undefined
}

/** An unquoted integer of 32 bits (contract 8.8). */
function int32Value(literal: Literal): number | undefined {
  if (literal.kind !== 'number') return undefined
  const value = integerValue(literal)
  return value === undefined || value < INT32_MIN || value > INT32_MAX ? undefined : Number(value)
}

/** A time in RFC 3339, always quoted, or a relative time, quoted or not. */
function timeValue(literal: Literal, time: RequestTime): Instant | undefined {
  switch (literal.kind) {
    case 'number':
      return undefined
    case 'relativeTime':
      return relativeInstant(literal.text, time)
    case 'string':
      return relativeInstant(literal.value, time) ?? parseInstant(literal.value)
  }
}

/** The hint for a usual mistake in a time. */
function timeHint(literal: Literal): string | undefined {
  if (literal.kind === 'number') return 'use single quotes'
  const text = literalText(literal)
  if (startsWithNow(text)) return RELATIVE_TIME_HINT
  return /[0-9] [0-9]{2}:[0-9]{2}$/.test(text) ? URL_HINT : undefined
}
