// A query plan for people: the steps as a tree in a table, what they come to, and what would make the search cheaper.
import type { QueryPlan, QueryStep } from '../../api/service.ts'
import { count } from '../count.ts'
import { alignedTable, type Column } from '../table.ts'

/** From so many records on, reading them one by one is worth a word. */
const MANY_RECORDS = 1000

const COLUMNS: readonly Column[] = [
  { title: 'operation', align: 'left' },
  { title: 'index', align: 'left' },
  { title: 'estimated', align: 'right' },
  { title: 'in', align: 'right' },
  { title: 'out', align: 'right' },
  { title: 'scanned', align: 'right' },
  { title: 'time', align: 'right' },
]

export function planText(plan: QueryPlan): string {
  const order = plan.order.map(({ field, direction }) => `${field} ${direction}`).join(', ')
  const cache = plan.plan_cache === undefined ? '' : `, plan cache ${plan.plan_cache}`
  const found = `${count(plan.total)} found, ${count(plan.rows_scanned)} records scanned`
  return [
    `search: ${plan.search === '' ? '(none)' : oneLine(plan.search)}`,
    `order:  ${order}`,
    '',
    alignedTable(
      COLUMNS,
      plan.steps.flatMap(step => stepRows(step, '', '')),
    ),
    '',
    `${found}, ${duration(plan.duration_us)}${cache}`,
    ...hints(plan),
  ].join('\n')
}

/** Queries may hold line ends, and in strings any character: what a terminal would obey becomes a space. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
}

/** Recurses as deep as the plan, which is no deeper than the query. */
function stepRows(step: QueryStep, lead: string, below: string): string[][] {
  const row = [
    `${lead}${step.negated === true ? 'not ' : ''}${step.operation}`,
    step.index ?? '',
    ...[step.estimated_rows, step.rows_in, step.rows_out, step.rows_scanned].map(count),
    duration(step.duration_us),
  ]
  const steps = step.steps ?? []
  const rowsBelow = steps.flatMap((child, i) =>
    i === steps.length - 1
      ? stepRows(child, `${below}└ `, `${below}  `)
      : stepRows(child, `${below}├ `, `${below}│ `),
  )
  return [row, ...rowsBelow]
}

/** The search and the order are mended in different ways, so each has its hint. */
function hints({ steps }: QueryPlan): string[] {
  const selected = sum(steps.filter(step => step.operation === 'selection').map(scanned))
  const filtered = sum(steps.map(scanned)) - selected
  const found: string[] = []
  if (filtered >= MANY_RECORDS)
    found.push(
      `hint: no index answers all of this search: ${count(filtered)} records were read one by one; ` +
        'a predicate that an index answers, joined to it with and, leaves fewer to read',
    )
  if (selected >= MANY_RECORDS)
    found.push(`hint: no index gives this order: ${count(selected)} records were compared for the page`)
  return found
}

function scanned(step: QueryStep): number {
  return step.rows_scanned + sum((step.steps ?? []).map(scanned))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function duration(us: number): string {
  if (us < 1000) return `${us} µs`
  return us < 1_000_000 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1_000_000).toFixed(1)} s`
}
