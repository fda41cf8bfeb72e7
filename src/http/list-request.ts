// Query string of a list: percent-decodes it to UTF-8, then reads page, search and order (contract 7.2, 7.4-7.6, 8.1).
import { isUtf8 } from 'node:buffer'
import type { ListSearch, Positions, Query, SearchFault } from '../search/search.ts'
import { type ProblemReply, problem } from './problems.ts'

/** Configurable bounds of a page (contract 7.2). */
export interface PageLimits {
  readonly pageSizeDefault: number
  readonly pageSizeMax: number
}

/** A requested list: the query, and the page to return. */
export interface ListRequest<R> {
  readonly kind: 'list'
  readonly query: Query<R>
  readonly page: number
  readonly positions: Positions
}

/** A requested plan: the query of a list, and the text of its search. */
export interface ExplainRequest<R> {
  readonly kind: 'explain'
  readonly query: Query<R>
  readonly search: string
}

interface Page {
  readonly kind: 'page'
  readonly page: number
  readonly pageSize: number
}

/** Parameters by name. The first value of a repeated parameter counts. */
type QueryParameters = ReadonlyMap<string, string>

const NO_PARAMETERS: QueryParameters = new Map()
const ASCII = /^[!-~]*$/
const PLAIN = /^[!-$&-*,-~]*$/ // printable ASCII without `%` and `+` needs no decoding
const INT32_MAX = 2_147_483_647

/**
 * Reads the query string of a list.
 * @param query the bytes after the `?`, one character each
 */
export function readListRequest<R>(
  search: ListSearch<R>,
  query: string,
  limits: PageLimits,
): ListRequest<R> | ProblemReply {
  const parameters = parseQueryString(query)
  if ('kind' in parameters) return parameters
  const asked = readPage(parameters, limits)
  if (asked.kind === 'problem') return asked
  const checked = readQuery(parameters, search)
  if (checked.kind === 'problem') return checked
  const { page, pageSize } = asked
  return { kind: 'list', query: checked, page, positions: { offset: (page - 1) * pageSize, limit: pageSize } }
}

/** Reads the query string of a plan. It has no page. */
export function readExplainRequest<R>(
  search: ListSearch<R>,
  query: string,
): ExplainRequest<R> | ProblemReply {
  const parameters = parseQueryString(query)
  if ('kind' in parameters) return parameters
  const checked = readQuery(parameters, search)
  if (checked.kind === 'problem') return checked
  return { kind: 'explain', query: checked, search: parameters.get('search')?.trim() ?? '' }
}

/** Reads `page` and `pageSize` (alias `size`). */
function readPage(parameters: QueryParameters, limits: PageLimits): Page | ProblemReply {
  const sizeName = parameters.get('pageSize') ? 'pageSize' : 'size'
  const page = readInteger(parameters, 'page', 1, 1)
  const pageSize = readInteger(parameters, sizeName, 0, limits.pageSizeDefault)
  const faults = [
    ...(page === undefined ? [outOfRange(parameters, 'page', 1)] : []),
    ...(pageSize === undefined ? [outOfRange(parameters, sizeName, 0)] : []),
  ]
  if (page !== undefined && pageSize !== undefined)
    return { kind: 'page', page, pageSize: Math.min(pageSize, limits.pageSizeMax) }
  return problem('HYPERFLEET-VAL-004', faults.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors: faults,
  })
}

/** Reads `search`, `orderBy` and `order`. */
function readQuery<R>(parameters: QueryParameters, search: ListSearch<R>): Query<R> | ProblemReply {
  const query = search.prepare({
    search: parameters.get('search'),
    orderBy: parameters.get('orderBy'),
    order: parameters.get('order'),
  })
  return query.kind === 'fault' ? badRequest(query.fault) : query
}

/** The integer value of a parameter. Absent or empty gives the fallback; any other text gives undefined. */
function readInteger(
  parameters: QueryParameters,
  name: string,
  minimum: number,
  fallback: number,
): number | undefined {
  const text = parameters.get(name)
  if (text === undefined || text === '') return fallback
  if (!/^[0-9]{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value < minimum || value > INT32_MAX ? undefined : value
}

function outOfRange(parameters: QueryParameters, field: string, minimum: number) {
  return {
    field,
    constraint: 'range',
    message: `must be an integer from ${minimum} to ${INT32_MAX}`,
    value: parameters.get(field),
  }
}

function badRequest({ detail, errors }: SearchFault): ProblemReply {
  return problem('HYPERFLEET-VAL-005', detail, { errors: [...errors] })
}

/** @param text the bytes after the `?`, one character each */
function parseQueryString(text: string): QueryParameters | ProblemReply {
  if (text === '') return NO_PARAMETERS
  const parameters = new Map<string, string>()
  for (const item of text.split('&')) {
    const equals = item.indexOf('=')
    const name = percentDecode(equals < 0 ? item : item.slice(0, equals))
    const value = percentDecode(equals < 0 ? '' : item.slice(equals + 1))
    if (name === undefined || value === undefined) return undecodable(item)
    if (!parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

/** Decodes `%XX` and `+`. Undefined if a `%` lacks its two hex digits, or the bytes are not UTF-8. */
export function percentDecode(text: string): string | undefined {
  if (PLAIN.test(text)) return text
  if (ASCII.test(text)) return decodeAscii(text)
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** For text in ASCII, decodeURIComponent does the same and refuses invalid UTF-8. */
function decodeAscii(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function undecodable(item: string): ProblemReply {
  const shown = item.length > 64 ? `${item.slice(0, 64)}…` : item
  return problem('HYPERFLEET-VAL-005', `The query string cannot be percent-decoded to UTF-8 at '${shown}'`, {
    errors: [
      {
        field: item.split('=', 1)[0] ?? '',
        constraint: 'encoding',
        message: 'must be UTF-8, percent-encoded: write a literal % as %25',
      },
    ],
  })
}
