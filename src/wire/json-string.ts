// The strings of JSON text, looked at where they stand: a body of a megabyte has room for a hundred thousand names, and to
// make a string of each takes longer than to read all of the body (contract 4.11).

const QUOTE = 0x22
const BACKSLASH = 0x5c
/** What the letter behind a backslash stands for, where that is not the letter. */
const ESCAPED = new Map([...'bfnrt'].map((letter, i) => [letter.charCodeAt(0), '\b\f\n\r\t'.charCodeAt(i)]))
/** The length of a \u escape, the longest spelling of one UTF-16 unit. */
export const LONGEST_UNIT = 6

/** The content of a JSON string, quotes included, that a scan has accepted. */
export function unquote(quoted: string): string {
  const isPlain = !quoted.includes('\\')
  return isPlain ? quoted.slice(1, -1) : String(JSON.parse(quoted))
}

/** The UTF-16 unit whose spelling starts at `at`. */
export function unitAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  if (unit !== BACKSLASH) return unit
  const letter = text.charCodeAt(at + 1)
  return letter === 0x75 ? hexAt(text, at + 2) : (ESCAPED.get(letter) ?? letter)
}

/** How long that spelling is. */
export function unitLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== BACKSLASH) return 1
  return text.charCodeAt(at + 1) === 0x75 ? LONGEST_UNIT : 2
}

/** Whether the strings that start in two texts have the same content. */
export function isSameString(a: string, aStart: number, b: string, bStart: number): boolean {
  let i = aStart + 1
  let j = bStart + 1
  for (;;) {
    const unit = a.charCodeAt(i)
    if (unit === QUOTE || b.charCodeAt(j) === QUOTE) return unit === b.charCodeAt(j)
    if (unitAt(a, i) !== unitAt(b, j)) return false
    i += unitLength(a, i)
    j += unitLength(b, j)
  }
}

function hexAt(text: string, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const digit = text.charCodeAt(i)
    unit = unit * 16 + (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57)
  }
  return unit
}
