// Records to search, and the shortest ways to search them.
import assert from 'node:assert/strict'
import {
  CATALOGUES,
  type RecordOf,
  type SearchRecord,
  type SearchTarget,
  withSpecIndexes,
} from '../../src/search/check/fields.ts'
import { recordTest } from '../../src/search/plan/record-test.ts'
import { compareRecords } from '../../src/search/run/order.ts'
import { Queries, type QueryResult, type QueryTexts, type SearchFault } from '../../src/search/search.ts'
import type { AdapterStatus, Resource, ResourceCondition } from '../../src/state/records.ts'
import { type Instant, parseInstant } from '../../src/wire/instant.ts'

export function instant(text: string): Instant {
  const parsed = parseInstant(text)
  assert(parsed !== undefined, `${text} is a time`)
  return parsed
}

/** The time of the server's clock in tests of searches: `now` in a search. */
export const NOW = instant('2026-01-02T00:00:00Z')
const SOME_TIME = instant('2026-01-01T00:00:00Z')

type ResourceParts = Partial<Omit<Resource, 'labels'>> & { readonly labels?: Record<string, string> }

/** The cluster `c1`, changed by the given parts. */
export function resource({ labels, ...parts }: ResourceParts = {}): Resource {
  return {
    kind: 'Cluster',
    id: '2c1',
    name: 'c1',
    ownerId: undefined,
    generation: 1,
    spec: '{}',
    labels: labels && new Map(Object.entries(labels)),
    createdTime: SOME_TIME,
    updatedTime: SOME_TIME,
    createdBy: 'user@example.com',
    updatedBy: 'user@example.com',
    deletedTime: undefined,
    deletedBy: undefined,
    conditions: [],
    specChangedTime: SOME_TIME,
    ...parts,
  }
}

export function condition(parts: Partial<ResourceCondition> = {}): ResourceCondition {
  return {
    type: 'Ready',
    status: 'True',
    observedGeneration: 1,
    createdTime: SOME_TIME,
    lastUpdatedTime: SOME_TIME,
    lastTransitionTime: SOME_TIME,
    ...parts,
  }
}

export function status(parts: Partial<AdapterStatus> = {}): AdapterStatus {
  return {
    resourceKind: 'Cluster',
    resourceId: '2c1',
    adapter: 'dns',
    observedGeneration: 1,
    conditions: [],
    metadata: undefined,
    data: undefined,
    createdTime: SOME_TIME,
    lastReportTime: SOME_TIME,
    ...parts,
  }
}

/** A query, prepared without a cache of earlier ones. */
export function prepare<T extends SearchTarget>(
  texts: QueryTexts,
  target: T,
  now = NOW,
  specPaths: readonly string[] = [],
): QueryResult<RecordOf[T]> {
  const catalogue = withSpecIndexes<RecordOf[T]>(CATALOGUES[target], specPaths)
  return new Queries<RecordOf[T]>(catalogue, () => now).prepare(texts)
}

/** True if a search is valid. */
export function isValid(search: string, target: SearchTarget = 'Cluster'): boolean {
  return prepare({ search }, target).kind === 'query'
}

/** True if a search, which must be valid, finds a record. */
export function finds(search: string, record: SearchRecord, target: SearchTarget = 'Cluster'): boolean {
  const query = prepare({ search }, target)
  if (query.kind === 'fault') assert.fail(`${search}: ${JSON.stringify(query.fault)}`)
  const { filter } = query
  return filter === undefined || recordTest<SearchRecord>(filter.root, filter.leaves)(record)
}

/** The fault of a search, which must have one. */
export function faultOf(search: string, target: SearchTarget = 'Cluster'): SearchFault {
  const query = prepare({ search }, target)
  assert(query.kind === 'fault', `${search} has a fault`)
  return query.fault
}

/** The fault of an order, which must have one. */
export function orderFaultOf(
  orderBy: string | undefined,
  order?: string,
  target: SearchTarget = 'Cluster',
): SearchFault {
  const query = prepare({ orderBy, order }, target)
  assert(query.kind === 'fault', `${orderBy} ${order} has a fault`)
  return query.fault
}

/** Records in an order, which must be valid. */
export function sorted<R extends SearchRecord>(
  records: readonly R[],
  orderBy: string | undefined,
  order?: string,
  target: SearchTarget = 'Cluster',
): R[] {
  const query = prepare({ orderBy, order }, target)
  assert(query.kind === 'query', `${orderBy} ${order} is valid`)
  return records.toSorted(compareRecords<SearchRecord>(query.order))
}
