// Query string of a read: percent-decodes it to UTF-8, then reads page, search, order and wait (contract 7.2, 7.4-7.6, 8.1, 12.11), or
// the parameters of a watch in place of pages and orders (contract 12.1).
import { isUtf8 } from 'node:buffer'
import type { ProblemFault } from '../api/problems.ts'
import type { ListSearch, Positions, Query, SearchFault } from '../search/search.ts'
import { ALL_TYPES, CHOSEN_TYPES, CONSTANT_TYPES, maskOf, type TypeMask } from '../watch/events.ts'
import { parseDuration } from '../wire/duration.ts'
import { type ProblemReply, problem } from './problems.ts'
import { MAX_HEAD_BYTES } from './transport/limits.ts'

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
  /** Time to wait for another answer; undefined if the client does not wait. */
  readonly waitMs: number | undefined
  /** All values of `fields`, which lists of statuses ignore. */
  readonly fields: readonly string[]
}

/** A requested plan: the query of a list, and the text of its search. */
export interface ExplainRequest<R> {
  readonly kind: 'explain'
  readonly query: Query<R>
  readonly search: string
}

/** A requested watch: the query of a list without an order, and the text of its search. */
export interface WatchedList<R> {
  readonly kind: 'watch'
  readonly query: Query<R>
  readonly search: string
  /** The types of events that the client wants. */
  readonly types: TypeMask
  /** The text to resume with. */
  readonly since: string | undefined
  /** All values of `fields` (contract 13.7). */
  readonly fields: readonly string[]
}

interface Page {
  readonly kind: 'page'
  readonly page: number
  readonly pageSize: number
  readonly waitMs: number | undefined
}

/** The longest wait (contract 12.11): five minutes. */
export const MAX_WAIT_MS = 300_000

const NAMES = [
  'search',
  'orderBy',
  'order',
  'page',
  'pageSize',
  'size',
  'wait',
  'watch',
  'since',
  'events',
] as const
type Name = (typeof NAMES)[number]

/** The parameters of a list. Others are ignored. (A map of all of them took 500 bytes for each request.) */
class QueryParameters {
  readonly kind = 'parameters'
  search: string | undefined
  orderBy: string | undefined
  order: string | undefined
  page: string | undefined
  pageSize: string | undefined
  size: string | undefined
  watch: string | undefined
  since: string | undefined
  events: string | undefined
  wait: string | undefined
  #fields: string[] | undefined

  /** All values count (contract 13.7). */
  get fields(): readonly string[] {
    return this.#fields ?? NO_FIELDS
  }

  /** The first value of a repeated parameter counts, except for `fields`. */
  add(name: string, value: string): void {
    if (name === 'fields') {
      this.#fields ??= []
      this.#fields.push(value)
      return
    }
    for (const known of NAMES) if (known === name) this[known] ??= value
  }
}

const NO_FIELDS: readonly string[] = []
const NO_PARAMETERS = new QueryParameters()
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
  return parameters.kind === 'problem' ? parameters : readList(parameters, search, limits)
}

/** The same for a list that can be watched. */
export function readWatchableRequest<R>(
  search: ListSearch<R>,
  query: string,
  limits: PageLimits,
): ListRequest<R> | WatchedList<R> | ProblemReply {
  const parameters = parseQueryString(query)
  if (parameters.kind === 'problem') return parameters
  return isWatch(parameters) ? readWatch(parameters, search) : readList(parameters, search, limits)
}

function isWatch({ watch }: QueryParameters): boolean {
  return watch !== undefined && watch !== '' && watch !== 'false'
}

/** True if the query string of a list that can be watched asks for that, rightly or not. One that cannot be decoded does not. */
export function asksForWatch(query: string): boolean {
  const parameters = parseQueryString(query)
  return parameters.kind === 'parameters' && isWatch(parameters)
}

/** True if the query string of a read has a `wait`, right or wrong. */
export function asksToWait(query: string): boolean {
  return query.split('&').some(item => percentDecode(item.split('=', 1)[0] ?? '') === 'wait')
}

function readList<R>(
  parameters: QueryParameters,
  search: ListSearch<R>,
  limits: PageLimits,
): ListRequest<R> | ProblemReply {
  const asked = readPage(parameters, limits)
  if (asked.kind === 'problem') return asked
  const checked = readQuery(parameters, search)
  if (checked.kind === 'problem') return checked
  const { page, pageSize, waitMs } = asked
  const positions = { offset: (page - 1) * pageSize, limit: pageSize }
  return { kind: 'list', query: checked, page, positions, waitMs, fields: parameters.fields }
}

/** Reads `wait` of a single resource, whose query string is read for nothing else. Undefined if the client does not wait. */
export function readWait(query: string): number | undefined | ProblemReply {
  for (const item of query.split('&')) {
    const [name = '', ...rest] = item.split('=')
    if (percentDecode(name) !== 'wait') continue
    const text = rest.join('=')
    const waitMs = waitOf(percentDecode(text) ?? text)
    return Number.isNaN(waitMs) ? outOfRanges([wrongWait(text)]) : waitMs
  }
  return undefined
}

/** Parameters of a list that a watch does not take (contract 12.1). */
const UNWATCHED = ['page', 'pageSize', 'size', 'orderBy', 'order', 'wait'] as const

function readWatch<R>(parameters: QueryParameters, search: ListSearch<R>): WatchedList<R> | ProblemReply {
  const faults: ProblemFault[] = []
  const { watch, events } = parameters
  // A list may have what a watch may not. Nobody knows which of them was meant.
  if (watch !== 'true') faults.push(fault('watch', 'must be true or false', watch))
  else
    for (const name of UNWATCHED)
      if (parameters[name]) faults.push(fault(name, 'is not allowed with watch=true', parameters[name]))
  const types = readTypes(events)
  if (types === undefined)
    faults.push(fault('events', `must be types of events separated by commas: ${TYPES}`, events))
  if (types === undefined || faults.length > 0)
    return problem(
      'HYPERFLEET-VAL-004',
      faults.map(({ field, message }) => `${field} ${message}`).join('; '),
      {
        errors: faults,
      },
    )
  const query = search.prepare({ search: parameters.search })
  if (query.kind === 'fault') return badRequest(query.fault)
  const since = parameters.since || undefined
  return {
    kind: 'watch',
    query,
    search: parameters.search?.trim() ?? '',
    types,
    since,
    fields: parameters.fields,
  }
}

const TYPES = CHOSEN_TYPES.join(', ')

function fault(field: Name, message: string, value: string | undefined): ProblemFault {
  return { field, constraint: 'watch', message, ...(value === undefined ? {} : { value }) }
}

/** The wanted types; undefined if a name is of none. Those that always come may be named. */
function readTypes(text: string | undefined): TypeMask | undefined {
  if (text === undefined || text === '') return ALL_TYPES
  const names = text.split(',').map(name => name.trim())
  const isKnown = (name: string) => [...CHOSEN_TYPES, ...CONSTANT_TYPES].some(type => type === name)
  if (!names.every(isKnown)) return undefined
  return maskOf(CHOSEN_TYPES.filter(type => names.includes(type)))
}

/** Reads the query string of a plan. It has no page. */
export function readExplainRequest<R>(
  search: ListSearch<R>,
  query: string,
): ExplainRequest<R> | ProblemReply {
  const parameters = parseQueryString(query)
  if (parameters.kind === 'problem') return parameters
  const checked = readQuery(parameters, search)
  if (checked.kind === 'problem') return checked
  return { kind: 'explain', query: checked, search: parameters.search?.trim() ?? '' }
}

/** Reads `page`, `pageSize` (alias `size`) and `wait`. */
function readPage(parameters: QueryParameters, limits: PageLimits): Page | ProblemReply {
  const sizeName = parameters.pageSize ? 'pageSize' : 'size'
  const page = integerIn(parameters.page, 1, 1)
  const pageSize = integerIn(parameters[sizeName], 0, limits.pageSizeDefault)
  const waitMs = waitOf(parameters.wait)
  if (page !== undefined && pageSize !== undefined && !Number.isNaN(waitMs))
    return { kind: 'page', page, pageSize: Math.min(pageSize, limits.pageSizeMax), waitMs }
  return outOfRanges([
    ...(page === undefined ? [outOfRange('page', parameters.page, 1)] : []),
    ...(pageSize === undefined ? [outOfRange(sizeName, parameters[sizeName], 0)] : []),
    ...(Number.isNaN(waitMs) ? [wrongWait(parameters.wait)] : []),
  ])
}

/** The milliseconds of `wait`; undefined if it is absent or empty, NaN if it is wrong. */
function waitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const ms = parseDuration(text) ?? Number.NaN
  return ms <= MAX_WAIT_MS ? ms : Number.NaN
}

function wrongWait(value: string | undefined): ValueFault {
  const message = 'must be a duration of at most 5m, such as 30s or 1m30s'
  return { field: 'wait', constraint: 'duration', message, value }
}

/** Reads `search`, `orderBy` and `order`. */
function readQuery<R>(parameters: QueryParameters, search: ListSearch<R>): Query<R> | ProblemReply {
  const query = search.prepare({
    search: parameters.search,
    orderBy: parameters.orderBy,
    order: parameters.order,
  })
  return query.kind === 'fault' ? badRequest(query.fault) : query
}

/** The integer in a parameter's text. Absent or empty gives the fallback; any other text gives undefined. */
export function integerIn(text: string | undefined, minimum: number, fallback: number): number | undefined {
  if (text === undefined || text === '') return fallback
  if (!/^[0-9]{1,10}$/.test(text)) return undefined
  const value = Number(text)
  return value < minimum || value > INT32_MAX ? undefined : value
}

interface ValueFault {
  readonly field: string
  readonly constraint: string
  readonly message: string
  readonly value: string | undefined
}

/** The problem of parameters with values out of their ranges. */
function outOfRanges(faults: ValueFault[]): ProblemReply {
  const detail = faults.map(({ field, message }) => `${field} ${message}`).join('; ')
  return problem('HYPERFLEET-VAL-004', detail, { errors: faults })
}

/** The fault of a parameter that `integerIn` cannot read. */
export function outOfRange(field: string, value: string | undefined, minimum: number): ValueFault {
  return { field, constraint: 'range', message: `must be an integer from ${minimum} to ${INT32_MAX}`, value }
}

/** The problem of parameters with a fault. */
export function badRequest({ detail, errors }: SearchFault): ProblemReply {
  return problem('HYPERFLEET-VAL-005', detail, { errors: [...errors] })
}

/** @param text the bytes after the `?`, one character each */
function parseQueryString(text: string): QueryParameters | ProblemReply {
  if (text === '') return NO_PARAMETERS
  const parameters = new QueryParameters()
  return readParameters(text, parameters) ?? parameters
}

/** The parameters that a request takes. */
interface Parameters {
  /** Takes a parameter; the first value of a repeated one counts. */
  add(name: string, value: string): void
}

/**
 * Reads all parameters of a query string. Returns the problem of one that cannot be decoded.
 * @param text the bytes after the `?`, one character each
 */
export function readParameters(text: string, into: Parameters): ProblemReply | undefined {
  if (text === '') return undefined
  for (let start = 0; start <= text.length; ) {
    const and = text.indexOf('&', start)
    const end = and === -1 ? text.length : and
    const equals = text.indexOf('=', start)
    const nameEnd = equals === -1 || equals > end ? end : equals
    const name = percentDecode(text.slice(start, nameEnd))
    const value = percentDecode(text.slice(Math.min(nameEnd + 1, end), end))
    if (name === undefined || value === undefined) return undecodable(text.slice(start, end))
    into.add(name, value)
    start = end + 1
  }
  return undefined
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

/** Memory for decoded text. A request head is shorter. */
const decoded = Buffer.alloc(MAX_HEAD_BYTES)

/** Decodes text that stays ASCII in place; anything else as decodeURIComponent does, which refuses invalid UTF-8. */
function decodeAscii(text: string): string | undefined {
  let length = 0
  for (let i = 0; i < text.length && length < decoded.length; i++) {
    let code = text.charCodeAt(i)
    if (code === PERCENT) {
      code = hexDigit(text.charCodeAt(i + 1)) * 16 + hexDigit(text.charCodeAt(i + 2))
      if (!(code < 0x80)) return decodeUri(text)
      i += 2
    } else if (code === PLUS) code = SPACE
    decoded[length++] = code
  }
  return length < decoded.length ? decoded.toString('latin1', 0, length) : decodeUri(text)
}

const [PERCENT, PLUS, SPACE] = [0x25, 0x2b, 0x20]

/** The value of a hexadecimal digit; NaN for anything else. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const lower = code | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : Number.NaN
}

function decodeUri(text: string): string | undefined {
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
