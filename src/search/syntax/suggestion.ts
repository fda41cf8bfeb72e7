// Queries that were probably meant: a refusal proposes a whole query only if it parses.
import type { Comparison, Literal, PredicateSyntax, Syntax } from './syntax.ts'
import { operatorText } from './syntax.ts'

/** Longest query that is proposed. */
const MAX_PROPOSED = 512
/** Most places that are mended in one query. */
const MAX_MENDED = 16

/** Returns where a query does not parse, in UTF-16 units; undefined if it parses. */
export type FindFault = (query: string) => number | undefined

/** The query with all common mistakes mended; undefined if it does not parse even so. */
export function proposedQuery(query: string, unit: number, findFault: FindFault): string | undefined {
  if (query.length > MAX_PROPOSED) return undefined
  let mended = query
  let at: number | undefined = unit
  for (let left = MAX_MENDED; left > 0 && at !== undefined; left--) {
    const next = mendedAt(mended, at)
    if (next === undefined) return undefined
    mended = next
    at = findFault(mended)
  }
  return at === undefined ? mended : undefined
}

const DOUBLE_QUOTED = /"([^"]*)"/y
const SWAPPED =
  /('(?:[^']|'')*'|"[^"]*"|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(!=|<>|<=|>=|=|<|>)\s*([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)(?![A-Za-z0-9_.])/y
const DATE =
  /\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2}))?(?![-+:.A-Za-z0-9_])/y

/** Operators with their sides exchanged. */
const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['<=', '>='],
  ['>', '<'],
  ['>=', '<='],
])

function mendedAt(query: string, unit: number): string | undefined {
  const replaced = (length: number, text: string) => query.slice(0, unit) + text + query.slice(unit + length)
  const [swapped, literal = '', operator = '', field = ''] = matchAt(SWAPPED, query, unit)
  if (swapped !== undefined)
    return replaced(swapped.length, `${field} ${MIRRORED.get(operator) ?? operator} ${literal}`)
  const [quoted, content = ''] = matchAt(DOUBLE_QUOTED, query, unit)
  if (quoted !== undefined) return replaced(quoted.length, `'${content.replaceAll("'", "''")}'`)
  const [date] = matchAt(DATE, query, unit)
  if (date !== undefined) return replaced(date.length, `'${date.includes('T') ? date : `${date}T00:00:00Z`}'`)
  return undefined
}

function matchAt(pattern: RegExp, query: string, unit: number): readonly (string | undefined)[] {
  pattern.lastIndex = unit
  return pattern.exec(query) ?? []
}

const INVERSE: Readonly<Record<Comparison, Comparison>> = {
  '=': '!=',
  '!=': '=',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
}

/** The text of a query that says `not` of this one without a `not` above a condition; undefined if a condition has no inverse. */
export function inverseText(syntax: Syntax): string | undefined {
  switch (syntax.kind) {
    case 'not':
      return syntaxText(syntax.operand)
    case 'and':
    case 'or': {
      const texts = syntax.operands.map(inverseText)
      if (texts.includes(undefined)) return undefined
      const text = texts.join(syntax.kind === 'and' ? ' or ' : ' and ')
      return `(${text})`
    }
    default:
      return inversePredicate(syntax)
  }
}

function inversePredicate(predicate: PredicateSyntax): string | undefined {
  const { names } = predicate.field
  if (names[0] !== 'status') return `not ${predicateText(predicate)}`
  if (predicate.kind !== 'compare') return undefined
  const field = names.join('.')
  if (names.length > 3) return `${field} ${INVERSE[predicate.operator]} ${literalText(predicate.literal)}`
  const { literal, operator } = predicate
  if (operator !== '=' || literal.kind !== 'string') return undefined
  if (literal.value !== 'True' && literal.value !== 'False') return undefined
  return `${field}='${literal.value === 'True' ? 'False' : 'True'}'`
}

function syntaxText(syntax: Syntax): string {
  switch (syntax.kind) {
    case 'not':
      return `not ${syntaxText(syntax.operand)}`
    case 'and':
    case 'or':
      return `(${syntax.operands.map(syntaxText).join(` ${syntax.kind} `)})`
    default:
      return predicateText(syntax)
  }
}

function predicateText(predicate: PredicateSyntax): string {
  const start = `${predicate.field.names.join('.')} ${operatorText(predicate)}`
  switch (predicate.kind) {
    case 'compare':
      return `${start} ${literalText(predicate.literal)}`
    case 'in':
      return `${start} (${predicate.literals.map(literalText).join(', ')})`
    case 'like':
      return `${start} ${literalText(predicate.pattern)}`
    case 'between':
      return `${start} ${literalText(predicate.low)} and ${literalText(predicate.high)}`
    case 'null':
      return start
  }
}

function literalText(literal: Literal): string {
  return literal.kind === 'string' ? `'${literal.value.replaceAll("'", "''")}'` : literal.text
}
