// Text on the wire: ordered by code point, measured in UTF-8 bytes, checked for lone surrogates; the nearest name, for
// hints.

/** Orders two strings by Unicode code point (contract 7.4, 8.4): negative, zero or positive. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    if (x < FIRST_SURROGATE && y < FIRST_SURROGATE) return x - y
    // A code point of two units may have begun with the unit before. A lone surrogate is a code point, too.
    const start = i > 0 && isHighSurrogate(a.charCodeAt(i - 1)) ? i - 1 : i
    return (a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0)
  }
  return a.length - b.length
}

const FIRST_SURROGATE = 0xd800

function isHighSurrogate(unit: number): boolean {
  return unit >= FIRST_SURROGATE && unit <= 0xdbff
}

export function utf8Length(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}

const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/** Reports whether a string is valid Unicode: without a lone surrogate. */
export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text)
}

/**
 * Finds the candidate with the fewest edits from a name, ignoring case. Returns undefined if none is near: at most two
 * edits, or a third of the name, and not all of it.
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

/** Edit distance by insertions, deletions and replacements, one row of the usual table at a time. */
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

/** The message of an error, or the text of anything else that was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
