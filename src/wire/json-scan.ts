// Scanner of JSON text (RFC 8259): finds where values end and what is wrong with the text, without building any value.
// Recursion is bounded by the permitted depth, everything else is a loop, and no step looks back.

/** The first fault of a text: a syntax error, described without its position, or too deep a nesting. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault'
  readonly kind: 'syntax' | 'depth'
  /** Position in UTF-16 units. */
  readonly index: number

  constructor(kind: 'syntax' | 'depth', message: string, index: number) {
    super(message)
    this.kind = kind
    this.index = index
  }
}

/** Position of an object's member; the key includes its quotes. */
export interface MemberSpan {
  readonly keyStart: number
  readonly keyEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

export type MemberVisitor = (span: MemberSpan) => void
/** Receives the start and end of an array's item. */
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

/** Index of the first character from `at` on that is not JSON white space. */
export function skipSpace(text: string, at: number): number {
  let i = at
  while (isSpace(text.charCodeAt(i))) i++
  return i
}

/**
 * Returns the end of the value that starts at `at` and may nest `levels` deep, itself included. For an object, calls
 * `visit` with each member in order. Throws a JsonFault where the text is not JSON or too deep.
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

/** Returns the end of the array that starts at `at`. Calls `visit` with each item in order. Throws a JsonFault. */
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

/** Returns the end of the string whose opening quote is at `at`. Throws a JsonFault. */
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

/** Returns the end of the number that starts at `at`. Throws a JsonFault. */
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

/** Fault for a character that JSON does not allow at `at`. */
export function unexpected(text: string, at: number, expected: string): JsonFault {
  const found = at < text.length ? quoteCharacter(text, at) : 'the end of the body'
  return new JsonFault('syntax', `expected ${expected}, found ${found}`, Math.min(at, text.length))
}

/** Quotes a character; one that is invisible or would garble a log line is given by its code point. */
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

/** Letters after a backslash that mean another character. */
const ESCAPED = new Map([...'bfnrt'].map((letter, i) => [letter.charCodeAt(0), '\b\f\n\r\t'.charCodeAt(i)]))
/** Length of a \u escape, the longest spelling of one UTF-16 unit. */
export const LONGEST_UNIT = 6

/** Decodes a scanned JSON string, which includes its quotes. */
export function unquote(quoted: string): string {
  const isPlain = !quoted.includes('\\')
  return isPlain ? quoted.slice(1, -1) : String(JSON.parse(quoted))
}

/** Decodes the UTF-16 unit whose spelling starts at `at`. */
export function unitAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  if (unit !== BACKSLASH) return unit
  const letter = text.charCodeAt(at + 1)
  return letter === 0x75 ? hexAt(text, at + 2) : (ESCAPED.get(letter) ?? letter)
}

/** Length of that spelling. */
export function unitLength(text: string, at: number): number {
  if (text.charCodeAt(at) !== BACKSLASH) return 1
  return text.charCodeAt(at + 1) === 0x75 ? LONGEST_UNIT : 2
}

/**
 * Reports whether the strings that start in two texts have the same content. Compares in place: a body of a megabyte
 * has room for a hundred thousand names, and making a string of each takes longer than reading the whole body (contract
 * 4.11).
 */
export function isSameString(a: string, aStart: number, b: string, bStart: number): boolean {
  let i = aStart + 1
  let j = bStart + 1
  for (;;) {
    const unit = a.charCodeAt(i)
    if (unit === QUOTE || b.charCodeAt(j) === QUOTE) return unit === b.charCodeAt(j)
    if (unitAt(a, i) !== unitAt(b, j)) return false
    i += unitLength(a, i)
    j += unitLength(b, j)
  }
}

function hexAt(text: string, at: number): number {
  let unit = 0
  for (let i = at; i < at + 4; i++) {
    const digit = text.charCodeAt(i)
    unit = unit * 16 + (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57)
  }
  return unit
}

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** Cheap test for hasLoneSurrogate: false is certain, true means that the text must be checked. */
export function hasSurrogateEscape(text: string): boolean {
  return SURROGATE_ESCAPE.test(text)
}

/**
 * Reports whether valid JSON text contains a lone surrogate in a key or value at any depth (contract 4.6). `text` must
 * be valid Unicode, as everything decoded from UTF-8 is: a lone surrogate then comes only from a \u escape. Takes
 * linear time and builds no strings: to read each of 70,000 short ones took 100 ms.
 */
export function hasLoneSurrogate(text: string): boolean {
  return hasSurrogateEscape(text) && nextLoneSurrogate(text, 0, text.length) !== undefined
}

/** Position of the first lone surrogate in a part of such a text. The part must begin and end outside of strings. */
export function nextLoneSurrogate(text: string, start: number, end: number): number | undefined {
  // JSON has backslashes only in strings, and each begins an escape.
  for (let at = nextBackslash(text, start, end); at < end; at = nextBackslash(text, at, end)) {
    const unit = unitAt(text, at)
    const behind = at + unitLength(text, at)
    if (!isSurrogate(unit)) at = behind
    else if (isHigh(unit) && text[behind] === '\\' && isLow(unitAt(text, behind)))
      at = behind + unitLength(text, behind)
    else return at
  }
  return undefined
}

function nextBackslash(text: string, start: number, end: number): number {
  let at = start
  while (at < end && text.charCodeAt(at) !== 0x5c) at++
  return at
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
