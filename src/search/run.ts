// Answers a query row by row: which rows match, in which order, and the page that was asked for. Everything is
// read in one turn of the event loop, so `total` and the items are one consistent state (contract 7.1).
import type { Checked } from './checked.ts'
import { matches } from './evaluate.ts'
import { compareRecords, type OrderKey } from './order.ts'

export interface Query<R> {
  readonly kind: 'query'
  /** Undefined means no filter. */
  readonly expression: Checked<R> | undefined
  readonly order: readonly OrderKey<R>[]
}

/** The rows of a list, and how their records are reached. */
export interface RowSource<Row, R> {
  readonly rows: readonly Row[]
  readonly record: (row: Row) => R
  /** Whether the rows stand in the order of `created_time`, then `id`. */
  readonly inCreationOrder: boolean
}

/** The rows that match, in order; all of them, for the caller to count and to cut its page from. */
export interface Selection<Row> {
  readonly rows: readonly Row[]
  readonly steps: readonly SelectionStep[]
}

/** What one step took in and gave out, for the query plan. */
export interface SelectionStep {
  readonly operation: 'scan' | 'sort'
  readonly rowsIn: number
  readonly rowsOut: number
  readonly durationUs: number
}

/** @param nowMs a monotonic clock in milliseconds, for the steps' durations */
export function select<Row, R>(
  query: Query<R>,
  source: RowSource<Row, R>,
  nowMs: () => number,
): Selection<Row> {
  const started = nowMs()
  const { expression } = query
  const found =
    expression === undefined
      ? source.rows
      : source.rows.filter(row => matches(expression, source.record(row)))
  const scanned = nowMs()
  const rows = sortRows(found, query.order, source)
  const sorted = nowMs()
  return {
    rows,
    steps: [
      step('scan', source.rows.length, found.length, scanned - started),
      step('sort', found.length, rows.length, sorted - scanned),
    ],
  }
}

function sortRows<Row, R>(
  found: readonly Row[],
  order: readonly OrderKey<R>[],
  source: RowSource<Row, R>,
): readonly Row[] {
  const [first] = order
  if (source.inCreationOrder && isCreationOrder(order))
    return first?.direction === 'desc' ? found.toReversed() : found
  const compare = compareRecords(order)
  return found.toSorted((a, b) => compare(source.record(a), source.record(b)))
}

/** Ids sort in creation order (contract 3.2), and never disagree with `created_time`. */
function isCreationOrder<R>([first, second]: readonly OrderKey<R>[]): boolean {
  if (first?.field === 'id') return true
  return first?.field === 'created_time' && second?.field === 'id' && second.direction === first.direction
}

function step(
  operation: SelectionStep['operation'],
  rowsIn: number,
  rowsOut: number,
  durationMs: number,
): SelectionStep {
  return { operation, rowsIn, rowsOut, durationUs: Math.round(durationMs * 1000) }
}
