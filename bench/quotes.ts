// Rows of a report's tables that other pages quote.
import { readFileSync, writeFileSync } from 'node:fs'

/** Writes a page anew with what it quotes of a report. */
export function refreshQuotes(path: string, report: string): void {
  writeFileSync(path, withFreshQuotes(readFileSync(path, 'utf8'), report))
}

/** A page with each row that it quotes as it stands in the report: a quoted table has the head of one of the report's. */
export function withFreshQuotes(page: string, report: string): string {
  const tables = tablesOf(report)
  let quoted: ReadonlyMap<string, string> | undefined
  const lines = page.split('\n').map(line => {
    quoted = line.startsWith('|') ? (tables.get(line) ?? quoted) : undefined
    return quoted?.get(firstCell(line)) ?? line
  })
  return lines.join('\n')
}

/** The rows of each table by their first cell, by the table's head. */
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
