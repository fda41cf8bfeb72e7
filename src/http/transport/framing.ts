// How the body of a request is framed (RFC 9112, section 6). Whatever two readers could understand differently is
// malformed: it is how requests are smuggled past a proxy.

/** How long the body of a request is, from its head. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'malformed'; readonly reason: string }

const NONE: Framing = { kind: 'none' }
const CHUNKED: Framing = { kind: 'chunked' }
/** Fifteen digits: the most that a double holds exactly. */
const LENGTH = /^[0-9]{1,15}$/

/** Reads the framing from all the values of the two headers, in the order in which they came. */
export function readFraming(
  contentLengths: readonly string[],
  transferEncodings: readonly string[],
): Framing {
  const [contentLength, ...moreLengths] = contentLengths
  const [transferEncoding, ...moreEncodings] = transferEncodings
  if (moreLengths.length > 0) return malformed('more than one Content-Length header')
  if (moreEncodings.length > 0) return malformed('more than one Transfer-Encoding header')
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) return malformed('both Content-Length and Transfer-Encoding')
    return transferEncoding.toLowerCase() === 'chunked'
      ? CHUNKED
      : malformed('a Transfer-Encoding other than chunked')
  }
  if (contentLength === undefined) return NONE
  if (!LENGTH.test(contentLength)) return malformed('a Content-Length that is not a number')
  return contentLength === '0' ? NONE : { kind: 'length', bytes: Number(contentLength) }
}

function malformed(reason: string): Framing {
  return { kind: 'malformed', reason }
}
