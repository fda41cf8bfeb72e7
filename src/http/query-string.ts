// The query string: percent-decoded to UTF-8 or refused, never read as 'no filter' (contract 7.5).
import { isUtf8 } from 'node:buffer'
import { type ProblemAnswer, problem } from './problems.ts'

/** The parameters of a request by name; the first value of a repeated one counts. */
export type QueryParameters = ReadonlyMap<string, string>

const NO_PARAMETERS: QueryParameters = new Map()
const ASCII = /^[!-~]*$/
const PLAIN = /^[!-$&-*,-~]*$/ // printable ASCII without `%` and `+`: decoded already

/**
 * @param query as it stood after the `?`, one character a byte
 */
export function parseQuery(query: string): QueryParameters | ProblemAnswer {
  if (query === '') return NO_PARAMETERS
  const parameters = new Map<string, string>()
  for (const item of query.split('&')) {
    const equals = item.indexOf('=')
    const name = percentDecode(equals < 0 ? item : item.slice(0, equals))
    const value = percentDecode(equals < 0 ? '' : item.slice(equals + 1))
    if (name === undefined || value === undefined) return undecodable(item)
    if (!parameters.has(name)) parameters.set(name, value)
  }
  return parameters
}

/** Decodes `%XX` and `+`; undefined when a `%` is not followed by two hex digits or the bytes are no UTF-8. */
export function percentDecode(text: string): string | undefined {
  if (PLAIN.test(text)) return text
  if (ASCII.test(text)) return decodeAscii(text)
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const bytes = Buffer.from(
    text
      .replaceAll('+', ' ')
      .replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** Without bytes outside ASCII, what decodes a URI decodes this, and refuses what is no UTF-8. */
function decodeAscii(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

function undecodable(item: string): ProblemAnswer {
  const shown = item.length > 64 ? `${item.slice(0, 64)}…` : item
  return problem('HYPERFLEET-VAL-005', `The query string cannot be percent-decoded to UTF-8 at '${shown}'`, {
    errors: [
      {
        field: item.split('=', 1)[0] ?? '',
        constraint: 'encoding',
        message: 'must be UTF-8, percent-encoded: write a literal % as %25',
      },
    ],
  })
}
