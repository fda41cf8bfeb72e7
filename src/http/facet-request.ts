// Query string of a count: search, fields, the number of values, and the bounds of buckets (contract 15.1-15.4).
import { type FacetField, MAX_FACETS, type Query, type ResourceSearch } from '../search/search.ts'
import type { Resource } from '../state/records.ts'
import { parseDuration } from '../wire/duration.ts'
import { badRequest, integerIn, outOfRange, readParameters } from './list-request.ts'
import { type ProblemReply, problem } from './problems.ts'

/** A requested count. */
export interface FacetRequest {
  readonly kind: 'facets'
  readonly query: Query<Resource>
  readonly fields: readonly FacetField[]
  /** Most values of a field. */
  readonly limit: number
  /** The bounds of buckets: milliseconds before now, rising. */
  readonly agesMs: readonly number[]
}

const NAMES = ['search', 'by', 'limit', 'buckets'] as const

/** Most values of a field (contract 15.2). */
export const MAX_VALUES = 1000
const DEFAULT_VALUES = 20
/** Most bounds of buckets (contract 15.3). */
export const MAX_BUCKETS = 32
const DEFAULT_BUCKETS = '1m,5m,30m,2h,1d,7d'

/** The parameters of a count. Others are ignored, also the pages and orders of lists. */
class FacetParameters {
  search: string | undefined
  by: string | undefined
  limit: string | undefined
  buckets: string | undefined

  add(name: string, value: string): void {
    for (const known of NAMES) if (known === name) this[known] ??= value
  }
}

/**
 * Reads the query string of a count.
 * @param query the bytes after the `?`, one character each
 */
export function readFacetRequest(search: ResourceSearch, query: string): FacetRequest | ProblemReply {
  const parameters = new FacetParameters()
  const undecodable = readParameters(query, parameters)
  if (undecodable !== undefined) return undecodable
  const limit = integerIn(parameters.limit, 1, DEFAULT_VALUES)
  if (limit === undefined) return wrongLimit(parameters.limit)
  const agesMs = readBuckets(parameters.buckets)
  if (agesMs === undefined) return wrongBuckets(parameters.buckets)
  const prepared = search.prepare({ search: parameters.search })
  if (prepared.kind === 'fault') return badRequest(prepared.fault)
  const by = search.readFields(parameters.by)
  if (by.kind === 'too-many') return tooManyFields(by.count)
  if (by.kind === 'fault') return badRequest(by.fault)
  return { kind: 'facets', query: prepared, fields: by.fields, limit: Math.min(limit, MAX_VALUES), agesMs }
}

/** Reads durations before now, rising. Undefined for any other text. */
function readBuckets(text: string | undefined): readonly number[] | undefined {
  const items = (text?.trim() || DEFAULT_BUCKETS).split(',')
  if (items.length > MAX_BUCKETS) return undefined
  const agesMs: number[] = []
  for (const item of items) {
    const ms = parseDuration(item.trim())
    if (ms === undefined || ms <= (agesMs.at(-1) ?? 0)) return undefined
    agesMs.push(ms)
  }
  return agesMs
}

function wrongBuckets(value: string | undefined): ProblemReply {
  const message = `must be at most ${MAX_BUCKETS} durations, each longer than the one before, such as ${DEFAULT_BUCKETS}`
  return problem('HYPERFLEET-VAL-004', `buckets ${message}`, {
    errors: [{ field: 'buckets', constraint: 'range', message, value }],
  })
}

function wrongLimit(text: string | undefined): ProblemReply {
  const fault = outOfRange('limit', text, 1)
  return problem('HYPERFLEET-VAL-004', `limit ${fault.message}`, { errors: [fault] })
}

function tooManyFields(count: number): ProblemReply {
  const message = `must name at most ${MAX_FACETS} fields, not ${count}`
  return problem('HYPERFLEET-VAL-004', `by ${message}`, {
    errors: [{ field: 'by', constraint: 'maxItems', message }],
  })
}
