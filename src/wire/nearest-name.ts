// The valid name that a wrong one was probably meant to be, for hints in messages.

/**
 * The candidate with the fewest edits from a name, letter case ignored; undefined when none is near: the edits may
 * be two, or a third of the name, and must leave something of it.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const lower = name.toLowerCase()
  let nearest: string | undefined
  let fewest = Math.min(Math.max(2, Math.floor(name.length / 3)), name.length - 1) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= fewest) continue
    const edits = editDistance(lower, candidate.toLowerCase())
    if (edits >= fewest || edits >= candidate.length) continue
    nearest = candidate
    fewest = edits
  }
  return nearest
}

/** Insertions, deletions and replacements from one string to the other; one row of the usual table at a time. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const replaced = cell(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, cell(row, j) + 1, cell(next, j - 1) + 1))
    }
    row = next
  }
  return cell(row, to.length)
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? 0
}
