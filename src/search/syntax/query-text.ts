// The text of a syntax tree, with what a check would refuse put in a form that it takes: no `not` above conditions, `True` and `False` alone, and times
// in RFC 3339. The caller checks the text: not every query has such a form.
import { parseInstant } from '../../wire/instant.ts'
import type { Comparison, FieldSyntax, Literal, PredicateSyntax, Syntax } from './syntax.ts'
import { operatorText } from './syntax.ts'

/** The query in other words; undefined if a `not` is above a condition that has no inverse. */
export function repairedText(syntax: Syntax): string | undefined {
  const text = repaired(syntax)
  const isGroup = text !== undefined && (syntax.kind === 'and' || syntax.kind === 'or')
  return isGroup ? text.slice(1, -1) : text
}

function repaired(syntax: Syntax): string | undefined {
  switch (syntax.kind) {
    case 'not': {
      if (hasCondition(syntax.operand)) return inverse(syntax.operand)
      const operand = repaired(syntax.operand)
      return operand && `not ${operand}`
    }
    case 'and':
    case 'or':
      return joined(syntax.operands.map(repaired), syntax.kind)
    default:
      return (syntax.field.names[0] === 'status' && statusText(syntax)) || predicateText(syntax)
  }
}

function hasCondition(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'not':
      return hasCondition(syntax.operand)
    case 'and':
    case 'or':
      return syntax.operands.some(hasCondition)
    default:
      return syntax.field.names[0] === 'status'
  }
}

function joined(texts: readonly (string | undefined)[], word: 'and' | 'or'): string | undefined {
  return texts.includes(undefined) ? undefined : `(${texts.join(` ${word} `)})`
}

const INVERSE: Readonly<Record<Comparison, Comparison>> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

/** A query that says `not` of this one without a `not` above a condition; undefined if a condition has no inverse. */
function inverse(syntax: Syntax): string | undefined {
  switch (syntax.kind) {
    case 'not':
      return repaired(syntax.operand)
    case 'and':
    case 'or':
      return joined(syntax.operands.map(inverse), syntax.kind === 'and' ? 'or' : 'and')
    default:
      return inversePredicate(syntax)
  }
}

function inversePredicate(predicate: PredicateSyntax): string | undefined {
  const { names } = predicate.field
  if (names[0] !== 'status') return `not ${predicateText(predicate)}`
  if (names.length === 3) return statusText(predicate, true)
  if (predicate.kind !== 'compare') return undefined
  const { field, operator, literal } = predicate
  return `${names.join('.')} ${INVERSE[operator]} ${literalText(literal, field)}`
}

/** A comparison of the status of a condition. A status is `True` or `False`, so that each has an inverse. */
function statusText(predicate: PredicateSyntax, isInverse = false): string | undefined {
  if (predicate.kind !== 'compare' || predicate.field.names.length !== 3) return undefined
  const { literal, operator } = predicate
  if (literal.kind !== 'string' || (operator !== '=' && operator !== '!=')) return undefined
  const isTrue = /^true$/i.test(literal.value)
  if (!isTrue && !/^false$/i.test(literal.value)) return undefined
  const isOther = (operator === '!=') !== isInverse
  return `${predicate.field.names.join('.')}='${isTrue === isOther ? 'False' : 'True'}'`
}

function predicateText(predicate: PredicateSyntax): string {
  const { field } = predicate
  const start = `${field.names.join('.')} ${operatorText(predicate)}`
  switch (predicate.kind) {
    case 'compare':
      return `${start} ${literalText(predicate.literal, field)}`
    case 'in':
      return `${start} (${predicate.literals.map(literal => literalText(literal, field)).join(', ')})`
    case 'like':
      return `${start} ${quoted(predicate.pattern.value)}`
    case 'between':
      return `${start} ${literalText(predicate.low, field)} and ${literalText(predicate.high, field)}`
    case 'null':
      return start
  }
}

/** The text of a literal. A field whose name ends in `_time` takes times. */
function literalText(literal: Literal, { names }: FieldSyntax): string {
  if (literal.kind !== 'string') return literal.text
  const isTime = names[0] !== 'labels' && names[0] !== 'spec' && names.at(-1)?.endsWith('_time') === true
  return quoted((isTime && completeTime(literal.value)) || literal.value)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const PART_OF_TIME = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?)?$/

/** A date, or a time without its zone, as a time in UTC; undefined for any other text. */
export function completeTime(text: string): string | undefined {
  const [, date, time = '00:00', seconds = ':00'] = PART_OF_TIME.exec(text) ?? []
  const complete = `${date}T${time}${seconds}Z`
  return parseInstant(complete) === undefined ? undefined : complete
}
