// Parses a query into its syntax tree: checks the limits of length and depth, calls the generated parser, and turns its error into a
// fault. Linear in the length of the query.
import { utf8Length } from '../../wire/text.ts'
import { SyntaxError as GrammarError, parse } from './generated/tsl.js'
import { proposedQuery } from './suggestion.ts'
import type { Syntax } from './syntax.ts'
import { type SearchFault, syntaxFault } from './syntax-error.ts'

/** The longest query, in UTF-8 bytes after trimming (contract 8.1). */
export const MAX_QUERY_BYTES = 4096

/** The deepest nesting of parentheses and `not` (contract 8.1). */
export const MAX_QUERY_DEPTH = 64

export type ParseResult =
  | { readonly kind: 'syntax'; readonly syntax: Syntax }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

/** Returns a query, in other words if need be; undefined if it is not valid. */
export type Validate = (query: string) => string | undefined

/**
 * Parses a trimmed, non-empty query (contract 8.1, 8.2).
 * @param validate for a query that parses, before a refusal proposes it
 */
export function parseSearch(query: string, validate: Validate = text => text): ParseResult {
  if (utf8Length(query) > MAX_QUERY_BYTES) return fault(tooLong())
  const codePointOffset = codePointOffsets(query)
  try {
    const syntax = parse(query, { maxDepth: MAX_QUERY_DEPTH, codePointOffset, refuseDepth })
    return { kind: 'syntax', syntax }
  } catch (error) {
    if (error instanceof DepthExceeded) return fault(tooDeep(error.offset))
    if (!(error instanceof GrammarError)) throw error
    const unit = error.location.start.offset
    const mended = proposedQuery(query, unit, faultIn)
    const proposed = mended === undefined ? undefined : validate(mended)
    return fault(syntaxFault(query, unit, codePointOffset(unit), expectedWords(error), proposed))
  }
}

/** The position at which a query does not parse; undefined if it parses. */
function faultIn(query: string): number | undefined {
  try {
    parse(query, { maxDepth: MAX_QUERY_DEPTH, codePointOffset: (unit: number) => unit, refuseDepth })
    return undefined
  } catch (error) {
    if (error instanceof DepthExceeded) return query.length
    if (!(error instanceof GrammarError)) throw error
    return error.location.start.offset
  }
}

/** Thrown through the generated parser, which cannot stop early in another way. */
class DepthExceeded extends Error {
  readonly offset: number

  constructor(offset: number) {
    super(`nested too deep at ${offset}`)
    this.offset = offset
  }
}

function refuseDepth(offset: number): never {
  throw new DepthExceeded(offset)
}

/** The display names of the tokens expected where parsing stopped, without single characters. */
function expectedWords(error: GrammarError): string[] {
  const words = new Set<string>()
  for (const expectation of error.expected ?? []) {
    if (expectation.type === 'other') words.add(expectation.description)
    if (expectation.type === 'end') words.add('the end of the query')
  }
  return [...words]
}

/** Maps offsets in UTF-16 units, as the parser counts, to offsets in code points. */
function codePointOffsets(query: string): (unit: number) => number {
  const offsets: number[] = []
  let codePoints = 0
  for (const character of query) {
    for (let unit = 0; unit < character.length; unit++) offsets.push(codePoints)
    codePoints += 1
  }
  return unit => offsets[unit] ?? codePoints
}

function fault(fault: SearchFault): ParseResult {
  return { kind: 'fault', fault }
}

function tooLong(): SearchFault {
  const message = `search query is longer than ${MAX_QUERY_BYTES} bytes`
  return { detail: message, errors: [{ field: 'search', constraint: 'maxLength', message }] }
}

function tooDeep(offset: number): SearchFault {
  const message = `search query is nested deeper than ${MAX_QUERY_DEPTH} levels of parentheses and 'not'`
  return { detail: message, errors: [{ field: 'search', constraint: 'maxDepth', message, offset }] }
}
