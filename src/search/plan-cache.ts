// Plans by shape, so that a query that differs from an earlier one in its literals alone (a Sentinel's, in its
// timestamp) finds its plan and its compiled tests ready.
import type { Resource } from '../store/records.ts'
import type { Checked } from './checked.ts'
import { Plan } from './plan.ts'
import { shapeOf } from './plan-shape.ts'

/** The most plans that are kept; beyond, the one that was not asked for the longest goes. */
export const MAX_CACHED_PLANS = 256

export interface PlanCacheStatistics {
  readonly size: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
}

export class PlanCache {
  readonly #limit: number
  /** In the order in which they were asked for last. */
  readonly #plans = new Map<string, Plan>()
  #hits = 0
  #misses = 0
  #evictions = 0

  constructor(limit = MAX_CACHED_PLANS) {
    this.#limit = limit
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
      this.#plans.delete(shape)
      this.#plans.set(shape, known)
      return { plan: known, isHit: true }
    }
    this.#misses++
    const plan = new Plan(expression)
    this.#plans.set(shape, plan)
    if (this.#plans.size > this.#limit) this.#evictOldest()
    return { plan, isHit: false }
  }

  #evictOldest(): void {
    const [oldest] = this.#plans.keys()
    if (oldest === undefined) return
    this.#plans.delete(oldest)
    this.#evictions++
  }
}
