// Text for people on a terminal: escaped control characters, ages and numbers.

/** Control characters, line ends, direction marks and other invisible characters, except the joiners of emoji and scripts. */
const HIDDEN = /(?!\u200c|\u200d)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** The same except line feeds and tabs, which multi-line documents need. */
const HIDDEN_IN_LINES = /(?!\u200c|\u200d|\n|\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Escapes a text to one line without control characters. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escaped)
}

/** Escapes hidden characters in a JSON or YAML document. They occur only inside double quotes, so the meaning is the same. */
export function visibleDocument(text: string): string {
  return text.replace(HIDDEN_IN_LINES, escaped)
}

/** True for a text with characters that a document must escape. */
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
/** Largest first. The unit of an age is the first that fits at least once. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['y', 365 * 86_400 * SECOND_MS],
  ['d', 86_400 * SECOND_MS],
  ['h', 3600 * SECOND_MS],
  ['m', 60 * SECOND_MS],
]

/** `3m`, `2h`, `5d`. A time in the future is `0s` old: the server's clock may be ahead. */
export function ageText(time: string, nowMs: number): string {
  const ageMs = Math.max(0, nowMs - Date.parse(time))
  if (Number.isNaN(ageMs)) return '?'
  const unit = UNITS.find(([, ms]) => ageMs >= ms)
  if (unit === undefined) return `${Math.floor(ageMs / SECOND_MS)}s`
  return `${Math.floor(ageMs / unit[1])}${unit[0]}`
}

/** Formats a number for people: rounded, with thousands separators. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}
