// The target of a request as a string of bytes, though uWebSockets.js hands it over decoded from UTF-8. (The parser of
// node:http refuses targets with bytes outside ASCII.)

const ASCII = /^[\0-\x7f]*$/

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
