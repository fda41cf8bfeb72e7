// Search: from the text of a Sentinel's query to its plan, and planned searches of several kinds over a small fleet.
import type { Bench } from 'tinybench'
import type { Checked } from '../../src/search/check/checked.ts'
import { Plan } from '../../src/search/plan/plan.ts'
import { PlanCache } from '../../src/search/plan/plan-cache.ts'
import type { Resource } from '../../src/state/records.ts'
import { benchmarkQueries, compileQuery, STALE_QUERY } from '../search/queries.ts'
import { sampleFleet } from './sample-fleet.ts'

const SIZE = 10_000
const STALE = { name: 'stale', search: STALE_QUERY }

/** What comes before the indexes are asked. */
export function planningBenchmarks(bench: Bench): void {
  const expression = staleExpression()
  const plans = new PlanCache()
  const noPlans = new PlanCache(0)
  bench
    .add("a Sentinel's query parsed and checked", () => compileQuery(STALE))
    .add('its plan found', () => plans.planOf(expression))
    .add('its plan made', () => noPlans.planOf(expression))
    .add('its plan made, and compiled for rows', () => {
      const plan = new Plan(expression)
      return plan.test(plan.root)
    })
}

export function searchBenchmarks(bench: Bench): void {
  planningBenchmarks(bench)
  const { find } = sampleFleet(SIZE)
  for (const asked of benchmarkQueries(SIZE)) {
    const query = compileQuery(asked)
    bench.add(`${asked.name}, ${SIZE} clusters`, () => find(query, { offset: 0, limit: 20 }))
  }
}

function staleExpression(): Checked<Resource> {
  const { expression } = compileQuery(STALE)
  if (expression === undefined) throw new Error('the query has a filter')
  return expression
}
