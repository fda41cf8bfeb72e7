// The schemas of the API's entry and of query plans (contract 1.2, section 2).
import Type from 'typebox'
import { API_ROOT } from '../wire/paths.ts'
import { oneOf } from './documented.ts'

export const ApiInfo = Type.Object(
  {
    id: Type.Literal('hyperfleet', { description: 'Always `hyperfleet`' }),
    kind: Type.Literal('API', { description: 'Always `API`' }),
    href: Type.Literal(API_ROOT, { description: 'The path of this answer' }),
    version: Type.String({ description: 'The version of the server' }),
    build_time: Type.String({ format: 'date-time', description: 'When the server was built' }),
  },
  { description: 'What this API is' },
)

const rows = (description: string) => Type.Integer({ minimum: 0, format: 'int32', description })
const duration = (description: string) => Type.Integer({ minimum: 0, format: 'int64', description })

/** Ways to carry out a step of a plan. http's handler compiles only while the planner knows no other. */
export const STEP_OPERATIONS = [
  'and',
  'or',
  'slot-range',
  'posting-lists',
  'distinct-values',
  'column-scan',
  'index-probe',
  'row-scan',
  'slot-order',
  'value-order',
  'selection',
] as const

/** One step of a query plan, with the steps that it is made of: its type is its schema's, which names itself. */
export interface QueryStep {
  operation: (typeof STEP_OPERATIONS)[number]
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
    plan_cache: Type.Optional(
      oneOf(
        ['hit', 'miss'],
        '`hit` if a query that differs in its quoted literals alone was prepared before',
      ),
    ),
    steps: Type.Array(QueryStep, { description: 'The steps of the plan, in order' }),
  },
  { description: 'How a list is answered' },
)

export type QueryPlan = Type.Static<typeof QueryPlan>
