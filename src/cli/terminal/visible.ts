// Text of the server's on a terminal: what a terminal would obey, or would show elsewhere than it stands, is written as an
// escape that can be read.

/** Controls, line ends, marks of direction and other invisible characters; the joiners of emoji and scripts are left. */
const HIDDEN = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** As before, but for what gives documents of several lines their form. */
const HIDDEN_IN_LINES = /(?!\u200c|\u200d|\n|\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text on one line, without anything that a terminal obeys. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped)
}

/** A JSON or YAML document whose hidden characters stand inside double quotes: it means the same. */
export function visibleDocument(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escaped)
}

/** Whether a text has characters that a document must not hold raw. */
export function hasHidden(text: string): boolean {
  return visible(text) !== text
}

/** The escape of JSON and of double quotes in YAML. */
function escaped(character: string): string {
  return character
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
