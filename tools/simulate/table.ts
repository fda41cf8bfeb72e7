// The outcome of the checks as a table.
import { alignedTable, type Column } from '../../src/cli/table.ts'
import { type Check, isRight } from './checks.ts'

const COLUMNS: readonly Column[] = [
  { title: 'check', align: 'left' },
  { title: 'expected', align: 'right' },
  { title: 'found', align: 'right' },
  { title: 'ok', align: 'left' },
]

/** Rows of `check | expected | found | ok`. */
export function checkTable(checks: readonly Check[]): string {
  const rows = checks.map(check => [
    check.name,
    String(check.expected),
    String(check.found),
    isRight(check) ? 'yes' : 'NO',
  ])
  return alignedTable(COLUMNS, rows)
}
