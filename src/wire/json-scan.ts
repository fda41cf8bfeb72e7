// Walks JSON text (RFC 8259) without building anything: finds where values end and what is wrong with the text.
// Recursion is bounded by the permitted depth, everything else is a loop, and no step looks back.

/** The first fault of a text: it is not JSON, in words that leave out the place, or it nests too deeply. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
  readonly kind: 'syntax' | 'depth'
  /** Where, in UTF-16 units. */
  readonly index: number

  constructor(kind: 'syntax' | 'depth', message: string, index: number) {
    super(message)
    this.kind = kind
    this.index = index
  }
}

/** Where a member of an object stands in the text; the key with its quotes. */
export interface MemberSpan {
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

export type MemberVisitor = (span: MemberSpan) => void
/** Gets where an item of an array starts and ends. */
export type ItemVisitor = (start: number, end: number) => void

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const LETTER_E = 0x65
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

/** The index of the first character from `at` on that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  let i = at
  while (isSpace(text.charCodeAt(i))) i++
  return i
}

/**
 * The end of the value that starts at `at`, which may nest `levels` deep, itself included. If it is an object, `visit` gets
 * its members in their order. Throws a JsonFault where the text is not JSON or too deep.
 */
export function scanValue(text: string, at: number, levels: number, visit?: MemberVisitor): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return scanString(text, at)
    case OPEN_BRACE:
      return scanObject(text, at, levels, visit)
    case OPEN_BRACKET:
      return scanArray(text, at, levels)
    case 0x74:
      return scanWord(text, at, 'true')
    case 0x66:
      return scanWord(text, at, 'false')
    case 0x6e:
      return scanWord(text, at, 'null')
    default:
      return scanNumber(text, at)
  }
}

function scanObject(text: string, at: number, levels: number, visit: MemberVisitor | undefined): number {
  if (levels === 0) throw new JsonFault('depth', 'nested too deeply', at)
  let i = skipSpace(text, at + 1)
  if (text.charCodeAt(i) === CLOSE_BRACE) return i + 1
  for (;;) {
    const keyStart = i
    if (text.charCodeAt(keyStart) !== QUOTE) throw unexpected(text, i, 'a name in double quotes')
    const keyEnd = scanString(text, keyStart)
    i = skipSpace(text, keyEnd)
    if (text.charCodeAt(i) !== COLON) throw unexpected(text, i, "':'")
    const valueStart = skipSpace(text, i + 1)
    const valueEnd = scanValue(text, valueStart, levels - 1)
    visit?.({ keyStart, keyEnd, valueStart, valueEnd })
    i = skipSpace(text, valueEnd)
    if (text.charCodeAt(i) === CLOSE_BRACE) return i + 1
    if (text.charCodeAt(i) !== COMMA) throw unexpected(text, i, "',' or '}'")
    i = skipSpace(text, i + 1)
  }
}

/** The end of the array that starts at `at`; `visit` gets its items in their order. Throws a JsonFault. */
export function scanArray(text: string, at: number, levels: number, visit?: ItemVisitor): number {
  if (levels === 0) throw new JsonFault('depth', 'nested too deeply', at)
  let i = skipSpace(text, at + 1)
  if (text.charCodeAt(i) === CLOSE_BRACKET) return i + 1
  for (;;) {
    const end = scanValue(text, i, levels - 1)
    visit?.(i, end)
    i = skipSpace(text, end)
    if (text.charCodeAt(i) === CLOSE_BRACKET) return i + 1
    if (text.charCodeAt(i) !== COMMA) throw unexpected(text, i, "',' or ']'")
    i = skipSpace(text, i + 1)
  }
}

/** The end of the string whose opening quote stands at `at`. Throws a JsonFault. */
export function scanString(text: string, at: number): number {
  for (let i = at + 1; ; ) {
    const unit = text.charCodeAt(i)
    if (unit === QUOTE) return i + 1
    if (unit === BACKSLASH) i = scanEscape(text, i)
    else if (unit >= 0x20) i++
    else throw unterminated(text, i)
  }
}

function unterminated(text: string, at: number): JsonFault {
  if (at >= text.length) return unexpected(text, at, 'the end of a string')
  const name = codePointName(text, at)
  return new JsonFault('syntax', `the control character ${name} in a string has to be escaped`, at)
}

function scanEscape(text: string, at: number): number {
  const letter = text.charAt(at + 1)
  if (letter === 'u') {
    for (let i = at + 2; i < at + 6; i++) {
      if (!isHexDigit(text.charCodeAt(i))) throw unexpected(text, i, 'four hexadecimal digits after \\u')
    }
    return at + 6
  }
  if (letter !== '' && '"\\/bfnrt'.includes(letter)) return at + 2
  throw unexpected(text, at + 1, 'one of "\\/bfnrtu after a backslash')
}

function scanWord(text: string, at: number, word: string): number {
  if (text.startsWith(word, at)) return at + word.length
  throw unexpected(text, at, 'a value')
}

/** The end of the number that starts at `at`. Throws a JsonFault. */
export function scanNumber(text: string, at: number): number {
  let i = text.charCodeAt(at) === MINUS ? at + 1 : at
  if (!isDigit(text.charCodeAt(i))) throw unexpected(text, i, i === at ? 'a value' : 'a digit')
  i = text.charCodeAt(i) === ZERO ? i + 1 : skipDigits(text, i)
  if (text.charCodeAt(i) === DOT) i = scanDigits(text, i + 1)
  if ((text.charCodeAt(i) | 0x20) === LETTER_E) {
    const hasSign = text[i + 1] === '+' || text[i + 1] === '-'
    i = scanDigits(text, hasSign ? i + 2 : i + 1)
  }
  return i
}

function scanDigits(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) throw unexpected(text, at, 'a digit')
  return skipDigits(text, at)
}

function skipDigits(text: string, at: number): number {
  let i = at
  while (isDigit(text.charCodeAt(i))) i++
  return i
}

/** The fault of finding something else than what JSON allows at `at`. */
export function unexpected(text: string, at: number, expected: string): JsonFault {
  const found = at < text.length ? quoteCharacter(text, at) : 'the end of the body'
  return new JsonFault('syntax', `expected ${expected}, found ${found}`, Math.min(at, text.length))
}

/** Characters that show nothing or disturb a log line are named by their number. */
function quoteCharacter(text: string, at: number): string {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0)
  return /[\p{C}\p{Z}]/u.test(character) ? codePointName(text, at) : `'${character}'`
}

function codePointName(text: string, at: number): string {
  return `U+${(text.codePointAt(at) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

function isHexDigit(unit: number): boolean {
  const lower = unit | 0x20
  return isDigit(unit) || (lower >= 0x61 && lower <= 0x66)
}
