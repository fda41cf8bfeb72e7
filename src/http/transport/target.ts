// The target of a request as a string of bytes, the same from both engines: one hands it over decoded from UTF-8, the
// other as Latin-1.

const ASCII = /^[\0-\x7f]*$/

/** Whether a text is the same in ASCII, Latin-1 and UTF-8. */
export function isAscii(text: string): boolean {
  return ASCII.test(text)
}

/**
 * The bytes of a target that an engine has decoded from UTF-8, one character for each byte. The decoder has put U+FFFD
 * for every fault, and what it stood for is lost; it becomes 0xFF, so that the text stays invalid (contract 7.5).
 */
export function bytesOfDecoded(target: string): string {
  if (isAscii(target)) return target
  return Buffer.from(target, 'utf8').toString('latin1').replaceAll('\xef\xbf\xbd', '\xff')
}

/** The bytes of a target that an engine hands over as Latin-1, with the same replacement. */
export function bytesOfLatin1(target: string): string {
  if (isAscii(target)) return target
  return bytesOfDecoded(Buffer.from(target, 'latin1').toString('utf8'))
}
