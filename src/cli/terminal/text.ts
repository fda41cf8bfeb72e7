// Text for people on a terminal: escapes in place of characters that a terminal would obey, ages, and numbers.

/** Controls, line ends, marks of direction and other invisible characters; the joiners of emoji and scripts are left. */
const HIDDEN = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** The same without line feeds and tabs, which give documents of several lines their form. */
const HIDDEN_IN_LINES = /(?!\u200c|\u200d|\n|\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** A text on one line, without anything that a terminal obeys. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped)
}

/** A JSON or YAML document with escapes in place of hidden characters, which are inside double quotes: its meaning is the same. */
export function visibleDocument(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escaped)
}

/** True for a text with characters that a document must not hold raw. */
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

const SECOND_MS = 1000
/** From the largest on: the first that fits at least once is the unit. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['y', 365 * 86_400 * SECOND_MS],
  ['d', 86_400 * SECOND_MS],
  ['h', 3600 * SECOND_MS],
  ['m', 60 * SECOND_MS],
]

/** `3m`, `2h`, `5d`. What the server's clock, running ahead of this machine's, puts into the future is `0s` old. */
export function ageText(time: string, nowMs: number): string {
  const ageMs = Math.max(0, nowMs - Date.parse(time))
  if (Number.isNaN(ageMs)) return '?'
  const unit = UNITS.find(([, ms]) => ageMs >= ms)
  if (unit === undefined) return `${Math.floor(ageMs / SECOND_MS)}s`
  return `${Math.floor(ageMs / unit[1])}${unit[0]}`
}

/** A number for people: rounded, with thousands set apart. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
