// The indexes of values in the spec, for the paths that the operator has chosen (contract 13.5).
import { Decimal, isJsonNumber } from '../wire/decimal.ts'
import type { HashSeed } from '../wire/hash.ts'
import { ABSENT, JsonPaths, type JsonSpan, valueText } from '../wire/json-paths.ts'
import { isWellFormed } from '../wire/text.ts'
import type { Kernels } from './kernels/kernels.ts'
import { PostingList, type Slots } from './posting-list.ts'
import { keysOf } from './spec-path.ts'
import { textIndex, type ValueIndex } from './value-index.ts'

/** Longest text of a value in an index, in bytes of UTF-8. Longer ones are read from the rows (contract 13.5). */
export const MAX_INDEXED_BYTES = 255

/** All of one kind of resource. */
export class SpecIndexes {
  readonly #byPath: ReadonlyMap<string, SpecIndex>
  readonly #indexes: readonly SpecIndex[]
  /** The values of the version that is replaced, and of the one that replaces it. */
  readonly #before: JsonPaths
  readonly #after: JsonPaths

  constructor(kernels: Kernels, seed: HashSeed, paths: readonly string[]) {
    this.#byPath = new Map(paths.map(path => [path, new SpecIndex(kernels, seed)]))
    this.#indexes = [...this.#byPath.values()]
    const keys = [...this.#byPath.keys()].map(keysOf)
    this.#before = new JsonPaths(keys)
    this.#after = new JsonPaths(keys)
  }

  get size(): number {
    return this.#indexes.length
  }

  /** The index of a path such as `spec.region`; undefined if it has none. */
  get(path: string): SpecIndex | undefined {
    return this.#byPath.get(path)
  }

  entries(): Iterable<[string, SpecIndex]> {
    return this.#byPath.entries()
  }

  /** The paths with an index. */
  get paths(): Iterable<string> {
    return this.#byPath.keys()
  }

  /** Changes the spec of a slot; undefined means no resource. */
  replace(slot: number, before: JsonSpan | undefined, after: JsonSpan | undefined): void {
    if (before !== undefined) this.#before.read(before)
    if (after !== undefined) this.#after.read(after)
    for (let i = 0; i < this.#indexes.length; i++) {
      const from = before === undefined ? ABSENT : (this.#before.starts[i] as number)
      const to = after === undefined ? ABSENT : (this.#after.starts[i] as number)
      if (from === ABSENT && to === ABSENT) continue
      const fromEnd = this.#before.ends[i] as number
      const toEnd = this.#after.ends[i] as number
      if (isSame(before, from, fromEnd, after, to, toEnd)) continue
      const old = before === undefined ? NOTHING : valueAt(before.bytes, from, fromEnd)
      const next = after === undefined ? NOTHING : valueAt(after.bytes, to, toEnd)
      this.#indexes[i]?.replace(slot, old, next)
    }
  }

  /** Frees the memory of all indexes, over some yields. They cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    for (const index of this.#indexes) yield* index.discard()
  }
}

/** True if two values have the same bytes. */
function isSame(
  a: JsonSpan | undefined,
  aStart: number,
  aEnd: number,
  b: JsonSpan | undefined,
  bStart: number,
  bEnd: number,
): boolean {
  if (a === undefined || b === undefined || aStart === ABSENT || bStart === ABSENT) return false
  if (aEnd - aStart !== bEnd - bStart) return false
  return a.bytes.compare(b.bytes, bStart, bEnd, aStart, aEnd) === 0
}

/** A value as the index sees it. */
export type SpecValue =
  /** A missing key, or `null`. */
  | { readonly kind: 'nothing' }
  /** An object or array: not null, but without a text. */
  | { readonly kind: 'container' }
  /** A text that is read from the row, because it is long or no valid Unicode. */
  | { readonly kind: 'unindexed' }
  /** The content of a string, or the characters of a number, `true` or `false`. */
  | { readonly kind: 'text'; readonly text: string; readonly isNumber: boolean }

const NOTHING: SpecValue = { kind: 'nothing' }
const CONTAINER: SpecValue = { kind: 'container' }
const UNINDEXED: SpecValue = { kind: 'unindexed' }

const QUOTE = 0x22
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
const LETTER_F = 0x66
const LETTER_N = 0x6e
const LETTER_T = 0x74
/** Longest spelling of a byte in a string: six characters for one unit, which has a byte or more. */
const MAX_SPELLING = 6

/** The value at [start, end) of some JSON; `start` is `ABSENT` for a missing one. */
export function valueAt(bytes: Buffer, start: number, end: number): SpecValue {
  if (start === ABSENT) return NOTHING
  const first = bytes[start] as number
  if (first === LETTER_N) return NOTHING
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return CONTAINER
  if (end - start > MAX_INDEXED_BYTES * MAX_SPELLING + 2) return UNINDEXED
  const text = valueText(bytes, start, end)
  if (Buffer.byteLength(text) > MAX_INDEXED_BYTES || !isWellFormed(text)) return UNINDEXED
  return { kind: 'text', text, isNumber: first !== QUOTE && first !== LETTER_T && first !== LETTER_F }
}

/** The index of one path. Like that of a label it has the slots of each text, and the slots that have one. */
export class SpecIndex {
  /** The texts of up to `MAX_INDEXED_BYTES`. A number has the same text as a string with its characters. */
  readonly values: ValueIndex<string>
  /** The slots with a text, also one that is not indexed. */
  readonly presence: PostingList
  /** The slots whose text is not indexed. */
  readonly unindexed: PostingList
  readonly containers: PostingList
  /** The slots whose value is a number of JSON, and indexed. Orders put them first (contract 13.6). */
  readonly numbers: PostingList
  /** The slots whose text is a number in an unusual spelling, such as `5.0`, by the key of its value. */
  readonly #spellings: ValueIndex<string>

  constructor(kernels: Kernels, seed: HashSeed) {
    this.values = textIndex(kernels, seed)
    this.presence = new PostingList(kernels)
    this.unindexed = new PostingList(kernels)
    this.containers = new PostingList(kernels)
    this.numbers = new PostingList(kernels)
    this.#spellings = textIndex(kernels, seed)
  }

  get bytes(): number {
    const { presence, unindexed, containers, numbers } = this
    const lists = presence.bytes + unindexed.bytes + containers.bytes + numbers.bytes
    return this.values.bytes + this.#spellings.bytes + lists
  }

  /** The slots whose text is a number of this value. The lists are disjoint. */
  slotsOfNumber(number: Decimal): Slots[] {
    const plain = number.plainText(MAX_INDEXED_BYTES)
    const usual = plain === undefined ? undefined : this.values.slotsOf(plain)
    const unusual = this.#spellings.slotsOf(number.key)
    return [usual, unusual].filter(slots => slots !== undefined)
  }

  /** Changes the value of a slot. */
  replace(slot: number, before: SpecValue, after: SpecValue): void {
    const oldText = before.kind === 'text' ? before.text : undefined
    const newText = after.kind === 'text' ? after.text : undefined
    if (oldText !== newText) {
      this.values.replace(slot, oldText, newText)
      this.#spellings.replace(slot, unusualKey(oldText), unusualKey(newText))
    }
    change(this.presence, slot, hasText(before), hasText(after))
    change(this.unindexed, slot, before.kind === 'unindexed', after.kind === 'unindexed')
    change(this.containers, slot, before.kind === 'container', after.kind === 'container')
    change(this.numbers, slot, isNumber(before), isNumber(after))
  }

  /** Frees all memory, over some yields. The index cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    yield* this.values.discard()
    yield* this.#spellings.discard()
    for (const list of [this.presence, this.unindexed, this.containers, this.numbers]) list.free()
  }
}

function hasText({ kind }: SpecValue): boolean {
  return kind === 'text' || kind === 'unindexed'
}

function isNumber(value: SpecValue): boolean {
  return value.kind === 'text' && value.isNumber
}

function change(list: PostingList, slot: number, before: boolean, after: boolean): void {
  if (before === after) return
  if (after) list.add(slot)
  else list.delete(slot)
}

/** The key of a number that is written in another way than most programs write it; undefined for any other text. */
function unusualKey(text: string | undefined): string | undefined {
  if (text === undefined || !isJsonNumber(text)) return undefined
  const number = new Decimal(text)
  return number.plainText(MAX_INDEXED_BYTES) === text ? undefined : number.key
}
