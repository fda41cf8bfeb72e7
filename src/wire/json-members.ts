// JSON text that is not read into values as a whole: the members of an object and the items of an array as pieces of
// text, so that who asks for a few of them pays for no more than the scan (contract 4.11). All text was scanned before.
import { NameTable } from './json-names.ts'
import { scanArray, scanString, scanValue } from './json-scan.ts'
import { isSameString, LONGEST_UNIT, unitLength, unquote } from './json-string.ts'
import { nextLoneSurrogate } from './json-surrogate.ts'
import { parseJson } from './json-value.ts'

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
