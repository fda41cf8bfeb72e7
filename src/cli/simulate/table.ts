// The outcome of the checks as a table.
import { type Check, isRight } from './checks.ts'

/** Rows of `check | expected | found | ok`, aligned; numbers to the right. */
export function checkTable(checks: readonly Check[]): string {
  const rows = checks.map(check => [
    check.name,
    String(check.expected),
    String(check.found),
    isRight(check) ? 'yes' : 'NO',
  ])
  const head = ['check', 'expected', 'found', 'ok']
  const widths = head.map((title, column) =>
    Math.max(...[head, ...rows].map(row => (row[column] ?? title).length)),
  )
  const line = (row: readonly string[]) =>
    row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')
  const rule = widths.map(width => '-'.repeat(width)).join('-|-')
  return [line(head), rule, ...rows.map(line)].map(text => text.trimEnd()).join('\n')
}

function pad(cell: string, width: number, column: number): string {
  return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width)
}
