// The check of a predicate on a condition or a subfield of one (contract 8.7-8.9): few operators, strict values,
// never under a `not`. Operator and value are checked each for itself, so that every fault is reported.
import type { ConditionStatus } from '../../state/records.ts'
import {
  type Comparison,
  type Literal,
  literalText,
  operatorText,
  type PredicateSyntax,
} from '../syntax/syntax.ts'
import type { ConditionLeaf } from './checked.ts'
import type { CheckFault, Checking } from './checking.ts'
import { int32Value, timeHint, timeValue } from './literal.ts'
import type { ConditionField, ConditionSubfield } from './resolve.ts'

/** The predicate as a leaf, or undefined when it has faults, which are reported. */
export function conditionLeaf<R>(
  predicate: PredicateSyntax,
  field: ConditionField<R>,
  checking: Checking<R>,
): ConditionLeaf<R> | undefined {
  const { conditions, type, subfield } = field
  const { faults } = checking
  reportNot(checking)
  switch (subfield) {
    case undefined:
      return undefined
    case 'status': {
      const operator = statusOperator(predicate, faults)
      const status = onlyValue(predicate, literal => statusValue(literal, faults))
      return operator && status && { kind: 'conditionStatus', conditions, type, status }
    }
    case 'observed_generation': {
      const operator = subfieldOperator(predicate, subfield, faults)
      const value = onlyValue(predicate, literal => generationValue(literal, faults))
      if (operator === undefined || value === undefined) return undefined
      return { kind: 'conditionGeneration', conditions, type, operator, value }
    }
    case 'last_updated_time':
    case 'last_transition_time': {
      const operator = subfieldOperator(predicate, subfield, faults)
      const value = onlyValue(predicate, literal => subfieldTime(literal, subfield, faults))
      if (operator === undefined || value === undefined) return undefined
      return { kind: 'conditionTime', conditions, type, subfield, operator, value }
    }
  }
}

/** Reports the outermost `not` above a condition, once however many conditions stand below it (contract 8.9). */
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

/** Reads all literals of a predicate, to report the faulty ones; the value is that of a comparison's only one. */
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

function statusValue(literal: Literal, faults: CheckFault[]): ConditionStatus | undefined {
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

function generationValue(literal: Literal, faults: CheckFault[]): number | undefined {
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
  faults: CheckFault[],
): bigint | undefined {
  const value = timeValue(literal)
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
