// Tables of Markdown pages.

/** The rows of the table with this head; throws when there is none. */
export function tableRows(text: string, head: string): string[] {
  const lines = text.split('\n')
  const start = lines.indexOf(head)
  if (start === -1) throw new Error(`there is no table ${head}`)
  const rows = lines.slice(start + 2)
  return rows.slice(
    0,
    rows.findIndex(line => !line.startsWith('|')),
  )
}
