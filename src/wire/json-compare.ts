// Equality of JSON texts by value (contract 3.5). Compares tapes of the texts rather than parsed values: parsed, a
// megabyte of 90,000 members took 400 ms (contract 4.11).
import { isSameNumber } from './decimal.ts'
import { NameTable } from './json-names.ts'
import { isSameString } from './json-scan.ts'
import { JsonTape } from './json-tape.ts'

const [QUOTE, OPEN_BRACKET, OPEN_BRACE] = [0x22, 0x5b, 0x7b]

/**
 * Reports whether two valid JSON texts have the same value (contract 3.5). The order of keys does not matter. The last
 * value of a repeated key counts. Numbers compare by exact decimal value, strings by content. Takes linear time: each
 * value is compared once. Recurses as deep as the texts nest, so the caller must bound the depth.
 */
export function sameJsonValue(a: string, b: string): boolean {
  return a === b || new Comparison(new JsonTape(a), new JsonTape(b)).same(0, 0)
}

class Comparison {
  readonly #a: JsonTape
  readonly #b: JsonTape

  constructor(a: JsonTape, b: JsonTape) {
    this.#a = a
    this.#b = b
  }

  same(a: number, b: number): boolean {
    const [aStart, bStart] = [this.#a.startOf(a), this.#b.startOf(b)]
    const unit = this.#a.text.charCodeAt(aStart)
    const other = this.#b.text.charCodeAt(bStart)
    if (isNumber(unit) && isNumber(other)) return isSameNumber(textOf(this.#a, a), textOf(this.#b, b))
    if (unit !== other) return false
    switch (unit) {
      case QUOTE:
        return isSameString(this.#a.text, aStart, this.#b.text, bStart)
      case OPEN_BRACKET:
        return this.#sameItems(a, b)
      case OPEN_BRACE:
        return this.#sameKeys(a, b) ? this.#sameMembersInOrder(a, b) : this.#sameMembers(a, b)
      default:
        return true // true, false and null differ in their first letter
    }
  }

  #sameItems(a: number, b: number): boolean {
    const [aEnd, bEnd] = [this.#a.next(a), this.#b.next(b)]
    let i = a + 1
    let j = b + 1
    for (; i < aEnd && j < bEnd; i = this.#a.next(i), j = this.#b.next(j)) if (!this.same(i, j)) return false
    return i === aEnd && j === bEnd
  }

  /** Reports whether two objects have the same keys in the same order. */
  #sameKeys(a: number, b: number): boolean {
    const [aEnd, bEnd] = [this.#a.next(a), this.#b.next(b)]
    let i = a + 1
    let j = b + 1
    for (; i < aEnd && j < bEnd; i = this.#a.next(i), j = this.#b.next(j))
      if (!isSameString(this.#a.text, this.#a.keyOf(i), this.#b.text, this.#b.keyOf(j))) return false
    return i === aEnd && j === bEnd
  }

  /** A difference does not count if the key is repeated later. */
  #sameMembersInOrder(a: number, b: number): boolean {
    let repeated: ReadonlySet<number> | undefined
    for (let i = a + 1, j = b + 1; i < this.#a.next(a); i = this.#a.next(i), j = this.#b.next(j)) {
      if (this.same(i, j)) continue
      repeated ??= repeatedMembers(this.#a, a)
      if (!repeated.has(i)) return false
    }
    return true
  }

  /** Walks from the last member to the first: the last value of a repeated key counts. */
  #sameMembers(a: number, b: number): boolean {
    const others = lastMembers(this.#b, b)
    const seen = new Uint8Array(others.names.size)
    let count = 0
    for (const value of membersOf(this.#a, a).reverse()) {
      const number = others.names.find(this.#a.text, this.#a.keyOf(value))
      if (number === undefined) return false
      if (seen[number] === 1) continue
      seen[number] = 1
      count++
      if (!this.same(value, others.values[number] ?? 0)) return false
    }
    return count === others.names.size
  }
}

/** Distinct keys of an object, each with its last value. */
function lastMembers(tape: JsonTape, object: number) {
  const names = new NameTable(tape.text)
  const values: number[] = []
  for (const value of membersOf(tape, object)) values[names.add(tape.keyOf(value))] = value
  return { names, values }
}

/** Members of an object whose key is repeated later. */
function repeatedMembers(tape: JsonTape, object: number): ReadonlySet<number> {
  const last = new Set(lastMembers(tape, object).values)
  return new Set(membersOf(tape, object).filter(value => !last.has(value)))
}

function membersOf(tape: JsonTape, object: number): number[] {
  const members: number[] = []
  for (let value = object + 1; value < tape.next(object); value = tape.next(value)) members.push(value)
  return members
}

function textOf(tape: JsonTape, value: number): string {
  return tape.text.slice(tape.startOf(value), tape.endOf(value))
}

function isNumber(unit: number): boolean {
  return unit === 0x2d || (unit >= 0x30 && unit <= 0x39)
}
