// JSON bodies as the contract sees them: one object in UTF-8, read into the raw text of its members, so that what
// is kept as written stays as written. Whoever asks for a few members or
// items pays for the scan alone (contract 4.11).
import { isUtf8 } from 'node:buffer'
import { NameTable } from './json-names.ts'
import {
  isSameString,
  JsonFault,
  LONGEST_UNIT,
  nextLoneSurrogate,
  scanArray,
  scanNumber,
  scanString,
  scanValue,
  skipSpace,
  unexpected,
  unitLength,
  unquote,
} from './json-scan.ts'

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

/** Deeper than any text that a scan has let through. */
const ANY_DEPTH = Number.POSITIVE_INFINITY
const HIGH_SURROGATE_AT_END = /[\uD800-\uDBFF]$/

/** Names of members that are looked for. */
export class WantedNames {
  readonly #names: readonly { readonly name: string; readonly quoted: string }[]

  constructor(names: readonly string[]) {
    this.#names = names.map(name => ({ name, quoted: JSON.stringify(name) }))
  }

  /** The wanted name that starts in a text, quotes included, if one does. */
  find(text: string, start: number): string | undefined {
    for (const { name, quoted } of this.#names) if (isSameString(quoted, 0, text, start)) return name
    return undefined
  }
}

/** A distinct member of an object; of one that is repeated the last value counts. */
export interface DistinctMember {
  readonly name: string
  readonly text: string
}

/** The distinct members of an object, in order of first appearance. */
export class DistinctMembers {
  readonly #names: NameTable
  readonly #text: string
  /** By number: where the value starts and ends. */
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** @param except those that are left out */
  constructor(text: string, except?: WantedNames) {
    this.#text = text
    this.#names = new NameTable(text)
    scanValue(text, 0, ANY_DEPTH, ({ keyStart, valueStart, valueEnd }) => {
      if (except?.find(text, keyStart) !== undefined) return
      const number = this.#names.add(keyStart)
      this.#starts[number] = valueStart
      this.#ends[number] = valueEnd
    })
  }

  get size(): number {
    return this.#names.size
  }

  /** The first of them. */
  first(limit: number): DistinctMember[] {
    return Array.from({ length: Math.min(limit, this.size) }, (_, number) => this.#member(number))
  }

  /** The first of those whose name or value has a lone surrogate, and how many of those there are. */
  broken(limit: number): { readonly members: readonly DistinctMember[]; readonly count: number } {
    const members: DistinctMember[] = []
    let count = 0
    for (let number = 0; number < this.size; number++) {
      const start = this.#names.startOf(number)
      const isBroken =
        this.#hasLone(start, scanString(this.#text, start)) ||
        this.#hasLone(this.#starts[number] ?? 0, this.#ends[number] ?? 0)
      if (isBroken && count++ < limit) members.push(this.#member(number))
    }
    return { members, count }
  }

  #hasLone(start: number, end: number): boolean {
    return nextLoneSurrogate(this.#text, start, end) !== undefined
  }

  #member(number: number): DistinctMember {
    const start = this.#names.startOf(number)
    return {
      name: unquote(this.#text.slice(start, scanString(this.#text, start))),
      text: this.#text.slice(this.#starts[number], this.#ends[number]),
    }
  }
}

/** The texts of the wanted members of an object: of a repeated one the last value counts. */
export function memberTexts(text: string, wanted: WantedNames): Map<string, string> {
  const members = new Map<string, string>()
  scanValue(text, 0, ANY_DEPTH, ({ keyStart, valueStart, valueEnd }) => {
    const name = wanted.find(text, keyStart)
    if (name !== undefined) members.set(name, text.slice(valueStart, valueEnd))
  })
  return members
}

/** The texts of the items of an array, those behind the first `limit` left out; and how many items there are. */
export function itemTexts(
  text: string,
  limit: number,
): { readonly items: readonly string[]; readonly count: number } {
  const items: string[] = []
  let count = 0
  scanArray(text, 0, ANY_DEPTH, (start, end) => {
    if (count++ < limit) items.push(text.slice(start, end))
  })
  return { items, count }
}

/**
 * The value of a text, an array and an object being empty: for a schema that asks for no more than the type of those.
 * Of a string with more than `maxLength` UTF-16 units at least one more than that is read, and not always the rest.
 */
export function shallowValue(text: string, maxLength: number): unknown {
  switch (text[0]) {
    case '{':
      return {}
    case '[':
      return []
    case '"':
      return stringValue(text, maxLength)
    default:
      return parseJson(text)
  }
}

/** Whether a string is so long that `shallowValue` may leave out its end. */
export function isCut(text: string, maxLength: number): boolean {
  return text[0] === '"' && text.length > (maxLength + 2) * LONGEST_UNIT + 2
}

function stringValue(text: string, maxLength: number): string {
  if (!isCut(text, maxLength)) return unquote(text)
  let at = 1
  for (let units = 0; units <= maxLength + 1; units++) at += unitLength(text, at)
  const value = unquote(`${text.slice(0, at)}"`)
  // One half of a pair that was cut through.
  return HIGH_SURROGATE_AT_END.test(value) ? value.slice(0, -1) : value
}

/**
 * The value of a text that a scan has accepted: a repeated key has its last value, and `__proto__` is a key like any other.
 * It is JSON.parse, but for text with escapes: the V8 of Node 24.21 reads some escaped keys wrong (`{"":0,"é\udc00":1}` gets a
 * key `é\`; Node 20.20 and 22.23 do not), and labels may be named so. Recursion is as deep as the text nests, which the scan
 * bounds.
 */
export function parseJson(text: string): unknown {
  return text.includes('\\') ? new ValueReader(text).read() : JSON.parse(text)
}

class ValueReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): unknown {
    this.#at = skipSpace(this.#text, this.#at)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject()
      case '[':
        return this.#readArray()
      case '"':
        return this.#readString()
      case 't':
        return this.#readWord(4, true)
      case 'f':
        return this.#readWord(5, false)
      case 'n':
        return this.#readWord(4, null)
      default:
        return this.#readNumber()
    }
  }

  #readObject(): object {
    const members: [string, unknown][] = []
    while (!this.#isOver('}')) {
      const key = this.#readString()
      this.#at = skipSpace(this.#text, this.#at) + 1 // the colon
      members.push([key, this.read()])
    }
    return Object.fromEntries(members)
  }

  #readArray(): unknown[] {
    const items: unknown[] = []
    while (!this.#isOver(']')) items.push(this.read())
    return items
  }

  /** Steps over the opening bracket, a comma or the closing bracket; whether it was the last. */
  #isOver(close: '}' | ']'): boolean {
    this.#at = skipSpace(this.#text, this.#at)
    if (this.#text[this.#at] !== close) this.#at = skipSpace(this.#text, this.#at + 1)
    if (this.#text[this.#at] !== close) return false
    this.#at++
    return true
  }

  #readString(): string {
    const start = this.#at
    this.#at = scanString(this.#text, start)
    return String(JSON.parse(this.#text.slice(start, this.#at)))
  }

  #readNumber(): number {
    const start = this.#at
    this.#at = scanNumber(this.#text, start)
    return Number(this.#text.slice(start, this.#at))
  }

  #readWord<T>(length: number, value: T): T {
    this.#at += length
    return value
  }
}
