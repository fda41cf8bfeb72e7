// Rows of text as a table for a terminal.

export interface Column {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** `a | b` with a rule under the titles, each column as wide as its widest cell. */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title)
  const widths = titles.map((title, i) => Math.max(...[titles, ...rows].map(row => (row[i] ?? title).length)))
  const pad = (cell: string, i: number) =>
    columns[i]?.align === 'right' ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
  const line = (row: readonly string[]) => row.map(pad).join(' | ').trimEnd()
  const rule = widths.map(width => '-'.repeat(width)).join('-|-')
  return [line(titles), rule, ...rows.map(line)].join('\n')
}
