// The schemas of what the service says about itself: the API's entry, problems and query plans
// (contract 1.2, sections 2 and 9).
import Type from 'typebox'
import { STEP_OPERATIONS, type StepOperation } from '../search/run/step.ts'
import { documented, oneOf } from './documented.ts'

export const ApiInfo = Type.Object(
  {
    id: Type.Literal('hyperfleet', { description: 'Always `hyperfleet`' }),
    kind: Type.Literal('API', { description: 'Always `API`' }),
    href: Type.Literal('/api/hyperfleet', { description: 'The path of this answer' }),
    version: Type.String({ description: 'The version of the server' }),
    build_time: Type.String({ format: 'date-time', description: 'When the server was built' }),
  },
  { description: 'What this API is' },
)

/** One entry of a problem's `errors[]` (contract 4.7, 8.10). */
export const ProblemFault = Type.Object(
  {
    field: Type.String({ description: 'A path such as `labels.a` or `conditions[1].status`' }),
    constraint: Type.String({ description: 'What is not met, in one word for programs' }),
    message: Type.String({ description: 'What would be right, in a sentence for people' }),
    value: Type.Optional(
      documented(Type.Unknown({ description: 'What was sent, when it is short and no object or array' }), {
        type: ['string', 'number', 'boolean', 'null'],
      }),
    ),
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        format: 'int32',
        description: 'In Unicode code points into the trimmed search',
      }),
    ),
    found: Type.Optional(Type.String({ description: 'What stands at the offset' })),
    expected: Type.Optional(Type.String({ description: 'What may stand there' })),
  },
  { description: 'One fault of a request' },
)

/** An error answer, `application/problem+json` (RFC 9457; contract, section 9). */
export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Names the kind of problem' }),
    title: Type.String({ description: 'The same for every problem of one `code`' }),
    status: Type.Integer({
      minimum: 400,
      maximum: 599,
      format: 'int32',
      description: 'The status of the answer',
    }),
    detail: Type.String({ description: 'What is wrong with this request' }),
    // A path that a client has sent need not be a reference in the sense of RFC 3986.
    instance: Type.String({ description: 'The request path, as it was sent' }),
    code: Type.String({
      pattern: '^HYPERFLEET-[A-Z]{3}-[0-9]{3}$',
      description: 'Stable, for programs; never used for anything else',
    }),
    timestamp: Type.String({ format: 'date-time', description: 'When the request was answered' }),
    trace_id: Type.String({
      description:
        'The id of the trace of the caller (`traceparent`), otherwise the request id, `X-Request-Id`',
    }),
    errors: Type.Optional(Type.Array(ProblemFault, { description: 'Every fault that was found' })),
  },
  { description: 'Why a request was not answered (RFC 9457)' },
)

const rows = (description: string) => Type.Integer({ minimum: 0, format: 'int32', description })
const duration = (description: string) => Type.Integer({ minimum: 0, format: 'int64', description })

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

export const QueryStep = Type.Object(
  {
    operation: oneOf(STEP_OPERATIONS, 'How the step is done'),
    index: Type.Optional(Type.String({ description: 'The index that was used' })),
    negated: Type.Optional(
      Type.Boolean({ description: 'Whether the rows wanted are those that the index does not give' }),
    ),
    estimated_rows: rows('How many rows the planner expected'),
    rows_in: rows('Rows in hand before the step'),
    rows_out: rows('Rows in hand after it'),
    rows_scanned: rows('Records read, those of the steps below not counted'),
    duration_us: duration('Microseconds that the step took'),
    steps: Type.Optional(
      Type.Array(Type.Unsafe<QueryStep>({ $ref: '#/components/schemas/QueryStep' }), {
        description: 'The steps that this one is made of',
      }),
    ),
  },
  { description: 'One step of a query plan' },
)

/** How a list would be answered (contract, section 2). */
export const QueryPlan = Type.Object(
  {
    kind: Type.Literal('QueryPlan', { description: 'Always `QueryPlan`' }),
    search: Type.String({ description: 'The trimmed search; empty means no filter' }),
    order: Type.Array(
      Type.Object(
        {
          field: Type.String({ description: 'The name of the field' }),
          direction: oneOf(['asc', 'desc'], 'Ascending or descending'),
        },
        { description: 'One field that the list is ordered by' },
      ),
      { description: 'What the list is ordered by, `id` last' },
    ),
    total: rows('How many rows match'),
    rows_scanned: rows('Records read'),
    duration_us: duration('Microseconds that the search took'),
    plan_cache: Type.Optional(oneOf(['hit', 'miss'], 'Whether a query of the same shape had left its plan')),
    steps: Type.Array(QueryStep, { description: 'The steps of the plan, in order' }),
  },
  { description: 'How a list is answered' },
)

export type Problem = Type.Static<typeof Problem>
export type ProblemFault = Type.Static<typeof ProblemFault>
export type QueryPlan = Type.Static<typeof QueryPlan>
