// The check turns a syntax tree into a checked tree: it resolves every field and types every literal, or reports every fault
// (contract 8.3-8.9).
import { listedFaults, MAX_LISTED_FAULTS } from '../../wire/listed-faults.ts'
import { parseSearch } from '../syntax/parse.ts'
import { repairedText } from '../syntax/query-text.ts'
import { MAX_PROPOSED } from '../syntax/suggestion.ts'
import type { PredicateSyntax, Syntax } from '../syntax/syntax.ts'
import type { ParameterFault, SearchFault } from '../syntax/syntax-error.ts'
import type { Checked } from './checked.ts'
import type { Catalogue } from './fields.ts'
import type { RequestTime } from './literals.ts'
import { leafOf } from './predicate.ts'
import { type CheckFault, type Checking, resolveField } from './resolve.ts'

export type CheckResult<R> =
  | { readonly kind: 'checked'; readonly expression: Checked<R> }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

/** Checks a query against a catalogue. Recurses as deep as the query nests, which the grammar bounds. */
export function checkQuery<R>(syntax: Syntax, catalogue: Catalogue<R>, time: RequestTime): CheckResult<R> {
  const { expression, faults } = checkTree(syntax, catalogue, time)
  if (expression !== undefined) return { kind: 'checked', expression }
  return { kind: 'fault', fault: searchFault(faults, repairedQuery(syntax, catalogue, time)) }
}

/** The text of a query that a refusal may propose: the same, or repaired; undefined if it is not valid in either form. */
export function validQuery<R>(query: string, catalogue: Catalogue<R>, time: RequestTime): string | undefined {
  const parsed = parseSearch(query, () => undefined)
  if (parsed.kind === 'fault') return undefined
  const { expression } = checkTree(parsed.syntax, catalogue, time)
  return expression === undefined ? repairedQuery(parsed.syntax, catalogue, time) : query
}

function repairedQuery<R>(syntax: Syntax, catalogue: Catalogue<R>, time: RequestTime): string | undefined {
  const text = repairedText(syntax)
  if (text === undefined || text.length > MAX_PROPOSED) return undefined
  const parsed = parseSearch(text, () => undefined)
  if (parsed.kind === 'fault') return undefined
  return checkTree(parsed.syntax, catalogue, time).expression && text
}

function checkTree<R>(syntax: Syntax, catalogue: Catalogue<R>, time: RequestTime) {
  const faults: CheckFault[] = []
  const expression = checkNode(syntax, { catalogue, faults, outermostNot: undefined, time })
  return { expression, faults }
}

/** Undefined if the node has a fault. All of it is checked in any case. */
function checkNode<R>(syntax: Syntax, checking: Checking<R>): Checked<R> | undefined {
  switch (syntax.kind) {
    case 'and':
    case 'or': {
      const operands = checkAll(syntax.operands, checking)
      return operands && { kind: syntax.kind, operands }
    }
    case 'not': {
      const outermostNot = checking.outermostNot ?? syntax.offset
      const operand = checkNode(syntax.operand, { ...checking, outermostNot })
      return operand && { kind: 'not', operand }
    }
    default:
      return checkPredicate(syntax, checking)
  }
}

function checkAll<R>(operands: readonly Syntax[], checking: Checking<R>): Checked<R>[] | undefined {
  const checked = operands.map(operand => checkNode(operand, checking)).filter(node => node !== undefined)
  return checked.length < operands.length ? undefined : checked
}

/** Checks a predicate. The operator and the values are checked even if the name or a `not` is at fault. */
function checkPredicate<R>(predicate: PredicateSyntax, checking: Checking<R>): Checked<R> | undefined {
  const { faults } = checking
  const faultsBefore = faults.length
  const field = resolveField(predicate.field, checking)
  if (field === undefined) return undefined
  const leaf = leafOf(predicate, field, checking)
  return faults.length > faultsBefore ? undefined : leaf
}

/**
 * The faults by position, as many as an answer lists. The first is the `detail` (contract 4.11, 8.10).
 * @param proposed a valid query that was probably meant
 */
function searchFault(faults: readonly CheckFault[], proposed: string | undefined): SearchFault {
  const first = faults.toSorted((a, b) => a.offset - b.offset).slice(0, MAX_LISTED_FAULTS)
  const errors = first.map(({ constraint, offset, detail, value, hint }, i): ParameterFault => {
    const words = proposed === undefined || i > 0 ? hint?.() : `did you mean ${proposed}`
    return {
      field: 'search',
      constraint,
      message: words === undefined ? detail : `${detail}; ${words}`,
      offset,
      ...(value === undefined ? {} : { value }),
    }
  })
  return { detail: first[0]?.detail ?? '', errors: listedFaults(errors, faults.length) }
}
