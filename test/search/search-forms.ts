// The two forms of a search: in one slice, and in the smallest slices with other work between them.
import assert from 'node:assert/strict'
import type { FleetIndex } from '../../src/index/fleet-index.ts'
import {
  type CountRequest,
  type Counts,
  type Positions,
  type Query,
  ResourceSearch,
  type ResourceSearchOptions,
  type RowWriter,
  type SearchPage,
  Turns,
} from '../../src/search/search.ts'
import type { Resource, ResourceKind } from '../../src/state/records.ts'
import { NOW } from './sample.ts'

export type FindAtOnce = (query: Query<Resource>, positions: Positions, ownerId?: string) => SearchPage

/** The clock does not move, so every search fits into its first slice. */
export function searchAtOnce(index: FleetIndex, kind: ResourceKind): FindAtOnce {
  const nowMs = () => 0
  const search = new ResourceSearch({
    index: index.placeOf(kind),
    turns: new Turns({ nowMs, nextTurn: setImmediate }),
    clock: () => NOW,
    nowMs,
  })
  return (query, positions, ownerId) => {
    const found = search.find({ query, positions, ownerId, reader: { aborted: false } })
    assert(!(found instanceof Promise), 'it was found at once')
    return found
  }
}

export type FindInTurns = (
  query: Query<Resource>,
  positions: Positions,
  ownerId?: string,
  writer?: RowWriter,
) => Promise<SearchPage>

/** The clock moves with each reading, so every slice is one step. Parts that cost more than the budget are left to records. */
export function searchInTurns(
  index: FleetIndex,
  kind: ResourceKind,
  betweenTurns: () => void,
  indexBudgetNs: number,
): FindInTurns {
  const waiting: (() => void)[] = []
  let clockMs = 0
  const turns = new Turns({ nowMs: () => (clockMs += 1000), nextTurn: callback => waiting.push(callback) })
  const search = new ResourceSearch({
    index: index.placeOf(kind),
    turns,
    clock: () => NOW,
    indexBudgetNs,
    nowMs: () => 0,
  })
  return async (query, positions, ownerId, writer) => {
    const found = search.find({ query, positions, ownerId, reader: { aborted: false }, writer })
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      betweenTurns()
      turn()
    }
    return found
  }
}

/** A count whose fields are named as in a request. */
export interface NamedCount extends Pick<CountRequest, 'query' | 'ownerId' | 'limit' | 'agesMs'> {
  readonly by: string
}

export type Count = (request: NamedCount) => Counts | Promise<Counts>

/** The clock does not move, so every count fits into its first slice. */
export function countAtOnce(index: FleetIndex, kind: ResourceKind): Count {
  const nowMs = () => 0
  const turns = new Turns({ nowMs, nextTurn: setImmediate })
  return counter(new ResourceSearch({ index: index.placeOf(kind), turns, clock: () => NOW, nowMs }))
}

/** The clock moves with each reading, so every slice is one step. The work between the turns may count, too. */
export function countInTurns(
  index: FleetIndex,
  kind: ResourceKind,
  betweenTurns: () => void,
  options: Pick<ResourceSearchOptions, 'indexBudgetNs' | 'countPace'>,
): Count {
  const waiting: (() => void)[] = []
  let clockMs = 0
  const turns = new Turns({ nowMs: () => (clockMs += 1000), nextTurn: callback => waiting.push(callback) })
  const place = index.placeOf(kind)
  const count = counter(
    new ResourceSearch({ ...options, index: place, turns, clock: () => NOW, nowMs: () => 0 }),
  )
  return request => {
    const counts = count(request)
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      betweenTurns()
      turn()
    }
    return counts
  }
}

function counter(search: ResourceSearch): Count {
  return ({ by, query, ownerId, limit, agesMs }) => {
    const read = search.readFields(by)
    assert(read.kind === 'fields', `${by} can be counted`)
    return search.count({ query, ownerId, limit, agesMs, fields: read.fields, reader: { aborted: false } })
  }
}
