// The piece of a query at which parsing stopped, as a user would name it.

/** `text` is the piece as written; an unterminated string runs to the end of the query. */
export interface Token {
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
export function tokenAt(query: string, unit: number): Token {
  if (unit >= query.length) return { kind: 'end', text: '' }
  if (query[unit] === "'") return stringAt(query, unit)
  for (const [kind, shape] of SHAPES) {
    shape.lastIndex = unit
    const text = shape.exec(query)?.[0]
    if (text !== undefined) return { kind, text }
  }
  return { kind: 'symbols', text: String.fromCodePoint(query.codePointAt(unit) ?? 0) }
}

/** The token in the words of a message: `'foo'`, `string 'foo'`, `end of input`; long ones are cut. */
export function describeToken(token: Token): string {
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
