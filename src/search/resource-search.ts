// The search of resources over their indexes: plan, narrow, order, cut out the page. Everything is read in one turn of
// the event loop, so `total` and the items are one consistent state (contract 7.1).
import type { ResourceIndex } from '../index/resource-index.ts'
import { listSlots, type Slots } from '../index/slots.ts'
import type { Resource } from '../store/records.ts'
import type { ResourceEntry } from '../store/state.ts'
import { type Candidates, list } from './candidates.ts'
import { bindParameters } from './compile.ts'
import { estimate } from './estimate.ts'
import { Execution } from './execute.ts'
import { OrderedPages, type Positions } from './order-page.ts'
import { leavesOf } from './plan.ts'
import { PlanCache, type PlanCacheStatistics } from './plan-cache.ts'
import type { PlanStep } from './plan-step.ts'
import type { Query } from './query.ts'
import { Workspace } from './workspace.ts'

export interface ResourceSearchOptions {
  readonly index: ResourceIndex
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

export interface Found {
  /** How many rows match. */
  readonly total: number
  /** Those at the positions that were asked for. */
  readonly entries: readonly ResourceEntry[]
  /** Undefined when there is no filter. */
  readonly plan: 'hit' | 'miss' | undefined
  readonly steps: readonly PlanStep[]
}

/** The search of one kind of resource. */
export class ResourceSearch {
  readonly #index: ResourceIndex
  readonly #nowMs: () => number
  readonly #plans = new PlanCache()

  constructor({ index, nowMs }: ResourceSearchOptions) {
    this.#index = index
    this.#nowMs = nowMs
  }

  get planCache(): PlanCacheStatistics {
    return this.#plans.statistics
  }

  /** Searches all of the kind. */
  find(query: Query<Resource>, positions: Positions): Found {
    return this.#inWorkspace(workspace => this.#find(query, positions, workspace, workspace.all()))
  }

  /** Searches the nodepools of one cluster, and no others whatever the query says (contract 8.11). */
  findOwned(ownerId: string, query: Query<Resource>, positions: Positions): Found {
    const owned: Slots | undefined = this.#index.owners.slotsOf(ownerId)
    const within = list(owned === undefined ? new Uint32Array(0) : listSlots(owned))
    return this.#inWorkspace(workspace => this.#find(query, positions, workspace, within))
  }

  #inWorkspace(search: (workspace: Workspace) => Found): Found {
    const { kernels } = this.#index.createdTimes
    const workspace = new Workspace(kernels, this.#index.slotCount)
    try {
      return search(workspace)
    } finally {
      workspace.free()
    }
  }

  #find(query: Query<Resource>, positions: Positions, workspace: Workspace, within: Candidates): Found {
    const { candidates, plan, steps } = this.#match(query, workspace, within)
    const startedMs = this.#nowMs()
    const pages = new OrderedPages(this.#index, workspace)
    const { slots, operation, rowsScanned } = pages.page(candidates, query.order, positions)
    const ordering: PlanStep = {
      operation,
      negated: false,
      estimatedRows: candidates.count,
      rowsIn: candidates.count,
      rowsOut: slots.length,
      rowsScanned,
      durationUs: Math.round((this.#nowMs() - startedMs) * 1000),
      steps: [],
    }
    const entries = slots.map(slot => this.#index.entryAt(slot))
    return { total: candidates.count, entries, plan, steps: [...steps, ordering] }
  }

  #match({ expression }: Query<Resource>, workspace: Workspace, within: Candidates) {
    if (expression === undefined) return { candidates: within, plan: undefined, steps: [] }
    const { plan, isHit } = this.#plans.planOf(expression)
    const leaves = leavesOf(expression)
    const execution = new Execution({
      plan,
      parameters: bindParameters(leaves),
      index: this.#index,
      workspace,
      nowMs: this.#nowMs,
    })
    const estimated = estimate(plan.root, leaves, this.#index)
    const { candidates, step } = execution.narrow(estimated, within)
    return { candidates, plan: isHit ? ('hit' as const) : ('miss' as const), steps: [step] }
  }
}
