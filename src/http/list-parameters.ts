// Paging, searching and ordering as a list's query string asks for it (contract 7.2, 7.4-7.6, 8.1).

import type { Query } from '../search/query.ts'
import {
  compileOrder,
  compileSearch,
  type RecordOf,
  type SearchFault,
  type SearchTarget,
} from '../search/search.ts'
import { type ProblemAnswer, problem } from './problems.ts'
import type { QueryParameters } from './query-string.ts'

/** The configurable bounds of a page (contract 7.2). */
export interface PageLimits {
  readonly pageSizeDefault: number
  readonly pageSizeMax: number
}

export interface Page {
  readonly page: number
  readonly pageSize: number
}

const INT32_MAX = 2_147_483_647

/** Reads `page` and `pageSize` (alias `size`). */
export function readPage(parameters: QueryParameters, limits: PageLimits): Page | ProblemAnswer {
  const sizeName = parameters.get('pageSize') ? 'pageSize' : 'size'
  const page = readInteger(parameters, 'page', 1, 1)
  const pageSize = readInteger(parameters, sizeName, 0, limits.pageSizeDefault)
  const faults = [
    ...(page === undefined ? [outOfRange(parameters, 'page', 1)] : []),
    ...(pageSize === undefined ? [outOfRange(parameters, sizeName, 0)] : []),
  ]
  if (page !== undefined && pageSize !== undefined)
    return { page, pageSize: Math.min(pageSize, limits.pageSizeMax) }
  return problem('HYPERFLEET-VAL-004', faults.map(({ field, message }) => `${field} ${message}`).join('; '), {
    errors: faults,
  })
}

/** Compiles `search`, `orderBy` and `order`. */
export function readQuery<T extends SearchTarget>(
  parameters: QueryParameters,
  target: T,
): Query<RecordOf[T]> | ProblemAnswer {
  const search = compileSearch(parameters.get('search'), target)
  if (search.kind === 'fault') return badRequest(search.fault)
  const order = compileOrder(parameters.get('orderBy'), parameters.get('order'), target)
  if (order.kind === 'fault') return badRequest(order.fault)
  return { kind: 'query', expression: search.expression, order: order.keys }
}

/** The integer that a parameter stands for: absent and empty give the fallback, anything else undefined. */
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

function badRequest({ detail, errors }: SearchFault): ProblemAnswer {
  return problem('HYPERFLEET-VAL-005', detail, { errors: [...errors] })
}
