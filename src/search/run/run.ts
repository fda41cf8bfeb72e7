// Answers a query row by row, for lists that no index covers: the few adapter statuses of one resource. It is what the
// planned search is held against.
import { matches } from '../plan/evaluate.ts'
import type { Query } from '../query.ts'
import { compareRecords } from './order.ts'

/** The rows of a list, and how their records are reached. */
export interface RowSource<Row, R> {
  readonly rows: readonly Row[]
  readonly record: (row: Row) => R
}

/** The rows that match, in order; all of them, for the caller to count and to cut its page from. */
export function select<Row, R>(query: Query<R>, { rows, record }: RowSource<Row, R>): readonly Row[] {
  const { expression } = query
  const found = expression === undefined ? rows : rows.filter(row => matches(expression, record(row)))
  const compare = compareRecords(query.order)
  return found.toSorted((a, b) => compare(record(a), record(b)))
}
