// The places in a search where a name, an operator or a value can stand (contract 8.2).

/** Where the cursor is: in a name, behind a name, or in a value. */
export type Place =
  | { readonly kind: 'field'; readonly start: number; readonly prefix: string }
  | { readonly kind: 'operator'; readonly start: number; readonly prefix: string; readonly field: string }
  | { readonly kind: 'value'; readonly start: number; readonly prefix: string; readonly field: string }

const TOKEN = /'(?:[^']|'')*'?|[A-Za-z_][A-Za-z0-9_.-]*|[<>=!]+|[()[\],]|\S+/g
const OPERATORS: ReadonlySet<string> = new Set(['=', '!=', '<>', '<', '<=', '>', '>=', 'like', 'ilike', 'in'])
const CONNECTIVES: ReadonlySet<string> = new Set(['and', 'or', 'not', '('])

/** The place of the cursor in a search. It looks only at what precedes the cursor, which may be no valid search yet. */
export function placeOf(search: string, cursor: number): Place {
  const before = search.slice(0, cursor)
  const tokens = [...before.matchAll(TOKEN)].map(match => ({ text: match[0], start: match.index }))
  const last = tokens.at(-1)
  const touches = last !== undefined && last.start + last.text.length === cursor
  const isOpenText = last?.text.startsWith("'") === true && !/^'(?:[^']|'')*'$/.test(last.text)
  const current =
    last !== undefined && (isOpenText || (touches && !/^(?:'|[()[\],<>=!])/.test(last.text)))
      ? last
      : undefined
  const earlier = current === undefined ? tokens : tokens.slice(0, -1)
  const start = current?.start ?? cursor
  const prefix = current?.text ?? ''
  const previous = earlier.at(-1)?.text.toLowerCase()
  const isListed = previous === '(' && earlier.at(-2)?.text.toLowerCase() === 'in'
  if (previous === undefined || (CONNECTIVES.has(previous) && !isListed))
    return { kind: 'field', start, prefix }
  const field = fieldBefore(earlier.map(({ text }) => text))
  if (OPERATORS.has(previous) || previous === ',' || isListed) return { kind: 'value', start, prefix, field }
  return { kind: 'operator', start, prefix, field: isField(previous) ? (earlier.at(-1)?.text ?? '') : '' }
}

function fieldBefore(tokens: readonly string[]): string {
  return tokens.findLast(isField) ?? ''
}

function isField(token: string): boolean {
  return (
    /^[A-Za-z_]/.test(token) && !OPERATORS.has(token.toLowerCase()) && !CONNECTIVES.has(token.toLowerCase())
  )
}
