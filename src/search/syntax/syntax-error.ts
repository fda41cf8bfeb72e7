// The fault of a query that does not parse: its position, the text found there, the expected tokens, and a hint for common mistakes
// (contract 8.10).

/** Maps one to one to a 400 problem `HYPERFLEET-VAL-005`. */
export interface SearchFault {
  readonly detail: string
  readonly errors: readonly ParameterFault[]
}

/** One entry of the problem's `errors[]`. Offsets are in Unicode code points of the trimmed query. */
export interface ParameterFault {
  readonly field: 'search' | 'orderBy' | 'order' | 'by'
  readonly constraint: string
  readonly message: string
  readonly value?: string
  readonly offset?: number
  readonly found?: string
  readonly expected?: string
}

/** The point at which parsing stopped, as the hints see it. */
interface Stop {
  readonly query: string
  readonly unit: number
  readonly token: Token
  readonly expected: readonly string[]
}

type Hint = (stop: Stop) => string | undefined

/**
 * The fault of a query that does not parse.
 * @param unit the position where parsing stopped, in UTF-16 units; `offset` is the same in code points
 * @param expected the display names of the tokens expected there, without repetition
 * @param proposed a query that was probably meant
 */
export function syntaxFault(
  query: string,
  unit: number,
  offset: number,
  expected: readonly string[],
  proposed?: string,
): SearchFault {
  const token = tokenAt(query, unit)
  const found = describeToken(token)
  const words = alternatives(expected)
  const hint = firstHint({ query, unit, token, expected })
  const hints = [hint, proposed && `did you mean ${proposed}`].filter(text => text !== undefined)
  const message = [`expected ${words} but found ${found}`, ...hints].join('; ')
  return {
    detail: `Failed to parse search query: ${query}`,
    errors: [{ field: 'search', constraint: 'syntax', message, offset, found, expected: words }],
  }
}

/** `a, b or c`. `an operator` covers all other expectations. */
function alternatives(expected: readonly string[]): string {
  if (expected.includes('an operator')) return 'an operator'
  const last = expected.at(-1) ?? 'the end of the query'
  return expected.length < 2 ? last : `${expected.slice(0, -1).join(', ')} or ${last}`
}

function firstHint(stop: Stop): string | undefined {
  for (const hint of HINTS) {
    const text = hint(stop)
    if (text !== undefined) return text
  }
  return undefined
}

const HINTS: readonly Hint[] = [
  quotesHint,
  relativeTimeHint,
  symbolsHint,
  adjacencyHint,
  keywordHint,
  patternHint,
  valueHint,
  numberHint,
]

const CURLY_QUOTES = '\u2018\u2019\u201c\u201d'

function quotesHint({ token }: Stop): string | undefined {
  if (token.kind === 'doubleQuoted') return 'use single quotes'
  if (token.kind === 'unterminated') return 'the string has no closing quote'
  if (token.kind === 'symbols' && CURLY_QUOTES.includes(token.text)) return "use straight single quotes (')"
  return undefined
}

export const URL_HINT = 'in a URL, + is written as %2B'
export const RELATIVE_TIME_HINT = `a relative time is written without spaces, like now-30m or now+1h30m; ${URL_HINT}`

/** A `+` that a URL does not escape arrives as a space: `now 30m`. */
function relativeTimeHint({ query, unit, token, expected }: Stop): string | undefined {
  if (expected.includes('an operator')) return undefined
  const isDistance = token.kind === 'number' || token.text === '-' || token.text === '+'
  return isDistance && /(?<![A-Za-z0-9_.])now[ \t\r\n]+$/i.test(query.slice(0, unit))
    ? RELATIVE_TIME_HINT
    : undefined
}

const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['==', 'use ='],
  ['===', 'use ='],
  ['!==', 'use !='],
  ['=!', 'use !='],
  ['=<', 'use <='],
  ['=>', 'use >='],
  ['><', 'use <>'],
  ['~', 'use like'],
  ['=~', 'use like'],
  ['!~', 'use not like'],
  ['!', 'use not'],
  ['&', 'use and'],
  ['&&', 'use and'],
  ['|', 'use or'],
  ['||', 'use or'],
])

function symbolsHint({ token }: Stop): string | undefined {
  return token.kind === 'symbols' ? INSTEAD.get(token.text) : undefined
}

/** Hints for text directly after a name or a string, which was meant to belong to it. */
function adjacencyHint({ query, unit, token, expected }: Stop): string | undefined {
  const before = query[unit - 1] ?? ' '
  if (token.kind === 'end') return undefined
  if (before === "'" && (token.kind === 'word' || token.kind === 'number'))
    return "a quote inside a string is written twice ('')"
  if (expected.includes('an operator') && /[A-Za-z0-9_]/.test(before)) {
    return 'a field name is made of letters A to Z, digits, underscores and dots'
  }
  return undefined
}

const KEYWORD = /^(?:and|or|not|in|like|ilike|between|is|null)(?![A-Za-z0-9_])/i

function keywordHint({ token, expected }: Stop): string | undefined {
  if (!expected.includes('a field name') || token.kind !== 'word') return undefined
  const keyword = KEYWORD.exec(token.text)?.[0]
  return keyword === undefined ? undefined : `'${keyword}' is a keyword and cannot be a field name`
}

function patternHint({ token, expected }: Stop): string | undefined {
  if (!expected.includes('a pattern in single quotes')) return undefined
  if (token.kind === 'string') return 'a pattern cannot end in a lone \\; write \\\\ for a backslash'
  return token.kind === 'end' ? undefined : 'use single quotes'
}

function valueHint({ token, expected }: Stop): string | undefined {
  if (!expected.includes('a value') || token.kind !== 'word') return undefined
  return token.text.toLowerCase() === 'null' ? 'use is null or is not null' : 'use single quotes'
}

function numberHint({ token, expected }: Stop): string | undefined {
  if (!expected.includes('a value') || token.kind !== 'number') return undefined
  if (/^[0-9]{4}-/.test(token.text)) return 'use single quotes'
  return 'a number is written like 5, -2.5 or 1e6, with a space after it'
}

/** `text` is the token as written. An unterminated string runs to the end of the query. */
interface Token {
  readonly kind: 'end' | 'string' | 'unterminated' | 'doubleQuoted' | 'number' | 'word' | 'symbols'
  readonly text: string
}

const SHOWN_CODE_POINTS = 40

const SHAPES: readonly (readonly [Token['kind'], RegExp])[] = [
  ['doubleQuoted', /"[^"]*"?/y],
  ['number', /[+-]?\.?[0-9][-+:.A-Za-z0-9_]*/y],
  ['word', /[A-Za-z_][A-Za-z0-9_.]*/y],
  ['symbols', /[=<>!~&|]+/y],
]

/** The token that begins at an offset in UTF-16 units. */
function tokenAt(query: string, unit: number): Token {
  if (unit >= query.length) return { kind: 'end', text: '' }
  if (query[unit] === "'") return stringAt(query, unit)
  for (const [kind, shape] of SHAPES) {
    shape.lastIndex = unit
    const text = shape.exec(query)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return { kind: 'symbols', text: String.fromCodePoint(query.codePointAt(unit) ?? 0) }
}

/** The token as a message shows it: `'foo'`, `string 'foo'`, `end of input`. Long ones are cut. */
function describeToken(token: Token): string {
  if (token.kind === 'end') return 'end of input'
  if (token.kind === 'unterminated') return `unterminated string ${shorten(token.text)}`
  if (token.kind === 'string') return `string ${shorten(token.text)}`
  return `'${shorten(token.text)}'`
}

function stringAt(query: string, start: number): Token {
  let quote = query.indexOf("'", start + 1)
  while (quote >= 0 && query[quote + 1] === "'") quote = query.indexOf("'", quote + 2)
  if (quote < 0) return { kind: 'unterminated', text: query.slice(start) }
  return { kind: 'string', text: query.slice(start, quote + 1) }
}

function shorten(text: string): string {
  const characters = [...text]
  return characters.length <= SHOWN_CODE_POINTS ? text : `${characters.slice(0, SHOWN_CODE_POINTS).join('')}…`
}
