// Rows of a report's tables that other pages quote.
import { readFileSync, writeFileSync } from 'node:fs'

/** Updates the rows of a report that a page quotes. */
export function refreshQuotes(path: string, report: string): void {
  writeFileSync(path, withFreshQuotes(readFileSync(path, 'utf8'), report))
}

/**
 * Returns a page with each quoted row replaced by the row in the report. A quoted table has the same head as the
 * report's.
 */
export function withFreshQuotes(page: string, report: string): string {
  const tables = tablesOf(report)
  let quoted: ReadonlyMap<string, string> | undefined
  const lines = page.split('\n').map(line => {
    quoted = line.startsWith('|') ? (tables.get(line) ?? quoted) : undefined
    return quoted?.get(firstCell(line)) ?? line
  })
  return lines.join('\n')
}

/** Rows of each table by their first cell, by the table's head. */
function tablesOf(report: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const tables = new Map<string, Map<string, string>>()
  let rows: Map<string, string> | undefined
  for (const line of report.split('\n')) {
    if (!line.startsWith('|')) rows = undefined
    else if (rows !== undefined) rows.set(firstCell(line), line)
    else {
      rows = new Map()
      tables.set(line, rows)
    }
  }
  return tables
}

function firstCell(line: string): string {
  return line.split('|')[1] ?? ''
}
