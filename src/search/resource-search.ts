// The search of resources over their indexes: plan, narrow, ask the records, order, cut out the page. All of it is
// about one moment, so `total` and the items are one consistent state (contract 7.1), also when it takes many turns
// of the event loop: the indexes are read in the first of them, the records through a view of that moment.
import type { EntriesView } from '../index/entries-view.ts'
import type { ResourceIndex } from '../index/resource-index.ts'
import { listSlots } from '../index/slots.ts'
import type { ResourceVersion } from '../state/entry.ts'
import type { Resource } from '../state/records.ts'
import { estimate } from './plan/estimate.ts'
import { leavesOf, type Plan } from './plan/plan.ts'
import { PlanCache, type PlanCacheStatistics } from './plan/plan-cache.ts'
import type { Query } from './query.ts'
import { type Candidates, list, slotsOf } from './run/candidates.ts'
import { Execution } from './run/execute.ts'
import { OrderedPages, type Positions } from './run/page.ts'
import { askRecords } from './run/row-scan.ts'
import { SearchStatistics } from './run/search-statistics.ts'
import type { PlanStep, StepOperation } from './run/step.ts'
import type { Turns, Work } from './run/turns.ts'
import { Workspace } from './run/workspace.ts'

export interface ResourceSearchOptions {
  readonly index: ResourceIndex
  /** Shared by all searches of the process. */
  readonly turns: Turns
  /** See ExecutionOptions. */
  readonly indexBudgetNs?: number
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

/** What a list asks for. */
export interface ListRequest {
  readonly query: Query<Resource>
  readonly positions: Positions
  /** The cluster whose nodepools are searched, and no others whatever the query says (contract 8.11); else all. */
  readonly ownerId: string | undefined
  /** Whether someone still waits for the answer; asked before each slice of a long search. */
  readonly isWanted: () => boolean
}

export interface Found {
  /** How many rows match. */
  readonly total: number
  /** Those at the positions that were asked for. */
  readonly entries: readonly ResourceVersion[]
  /** Undefined when there is no filter. */
  readonly plan: 'hit' | 'miss' | undefined
  readonly steps: readonly PlanStep[]
}

/** A filter with its plan. */
interface PlannedFilter {
  readonly plan: Plan
  readonly leaves: ReturnType<typeof leavesOf>
  readonly cached: 'hit' | 'miss'
}

const INDEX_BUDGET_NS = 5_000_000

/** Where one search works. */
interface Place {
  readonly index: ResourceIndex
  readonly view: EntriesView
  readonly workspace: Workspace
}

/** The search of one kind of resource. */
export class ResourceSearch {
  readonly #options: ResourceSearchOptions
  readonly #plans = new PlanCache()
  readonly #statistics = new SearchStatistics()

  constructor(options: ResourceSearchOptions) {
    this.#options = options
  }

  get planCache(): PlanCacheStatistics {
    return this.#plans.statistics
  }

  get statistics(): Pick<SearchStatistics, 'steps' | 'rowsScanned'> {
    return this.#statistics
  }

  /**
   * The outcome at once when it is found quickly, otherwise a promise of it, which rejects when nobody wants it any more.
   * @throws TurnsBusyError when too many long searches are waiting
   */
  find(request: ListRequest): Found | Promise<Found> {
    const filter = this.#plan(request.query)
    return this.#options.turns.run(() => this.#search(request, filter), request.isWanted)
  }

  #plan({ expression }: Query<Resource>): PlannedFilter | undefined {
    if (expression === undefined) return undefined
    const { plan, isHit } = this.#plans.planOf(expression)
    return { plan, leaves: leavesOf(expression), cached: isHit ? 'hit' : 'miss' }
  }

  /** Frees what it holds when it ends, or is ended. */
  *#search(request: ListRequest, filter: PlannedFilter | undefined): Work<Found> {
    const { index } = this.#options
    const view = index.view()
    const workspace = new Workspace(index.createdTimes.kernels, view.slotCount)
    try {
      const found = yield* this.#searchIn({ index, view, workspace }, request, filter)
      this.#statistics.add(found.steps)
      return found
    } finally {
      workspace.free()
      view.release()
    }
  }

  *#searchIn(place: Place, request: ListRequest, filter: PlannedFilter | undefined): Work<Found> {
    const within = ownedBy(request.ownerId, place)
    const { candidates, steps } =
      filter === undefined ? { candidates: within, steps: [] } : yield* this.#match(place, filter, within)
    const { count } = candidates
    const tell = this.#timed(count)
    const { slots, operation, rowsScanned } = yield* new OrderedPages(place).page(
      candidates,
      request.query.order,
      request.positions,
    )
    const entries = slots.map(slot => place.view.versionAt(slot))
    const ordering = tell(operation, count, slots.length, rowsScanned)
    return { total: count, entries, plan: filter?.cached, steps: [...steps, ordering] }
  }

  /** The candidates that match: those that the indexes know, and those whose records pass where the indexes do not know. */
  *#match(place: Place, { plan, leaves }: PlannedFilter, within: Candidates) {
    const { index, workspace } = place
    const { nowMs, indexBudgetNs = INDEX_BUDGET_NS } = this.#options
    const execution = new Execution({ index, workspace, indexBudgetNs, nowMs })
    const { found, open, question, step } = execution.narrow(estimate(plan.root, leaves, index), within)
    const steps = step === undefined ? [] : [step]
    if (question === undefined) return { candidates: found, steps }
    const tell = this.#timed(open.count)
    const slots = yield* askRecords({ ...place, plan, leaves, question }, slotsOf(open))
    const scan = tell('row-scan', open.count, slots.length, open.count)
    return { candidates: workspace.union([found, workspace.fromList(slots)]), steps: [...steps, scan] }
  }

  /** Starts the clock of a step on records. */
  #timed(estimatedRows: number) {
    const { nowMs } = this.#options
    const startedMs = nowMs()
    return (operation: StepOperation, rowsIn: number, rowsOut: number, rowsScanned: number): PlanStep => {
      const durationUs = Math.round((nowMs() - startedMs) * 1000)
      return { operation, negated: false, estimatedRows, rowsIn, rowsOut, rowsScanned, durationUs, steps: [] }
    }
  }
}

function ownedBy(ownerId: string | undefined, { index, workspace }: Place): Candidates {
  if (ownerId === undefined) return workspace.all()
  const owned = index.owners.slotsOf(ownerId)
  return list(owned === undefined ? new Uint32Array(0) : listSlots(owned))
}
