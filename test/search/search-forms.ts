// The two forms of a search: in one slice, and in the smallest slices with other work between them.
import assert from 'node:assert/strict'
import type { FleetIndex } from '../../src/index/fleet-index.ts'
import {
  type Positions,
  type Query,
  ResourceSearch,
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

export type FindInTurns = (...request: Parameters<FindAtOnce>) => Promise<SearchPage>

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
  return async (query, positions, ownerId) => {
    const found = search.find({ query, positions, ownerId, reader: { aborted: false } })
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      betweenTurns()
      turn()
    }
    return found
  }
}
