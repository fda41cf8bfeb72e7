// The search of lists, as the rest of the server sees it: parameters are compiled once, and records are then
// matched and ordered by what came out (contract 7.4, 7.6, 8).
import { checkQuery } from './check/check.ts'
import type { Checked } from './check/checked.ts'
import { CATALOGUES, type RecordOf, type SearchTarget } from './check/fields.ts'
import { SyntaxCache } from './plan/syntax-cache.ts'
import { type OrderResult, readOrder } from './run/order.ts'
import type { SearchFault } from './syntax/fault.ts'
import { parseQuery } from './syntax/parse.ts'

export type { Checked } from './check/checked.ts'
export type { RecordOf, SearchRecord, SearchTarget } from './check/fields.ts'
export { matches } from './plan/evaluate.ts'
export { compareRecords, type OrderKey, type OrderResult } from './run/order.ts'
export type { ParameterFault, SearchFault } from './syntax/fault.ts'

export type SearchResult<R> =
  /** An undefined expression is no filter. */
  | { readonly kind: 'search'; readonly expression: Checked<R> | undefined }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

const syntaxCache = new SyntaxCache()

/** Compiles the `search` parameter: trimmed, parsed, checked (contract 8.1-8.10). */
export function compileSearch<T extends SearchTarget>(
  search: string | undefined,
  target: T,
): SearchResult<RecordOf[T]> {
  const query = search?.trim() ?? ''
  if (query === '') return { kind: 'search', expression: undefined }
  const catalogue = CATALOGUES[target]
  const cached = syntaxCache.find(query)
  if (cached !== undefined) {
    const checked = checkQuery<RecordOf[T]>(cached, catalogue)
    // A fault says where it is: that takes a tree of this query.
    if (checked.kind === 'checked') return { kind: 'search', expression: checked.expression }
  }
  const parsed = parseQuery(query)
  if (parsed.kind === 'fault') return parsed
  syntaxCache.add(query, parsed.syntax)
  const checked = checkQuery<RecordOf[T]>(parsed.syntax, catalogue)
  return checked.kind === 'fault' ? checked : { kind: 'search', expression: checked.expression }
}

/** Compiles `orderBy` and `order` to the keys of `compareRecords` (contract 7.4, 7.6). */
export function compileOrder<T extends SearchTarget>(
  orderBy: string | undefined,
  order: string | undefined,
  target: T,
): OrderResult<RecordOf[T]> {
  return readOrder<RecordOf[T]>(orderBy, order, CATALOGUES[target])
}
