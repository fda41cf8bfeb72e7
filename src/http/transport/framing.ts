// How the body of a request is framed (RFC 9112, section 6). Whatever two readers could understand differently is
// malformed: it is how requests are smuggled past a proxy.

/** How long the body of a request is, where there is no Transfer-Encoding. */
export type Length =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | Malformed

/** How long the body of a request is, from its head. */
export type Framing = Length | { readonly kind: 'chunked' }

interface Malformed {
  readonly kind: 'malformed'
  readonly reason: string
}

const NONE: Length = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }
/** Fifteen digits: the most that a double holds exactly. */
const LENGTH = /^[0-9]{1,15}$/

/** Reads the framing from all the values of the two headers, in the order in which they came. */
export function readFraming(
  contentLengths: readonly string[],
  transferEncodings: readonly string[],
): Framing {
  const [transferEncoding, ...moreEncodings] = transferEncodings
  if (transferEncoding === undefined) return readLength(contentLengths)
  if (moreEncodings.length > 0) return malformed('more than one Transfer-Encoding header')
  if (contentLengths.length > 0) return malformed('both Content-Length and Transfer-Encoding')
  return transferEncoding.toLowerCase() === 'chunked'
    ? CHUNKED
    : malformed('a Transfer-Encoding other than chunked')
}

/** Reads the length from all the values of Content-Length. */
export function readLength(contentLengths: readonly string[]): Length {
  const [contentLength, ...moreLengths] = contentLengths
  if (contentLength === undefined) return NONE
  if (moreLengths.length > 0) return malformed('more than one Content-Length header')
  if (!LENGTH.test(contentLength)) return malformed('a Content-Length that is not a number')
  const bytes = Number(contentLength)
  return bytes === 0 ? NONE : { kind: 'length', bytes }
}

function malformed(reason: string): Malformed {
  return { kind: 'malformed', reason }
}
