// JSON bodies: one object in UTF-8, read into the raw text of its members, so that what the contract keeps as written
// stays as written. Helpers for a few members or items cost only the scan (contract 4.11).
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
  /** Deepest nesting of a body; the body itself is level 1 (contract 4.6). */
  readonly maxDepth: number
  /**
   * Members to keep; all if undefined. A body of a megabyte has room for a hundred thousand others: to keep them took
   * 80 ms (contract 4.11).
   */
  readonly names?: WantedNames
}

export interface JsonMember {
  /**
   * JSON text of the value exactly as sent, without surrounding white space. It keeps the text of the whole body alive,
   * so it must not be held for longer than the request.
   */
  readonly text: string
  /** The parsed value. Parsing loses digits of numbers, so store `text` instead. */
  readonly value: unknown
}

export interface JsonObjectBody {
  readonly kind: 'object'
  /** In order of first appearance; a repeated name has its last value (contract 4.1). */
  readonly members: Map<string, JsonMember>
  /** Text of the object. `DistinctMembers` finds the other members in it. */
  readonly text: string
  /** True if members were left out. */
  readonly hasOthers: boolean
}

/** A body that is not a JSON object (contract 4.6). */
export interface MalformedBody {
  readonly kind: 'malformed'
  /** Message for the client: the fault and its position. */
  readonly reason: string
  /** 0-based byte of the fault; absent if it concerns the body as a whole. */
  readonly offset?: number
}

/**
 * Reads a body that must be one JSON object (contract 3.8, 4.1, 4.6). Takes linear time and a stack bounded by
 * `maxDepth`, for any input.
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

/** Parses its value on first use. Most specs are stored as sent and never parsed. */
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

/** Lines and columns count from 1, columns in code points. Lines end as in editors. */
function placeBehind(before: string): { readonly line: number; readonly column: number } {
  let line = 1
  let column = 1
  for (let i = 0; i < before.length; i++) {
    const unit = before.charCodeAt(i)
    if (unit === 0x0a || (unit === 0x0d && before.charCodeAt(i + 1) !== 0x0a)) {
      line++
      column = 1
    } else if (unit < 0xdc00 || unit > 0xdfff) column++ // the second unit of a surrogate pair is not counted
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

/** Decoding replaces invalid bytes with U+FFFD. The first U+FFFD that is not in the bytes marks the place. */
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

/** Unlimited: the text was scanned before, with a limit. */
const ANY_DEPTH = Number.POSITIVE_INFINITY
const HIGH_SURROGATE_AT_END = /[\uD800-\uDBFF]$/

/** Member names to look for. */
export class WantedNames {
  readonly #names: readonly { readonly name: string; readonly quoted: string }[]

  constructor(names: readonly string[]) {
    this.#names = names.map(name => ({ name, quoted: JSON.stringify(name) }))
  }

  /** Returns the wanted name that starts at `start`, quotes included; undefined if it is another name. */
  find(text: string, start: number): string | undefined {
    for (const { name, quoted } of this.#names) if (isSameString(quoted, 0, text, start)) return name
    return undefined
  }
}

/** A distinct member of an object; a repeated one has its last value. */
export interface DistinctMember {
  readonly name: string
  readonly text: string
}

/** Distinct members of an object, in order of first appearance. */
export class DistinctMembers {
  readonly #names: NameTable
  readonly #text: string
  /** Positions of the values, by the number of the name. */
  readonly #starts: number[] = []
  readonly #ends: number[] = []

  /** @param except names to leave out */
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

  first(limit: number): DistinctMember[] {
    return Array.from({ length: Math.min(limit, this.size) }, (_, number) => this.#member(number))
  }

  /** The first members with a lone surrogate in name or value, and the number of all such members. */
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

/** Texts of the wanted members of an object; a repeated one has its last value. */
export function memberTexts(text: string, wanted: WantedNames): Map<string, string> {
  const members = new Map<string, string>()
  scanValue(text, 0, ANY_DEPTH, ({ keyStart, valueStart, valueEnd }) => {
    const name = wanted.find(text, keyStart)
    if (name !== undefined) members.set(name, text.slice(valueStart, valueEnd))
  })
  return members
}

/** Texts of the first `limit` items of an array, and the number of all items. */
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
 * Parses a text for a schema that checks only the type of arrays and objects: they come out empty. Of a string longer
 * than `maxLength` UTF-16 units it reads at least one unit more than that, not always the rest.
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

/** Reports whether `shallowValue` may leave out the end of a string. */
export function isCut(text: string, maxLength: number): boolean {
  return text[0] === '"' && text.length > (maxLength + 2) * LONGEST_UNIT + 2
}

function stringValue(text: string, maxLength: number): string {
  if (!isCut(text, maxLength)) return unquote(text)
  let at = 1
  for (let units = 0; units <= maxLength + 1; units++) at += unitLength(text, at)
  const value = unquote(`${text.slice(0, at)}"`)
  // Drops half of a surrogate pair that was cut in two.
  return HIGH_SURROGATE_AT_END.test(value) ? value.slice(0, -1) : value
}

/**
 * Parses a scanned text: a repeated key has its last value, and `__proto__` is a key like any other. Uses JSON.parse
 * unless the text has escapes: the V8 of Node 24.21 reads some escaped keys wrong (`{"":0,"é\udc00":1}` gets a key
 * `é\`; Node 20.20 and 22.23 do not), and labels may have such names. Recursion is as deep as the text nests, which the
 * scan bounds.
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

  /** Skips the opening bracket, a comma or the closing bracket. Returns true at the closing bracket. */
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
