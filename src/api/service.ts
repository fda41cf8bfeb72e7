// The schemas of what the service says about itself: the API's entry, problems and query plans
// (contract 1.2, sections 2 and 9).
import Type from 'typebox'
import { STEP_OPERATIONS, type StepOperation } from '../search/plan-step.ts'

export const ApiInfo = Type.Object({
  id: Type.Literal('hyperfleet'),
  kind: Type.Literal('API'),
  href: Type.Literal('/api/hyperfleet'),
  version: Type.String(),
  build_time: Type.String(),
})

/** One entry of a problem's `errors[]` (contract 4.7, 8.10). */
export const ProblemFault = Type.Object({
  field: Type.String({ description: 'A path such as `labels.a` or `conditions[1].status`' }),
  constraint: Type.String(),
  message: Type.String(),
  value: Type.Optional(Type.Unknown()),
  offset: Type.Optional(
    Type.Integer({ minimum: 0, description: 'In Unicode code points into the trimmed search' }),
  ),
  found: Type.Optional(Type.String()),
  expected: Type.Optional(Type.String()),
})

/** An error answer, `application/problem+json` (RFC 9457; contract, section 9). */
export const Problem = Type.Object({
  type: Type.String({ format: 'uri' }),
  title: Type.String(),
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  detail: Type.String(),
  instance: Type.String({ description: 'The request path' }),
  code: Type.String({ pattern: '^HYPERFLEET-[A-Z]{3}-[0-9]{3}$' }),
  timestamp: Type.String({ format: 'date-time' }),
  trace_id: Type.String({
    description: 'The id of the trace of the caller (`traceparent`), otherwise the request id',
  }),
  errors: Type.Optional(Type.Array(ProblemFault)),
})

const rows = (description: string) => Type.Integer({ minimum: 0, description })
const duration = Type.Integer({ minimum: 0, description: 'Microseconds' })

/** One step of a query plan, with the steps that it is made of: its type is its schema's, which names itself. */
export interface QueryStep {
  operation: StepOperation
  index?: string
  negated?: boolean
  estimated_rows: number
  rows_in: number
  rows_out: number
  rows_scanned: number
  duration_us: number
  steps?: QueryStep[]
}

export const QueryStep = Type.Object({
  operation: Type.Enum([...STEP_OPERATIONS]),
  index: Type.Optional(Type.String({ description: 'The index that was used' })),
  negated: Type.Optional(
    Type.Boolean({ description: 'Whether the rows wanted are those that the index does not give' }),
  ),
  estimated_rows: rows('How many rows the planner expected'),
  rows_in: rows('Rows in hand before the step'),
  rows_out: rows('Rows in hand after it'),
  rows_scanned: rows('Records read, those of the steps below not counted'),
  duration_us: duration,
  steps: Type.Optional(Type.Array(Type.Unsafe<QueryStep>({ $ref: '#/components/schemas/QueryStep' }))),
})

/** How a list would be answered (contract, section 2). */
export const QueryPlan = Type.Object({
  kind: Type.Literal('QueryPlan'),
  search: Type.String({ description: 'The trimmed search; empty means no filter' }),
  order: Type.Array(Type.Object({ field: Type.String(), direction: Type.Enum(['asc', 'desc']) })),
  total: rows('How many rows match'),
  rows_scanned: rows('Records read'),
  duration_us: duration,
  plan_cache: Type.Optional(
    Type.Enum(['hit', 'miss'], { description: 'Whether a query of the same shape had left its plan' }),
  ),
  steps: Type.Array(QueryStep),
})

export type Problem = Type.Static<typeof Problem>
export type ProblemFault = Type.Static<typeof ProblemFault>
export type QueryPlan = Type.Static<typeof QueryPlan>
