// The target of a request: its path and query as strings of bytes, from the origin form and from the absolute form.
// uWebSockets.js hands it over decoded from UTF-8. (The parser of node:http refuses targets with bytes outside ASCII.)

const ASCII = /^[\0-\x7f]*$/
/** An absolute URI of HTTP without user information and fragment (RFC 9110, 4.2). */
const ABSOLUTE = /^https?:\/\/[^/?#@\s]+((?:[/?][^#]*)?)$/i

/** What a request asks for; both undecoded. */
export interface Target {
  readonly path: string
  /** What follows the first `?`; empty without one. */
  readonly query: string
}

/** Whether a text is the same in ASCII, Latin-1 and UTF-8. */
export function isAscii(text: string): boolean {
  return ASCII.test(text)
}

/**
 * The bytes of a target that has been decoded from UTF-8, one character for each byte. The decoder has put U+FFFD
 * for every fault, and what it stood for is lost; it becomes 0xFF, so that the text stays invalid (contract 7.5).
 */
export function bytesOfDecoded(target: string): string {
  if (isAscii(target)) return target
  return Buffer.from(target, 'utf8').toString('latin1').replaceAll('\xef\xbf\xbd', '\xff')
}

/**
 * Splits a target in origin form or in absolute form. The authority of the absolute form takes the place of `Host`
 * (RFC 9112, 3.2.2); this server answers alike for every host, so it is left out.
 * @returns undefined for every other form, such as `*`
 */
export function readTarget(target: string): Target | undefined {
  const origin = target.startsWith('/') ? target : originOf(target)
  if (origin === undefined) return undefined
  const mark = origin.indexOf('?')
  if (mark === -1) return { path: origin, query: '' }
  return { path: origin.slice(0, mark), query: origin.slice(mark + 1) }
}

function originOf(target: string): string | undefined {
  const behind = ABSOLUTE.exec(target)?.[1]
  return behind === undefined || behind.startsWith('/') ? behind : `/${behind}`
}
