// Query plans: how the first page of a list is answered, step by step (contract, section 2).
import type { QueryPlan, QueryStep } from '../api/service.ts'
import type { Query } from '../search/query.ts'
import type { Found, ResourceSearch } from '../search/resource-search.ts'
import { type PlanStep, rowsScanned } from '../search/run/step.ts'
import type { Resource, ResourceKind } from '../state/records.ts'
import type { Answer, Exchange } from './call.ts'
import { type PageLimits, readQuery } from './list-parameters.ts'
import { isProblem } from './problems.ts'
import { parseQuery } from './query-string.ts'
import { whenFound } from './when-found.ts'

/** What answers a search. */
export interface SearchContext {
  readonly searches: Readonly<Record<ResourceKind, ResourceSearch>>
  readonly pageLimits: PageLimits
}

/** Answers the list as it would be answered, and hands back the plan instead of the items. */
export function explain(
  target: ResourceKind,
  { request }: Exchange,
  context: SearchContext,
): Answer | Promise<Answer> {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const query = readQuery(parameters, target)
  if (isProblem(query)) return query
  const positions = { offset: 0, limit: context.pageLimits.pageSizeDefault }
  const search = parameters.get('search')?.trim() ?? ''
  return whenFound(
    () =>
      context.searches[target].find({
        query,
        positions,
        ownerId: undefined,
        isWanted: () => !request.aborted,
      }),
    found => planDocument(search, query, found),
  )
}

function planDocument(search: string, { order }: Query<Resource>, { total, plan, steps }: Found): Answer {
  const answer: QueryPlan = {
    kind: 'QueryPlan',
    search,
    order: order.map(({ field, direction }) => ({ field, direction })),
    total,
    rows_scanned: steps.reduce((sum, step) => sum + rowsScanned(step), 0),
    duration_us: steps.reduce((sum, step) => sum + step.durationUs, 0),
    ...(plan === undefined ? {} : { plan_cache: plan }),
    steps: steps.map(stepDocument),
  }
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(answer)) }
}

/** Recurses as deep as the plan, which is no deeper than the query. */
function stepDocument(step: PlanStep): QueryStep {
  return {
    operation: step.operation,
    ...(step.index === undefined ? {} : { index: step.index }),
    ...(step.negated ? { negated: true } : {}),
    estimated_rows: step.estimatedRows,
    rows_in: step.rowsIn,
    rows_out: step.rowsOut,
    rows_scanned: step.rowsScanned,
    duration_us: step.durationUs,
    ...(step.steps.length === 0 ? {} : { steps: step.steps.map(stepDocument) }),
  }
}
