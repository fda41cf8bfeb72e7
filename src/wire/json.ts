// JSON bodies as the contract sees them: one object in UTF-8, read into the raw text of its members, so that what
// is kept as written stays as written. Exact comparison and the hunt for lone surrogates stand beside it.
import { isUtf8 } from 'node:buffer'
import type { WantedNames } from './json-members.ts'
import { JsonFault, scanValue, skipSpace, unexpected } from './json-scan.ts'
import { unquote } from './json-string.ts'
import { parseJson } from './json-value.ts'

export { sameJsonValue } from './json-equal.ts'
export { hasLoneSurrogate, hasSurrogateEscape } from './json-surrogate.ts'

export interface JsonLimits {
  /** The deepest nesting of a body, the body itself being level 1 (contract 4.6). */
  readonly maxDepth: number
  /**
   * The members that are kept, all when undefined. A body of a megabyte has room for a hundred thousand others: to keep
   * them took 80 ms (contract 4.11).
   */
  readonly names?: WantedNames
}

/** A member of a JSON object. */
export interface JsonMember {
  /**
   * The value's JSON text exactly as sent, without the white space around it. It keeps the text of the whole body alive: nobody
   * may hold it for longer than a request takes.
   */
  readonly text: string
  /** The value as parseJson reads it: numbers lose digits, so what is kept is kept from `text`. */
  readonly value: unknown
}

export interface JsonObjectBody {
  readonly kind: 'object'
  /** In order of first appearance; a repeated name has its last value (contract 4.1). */
  readonly members: Map<string, JsonMember>
  /** The text of the object; `DistinctMembers` finds in it those that are not kept. */
  readonly text: string
  /** Whether there are members that are not kept. */
  readonly hasOthers: boolean
}

/** A body that is no JSON object (contract 4.6). */
export interface MalformedBody {
  readonly kind: 'malformed'
  /** For the client: what is wrong, and where. */
  readonly reason: string
  /** The 0-based byte at which the fault was found; absent when it lies in the body as a whole. */
  readonly offset?: number
}

/**
 * Reads a body that has to be one JSON object (contract 3.8, 4.1, 4.6). Takes time linear in the body, and stack
 * bounded by `maxDepth`, whatever the body holds.
 */
export function readJsonObject(bytes: Buffer, limits: JsonLimits): JsonObjectBody | MalformedBody {
  if (startsWithByteOrderMark(bytes)) {
    return malformed('the body starts with a byte order mark; send UTF-8 without one', 0)
  }
  if (!isUtf8(bytes)) {
    const offset = firstInvalidByte(bytes)
    return malformed(`the body is not valid UTF-8 at byte ${offset}`, offset)
  }
  return readObject(bytes.toString('utf8'), limits)
}

function readObject(text: string, { maxDepth, names }: JsonLimits): JsonObjectBody | MalformedBody {
  const members = new Map<string, JsonMember>()
  let hasOthers = false
  const start = skipSpace(text, 0)
  if (start === text.length) return malformed('the body is empty; a JSON object is expected')
  let end: number
  try {
    end = scanValue(text, start, maxDepth, ({ keyStart, keyEnd, valueStart, valueEnd }) => {
      const name = names === undefined ? unquote(text.slice(keyStart, keyEnd)) : names.find(text, keyStart)
      if (name === undefined) hasOthers = true
      else members.set(name, new LazyMember(text.slice(valueStart, valueEnd)))
    })
    const rest = skipSpace(text, end)
    if (rest < text.length) throw unexpected(text, rest, 'nothing after the end of the value')
  } catch (fault) {
    if (fault instanceof JsonFault) return describeFault(text, fault, maxDepth)
    throw fault
  }
  if (text[start] === '{') return { kind: 'object', members, text: text.slice(start, end), hasOthers }
  return malformed(`the body is ${nameOfValue(text[start])}; a JSON object is expected`)
}

/** Parses only when asked: a spec is mostly kept as it came and never looked into. */
class LazyMember implements JsonMember {
  readonly text: string
  #parsed: { readonly value: unknown } | undefined

  constructor(text: string) {
    this.text = text
  }

  get value(): unknown {
    this.#parsed ??= { value: parseJson(this.text) }
    return this.#parsed.value
  }
}

function malformed(reason: string, offset?: number): MalformedBody {
  return offset === undefined ? { kind: 'malformed', reason } : { kind: 'malformed', reason, offset }
}

function describeFault(text: string, fault: JsonFault, maxDepth: number): MalformedBody {
  const before = text.slice(0, fault.index)
  const { line, column } = placeBehind(before)
  const place = `line ${line}, column ${column}`
  const reason =
    fault.kind === 'depth'
      ? `the body is nested deeper than ${maxDepth} levels at ${place}`
      : `the body is not valid JSON: ${fault.message} at ${place}`
  return malformed(reason, Buffer.byteLength(before, 'utf8'))
}

/** Lines and columns count from 1, columns in characters (code points); lines end as editors end them. */
function placeBehind(before: string): { readonly line: number; readonly column: number } {
  let line = 1
  let column = 1
  for (let i = 0; i < before.length; i++) {
    const unit = before.charCodeAt(i)
    if (unit === 0x0a || (unit === 0x0d && before.charCodeAt(i + 1) !== 0x0a)) {
      line++
      column = 1
    } else if (unit < 0xdc00 || unit > 0xdfff) column++ // the second unit of a pair is no character of its own
  }
  return { line, column }
}

function nameOfValue(firstCharacter: string | undefined): string {
  switch (firstCharacter) {
    case '[':
      return 'an array'
    case '"':
      return 'a string'
    case 't':
    case 'f':
      return 'a boolean'
    case 'n':
      return 'null'
    default:
      return 'a number'
  }
}

function startsWithByteOrderMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

/** Decoding puts U+FFFD for what is invalid; the first U+FFFD that the bytes do not spell out is the place. */
function firstInvalidByte(bytes: Buffer): number {
  const decoded = bytes.toString('utf8')
  let offset = 0
  for (let from = 0; ; ) {
    const at = decoded.indexOf('\uFFFD', from)
    if (at === -1) return offset
    offset += Buffer.byteLength(decoded.slice(from, at), 'utf8')
    const isSpelledOut = bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd
    if (!isSpelledOut) return offset
    offset += 3
    from = at + 1
  }
}
