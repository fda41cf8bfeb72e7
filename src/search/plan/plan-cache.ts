// Plans by shape, so that a query that differs from an earlier one in its literals alone (a Sentinel's, in its
// timestamp) finds its plan and its compiled tests ready.
import type { Resource } from '../../state/records.ts'
import type { Checked } from '../check/checked.ts'
import { Plan } from './plan.ts'
import { shapeOf } from './plan-shape.ts'
import { RecentlyUsed } from './recently-used.ts'

/** The most plans that are kept. */
export const MAX_CACHED_PLANS = 256

export interface PlanCacheStatistics {
  readonly size: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
}

export class PlanCache {
  readonly #plans: RecentlyUsed<Plan>
  #hits = 0
  #misses = 0
  #evictions = 0

  constructor(limit = MAX_CACHED_PLANS) {
    this.#plans = new RecentlyUsed(limit)
  }

  get statistics(): PlanCacheStatistics {
    return { size: this.#plans.size, hits: this.#hits, misses: this.#misses, evictions: this.#evictions }
  }

  /** The plan of a query, made when there is none of its shape. */
  planOf(expression: Checked<Resource>): { readonly plan: Plan; readonly isHit: boolean } {
    const shape = shapeOf(expression)
    const known = this.#plans.get(shape)
    if (known !== undefined) {
      this.#hits++
      return { plan: known, isHit: true }
    }
    this.#misses++
    const plan = new Plan(expression)
    if (this.#plans.set(shape, plan)) this.#evictions++
    return { plan, isHit: false }
  }
}
