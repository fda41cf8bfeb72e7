// Tape of a valid JSON text: for each value, in text order, the positions of its start, its end and its key, and the
// number of the next value after its children. It builds no values, so a megabyte of anything takes a few milliseconds.
import { scanNumber, scanString, skipSpace } from './json-scan.ts'

/** Initial capacity in values; the tape doubles when full. */
const SMALLEST = 64
const [QUOTE, OPEN_BRACKET, OPEN_BRACE] = [0x22, 0x5b, 0x7b]
const [CLOSE_BRACKET, CLOSE_BRACE] = [0x5d, 0x7d]
const NO_KEY = -1

/** Values are numbered from 0, which is the whole text; the children of a value follow it. */
export class JsonTape {
  readonly text: string
  #starts = new Int32Array(SMALLEST)
  #ends = new Int32Array(SMALLEST)
  #keys = new Int32Array(SMALLEST)
  #nexts = new Int32Array(SMALLEST)
  #size = 0
  #at = 0

  /** @param text valid JSON; recursion is as deep as it nests */
  constructor(text: string) {
    this.text = text
    this.#at = skipSpace(text, 0)
    this.#read(NO_KEY)
  }

  /** Number of values: items and members at any depth, and the text itself. */
  get size(): number {
    return this.#size
  }
  startOf(value: number): number {
    return this.#starts[value] ?? 0
  }
  endOf(value: number): number {
    return this.#ends[value] ?? 0
  }
  /** Start of a member's key. */
  keyOf(value: number): number {
    return this.#keys[value] ?? NO_KEY
  }
  /** Number of the next value that is not a descendant of this one. */
  next(value: number): number {
    return this.#nexts[value] ?? 0
  }

  #read(key: number): void {
    if (this.#size === this.#starts.length) this.#grow()
    const value = this.#size++
    this.#keys[value] = key
    this.#starts[value] = this.#at
    this.#at = this.#readValue()
    this.#ends[value] = this.#at
    this.#nexts[value] = this.#size
  }

  /** Reads a value with its children and returns its end. */
  #readValue(): number {
    const { text } = this
    switch (text.charCodeAt(this.#at)) {
      case QUOTE:
        return scanString(text, this.#at)
      case OPEN_BRACE:
        return this.#readItems(CLOSE_BRACE)
      case OPEN_BRACKET:
        return this.#readItems(CLOSE_BRACKET)
      case 0x66:
        return this.#at + 'false'.length
      case 0x74:
      case 0x6e:
        return this.#at + 'true'.length
      default:
        return scanNumber(text, this.#at)
    }
  }

  #readItems(close: number): number {
    const { text } = this
    this.#at = skipSpace(text, this.#at + 1)
    while (text.charCodeAt(this.#at) !== close) {
      const key = close === CLOSE_BRACE ? this.#skipKey() : NO_KEY
      this.#read(key)
      this.#at = skipSpace(text, this.#at)
      if (text.charCodeAt(this.#at) !== close) this.#at = skipSpace(text, this.#at + 1)
    }
    return this.#at + 1
  }

  /** Skips a key and its colon; returns the start of the key. */
  #skipKey(): number {
    const key = this.#at
    const colon = skipSpace(this.text, scanString(this.text, key))
    this.#at = skipSpace(this.text, colon + 1)
    return key
  }

  #grow(): void {
    const room = this.#starts.length * 2
    const enlarged = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(room)
      to.set(from)
      return to
    }
    this.#starts = enlarged(this.#starts)
    this.#ends = enlarged(this.#ends)
    this.#keys = enlarged(this.#keys)
    this.#nexts = enlarged(this.#nexts)
  }
}
