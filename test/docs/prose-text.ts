// Finds prose in files: the comments of sources and the text of pages.

/** A comment or a page, with the number of its first line. */
export interface Passage {
  readonly line: number
  readonly text: string
  readonly isComment: boolean
}

const LINE_COMMENT = /^\s*\/\/ ?/
const HASH_COMMENT = /^\s*#(?!!) ?/
/** A comment behind code. A quote before it might be a string that contains the slashes. */
const TRAILING = /^[^'"`]*\S \/\/ (.*)$/
const HASH_FILES = /\.(ya?ml|sh|py)$/

export function passagesOf(file: string, source: string): Passage[] {
  const lines = source.split('\n')
  if (file.endsWith('.md')) return [{ line: 1, text: withoutCode(lines), isComment: false }]
  if (HASH_FILES.test(file)) return lineComments(lines, HASH_COMMENT)
  return [...lineComments(lines, LINE_COMMENT), ...blockComments(lines), ...trailingComments(lines)]
}

/** The prose of a passage: code in backticks becomes blanks, lines stay lines. */
export function proseOf(text: string): string {
  return text.replaceAll(/`[^`]*`/g, code => code.replaceAll(/[^\n]/g, ' '))
}

/** Consecutive comment lines are one passage. */
function lineComments(lines: readonly string[], mark: RegExp): Passage[] {
  const passages: { line: number; text: string; isComment: true }[] = []
  for (const [index, line] of lines.entries()) {
    if (!mark.test(line)) continue
    const text = line.replace(mark, '')
    const last = passages.at(-1)
    const follows = last !== undefined && last.line + last.text.split('\n').length === index + 1
    if (follows) last.text += `\n${text}`
    else passages.push({ line: index + 1, text, isComment: true })
  }
  return passages
}

function blockComments(lines: readonly string[]): Passage[] {
  const passages: Passage[] = []
  for (let start = 0; start < lines.length; start++) {
    if (!/^\s*\/\*/.test(lines[start] ?? '')) continue
    let end = start
    while (end < lines.length - 1 && !lines[end]?.includes('*/')) end++
    const block = lines
      .slice(start, end + 1)
      .map(line => line.replace(/^\s*(\/?\*+\/?) ?/, '').replace(/ ?\*\/.*$/, ''))
    const skipped = block.findIndex(line => line.trim() !== '')
    passages.push({
      line: start + 1 + Math.max(skipped, 0),
      text: block.slice(skipped).join('\n'),
      isComment: true,
    })
    start = end
  }
  return passages
}

function trailingComments(lines: readonly string[]): Passage[] {
  return lines.flatMap((line, index) => {
    const text = TRAILING.exec(line)?.[1]
    return text === undefined || LINE_COMMENT.test(line) ? [] : [{ line: index + 1, text, isComment: true }]
  })
}

/** A page without its fenced blocks. */
function withoutCode(lines: readonly string[]): string {
  let isCode = false
  return lines
    .map(line => {
      const isFence = /^\s*```/.test(line)
      if (isFence) isCode = !isCode
      return isCode || isFence ? '' : line
    })
    .join('\n')
}
