// The plan of a list, as it is answered (contract, section 2).
import type { QueryPlan, QueryStep } from '../api/service.ts'
import { nowOf, type PlanStep, type Query, rowsScanned, type SearchPage } from '../search/search.ts'
import type { Resource } from '../state/records.ts'
import { formatInstant } from '../wire/instant.ts'
import type { Reply } from './call.ts'

/** The plan of a search that has run. */
export function planDocument(
  search: string,
  query: Query<Resource>,
  { total, plan, steps }: SearchPage,
): Reply {
  const now = nowOf(query)
  const document: QueryPlan = {
    kind: 'QueryPlan',
    search,
    ...(now === undefined ? {} : { now: formatInstant(now) }),
    order: query.order.map(({ field, direction }) => ({ field, direction })),
    total,
    rows_scanned: steps.reduce((sum, step) => sum + rowsScanned(step), 0),
    duration_us: steps.reduce((sum, step) => sum + step.durationUs, 0),
    ...(plan === undefined ? {} : { plan_cache: plan }),
    steps: steps.map(stepDocument),
  }
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(document)) }
}

/** Recursion is as deep as the plan, which is never deeper than the query. */
function stepDocument(step: PlanStep): QueryStep {
  return {
    operation: step.operation,
    ...(step.index === undefined ? {} : { index: step.index }),
    ...(step.fields === undefined ? {} : { fields: [...step.fields] }),
    ...(step.hint === undefined ? {} : { hint: step.hint }),
    ...(step.negated ? { negated: true } : {}),
    estimated_rows: step.estimatedRows,
    rows_in: step.rowsIn,
    rows_out: step.rowsOut,
    rows_scanned: step.rowsScanned,
    duration_us: step.durationUs,
    ...(step.steps.length === 0 ? {} : { steps: step.steps.map(stepDocument) }),
  }
}
