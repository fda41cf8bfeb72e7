// The two forms of a search: in one go, and sliced as finely as it goes with something else happening in between.
import assert from 'node:assert/strict'
import type { ResourceIndex } from '../../src/index/resource-index.ts'
import {
  type Positions,
  type Query,
  ResourceSearch,
  type SearchPage,
  Turns,
} from '../../src/search/search.ts'
import type { Resource } from '../../src/state/records.ts'

export type FindAtOnce = (query: Query<Resource>, positions: Positions, ownerId?: string) => SearchPage

/** By a clock that stands still, every search fits into its first slice. */
export function searchAtOnce(index: ResourceIndex): FindAtOnce {
  const nowMs = () => 0
  const search = new ResourceSearch({ index, turns: new Turns({ nowMs, nextTurn: setImmediate }), nowMs })
  return (query, positions, ownerId) => {
    const found = search.find({ query, positions, ownerId, isWanted: () => true })
    assert(!(found instanceof Promise), 'it was found at once')
    return found
  }
}

export type FindInTurns = (...request: Parameters<FindAtOnce>) => Promise<SearchPage>

/** By a clock that goes on with each look, every slice is one step; what costs more than the budget is left to records. */
export function searchInTurns(
  index: ResourceIndex,
  betweenTurns: () => void,
  indexBudgetNs: number,
): FindInTurns {
  const waiting: (() => void)[] = []
  let clockMs = 0
  const turns = new Turns({ nowMs: () => (clockMs += 1000), nextTurn: callback => waiting.push(callback) })
  const search = new ResourceSearch({ index, turns, indexBudgetNs, nowMs: () => 0 })
  return async (query, positions, ownerId) => {
    const found = search.find({ query, positions, ownerId, isWanted: () => true })
    for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) {
      betweenTurns()
      turn()
    }
    return found
  }
}
