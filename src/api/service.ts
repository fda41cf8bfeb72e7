// Schemas of the API's entry and of query plans (contract 1.2, section 2).
import Type from 'typebox'
import { API_ROOT } from '../wire/paths.ts'
import { oneOf } from './documented.ts'

export const ApiInfo = Type.Object(
  {
    id: Type.Literal('hyperfleet', { description: 'Always `hyperfleet`' }),
    kind: Type.Literal('API', { description: 'Always `API`' }),
    href: Type.Literal(API_ROOT, { description: 'The path of this document' }),
    version: Type.String({ description: 'The version of the server' }),
    build_time: Type.String({ format: 'date-time', description: 'Build time of the server' }),
  },
  { description: 'Name and version of the API' },
)

const rows = (description: string) => Type.Integer({ minimum: 0, format: 'int32', description })
const duration = (description: string) => Type.Integer({ minimum: 0, format: 'int64', description })

/** Operations of plan steps. The handler in http compiles only if the planner has no others. */
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

/** One step of a query plan, with nested steps. Declared by hand, because its schema is recursive. */
export interface QueryStep {
  operation: (typeof STEP_OPERATIONS)[number]
  index?: string
  fields?: string[]
  hint?: string
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
    operation: oneOf(STEP_OPERATIONS, 'Operation of the step'),
    index: Type.Optional(Type.String({ description: 'The index used' })),
    fields: Type.Optional(
      Type.Array(Type.String({ description: 'A field' }), {
        description: 'The fields that no index answered, so that they were read from the rows',
      }),
    ),
    hint: Type.Optional(Type.String({ description: 'What would make the step faster' })),
    negated: Type.Optional(
      Type.Boolean({ description: 'True if the step takes the rows that the index does not return' }),
    ),
    estimated_rows: rows('Rows expected by the planner'),
    rows_in: rows('Rows before the step'),
    rows_out: rows('Rows after the step'),
    rows_scanned: rows('Records read, nested steps excluded'),
    duration_us: duration('Duration of the step in microseconds'),
    steps: Type.Optional(
      Type.Array(Type.Unsafe<QueryStep>({ $ref: '#/components/schemas/QueryStep' }), {
        description: 'Nested steps',
      }),
    ),
  },
  { description: 'One step of a query plan' },
)

/** Query plan of a list (contract, section 2). */
export const QueryPlan = Type.Object(
  {
    kind: Type.Literal('QueryPlan', { description: 'Always `QueryPlan`' }),
    search: Type.String({ description: 'The trimmed search; empty means no filter' }),
    now: Type.Optional(
      Type.String({
        format: 'date-time',
        description: 'The time that `now` was in the search; left out if the search has no relative times',
      }),
    ),
    order: Type.Array(
      Type.Object(
        {
          field: Type.String({ description: 'Name of the field' }),
          direction: oneOf(['asc', 'desc'], 'Ascending or descending'),
        },
        { description: 'A sort field of the list' },
      ),
      { description: 'Sort fields of the list, `id` last' },
    ),
    total: rows('Number of matching rows'),
    rows_scanned: rows('Records read'),
    duration_us: duration('Duration of the search in microseconds'),
    plan_cache: Type.Optional(
      oneOf(
        ['hit', 'miss'],
        '`hit` if a query that differs in its quoted literals alone was prepared before',
      ),
    ),
    steps: Type.Array(QueryStep, { description: 'Steps of the plan, in order' }),
  },
  { description: 'Query plan of a list' },
)

export type QueryPlan = Type.Static<typeof QueryPlan>
