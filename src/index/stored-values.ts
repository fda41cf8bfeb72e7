// The values of an index in linear memory, each in one word: an integer itself, or the place of a text.
import { type HashSeed, hashOf, hashOfInteger } from '../wire/hash.ts'
import type { LinearMemory } from './memory.ts'

/** A test of a text by its bytes in UTF-8, which lie at [start, end). */
export type BytesTest = (bytes: Uint8Array, start: number, end: number) => boolean

export interface StoredValues<V> {
  readonly areTexts: boolean
  /** Bytes of linear memory. */
  readonly bytes: number
  /** 32 bits; equal for equal values. */
  hash(value: V): number
  /** Stores a value. Returns its word. */
  store(value: V): number
  equals(word: number, value: V): boolean
  read(word: number): V
  /** Frees the memory of a value. */
  free(word: number): void
  /** Tests a text without reading it. Only for texts. */
  test(word: number, passes: BytesTest): boolean
}

/** Integers of 32 bits with a sign. Others can be asked for, and are not found. */
export class StoredIntegers implements StoredValues<number> {
  readonly areTexts = false
  readonly bytes = 0
  readonly #seed: HashSeed

  constructor(seed: HashSeed) {
    this.#seed = seed
  }

  hash(value: number): number {
    return hashOfInteger(value | 0, this.#seed.low, this.#seed.high)
  }

  store(value: number): number {
    if ((value | 0) !== value) throw new Error(`${value} is no integer of 32 bits`)
    return value >>> 0
  }

  equals(word: number, value: number): boolean {
    return (word | 0) === value
  }

  read(word: number): number {
    return word | 0
  }

  free(): void {}

  test(): never {
    throw new Error('an integer has no bytes')
  }
}

/** Most bytes that stay allocated for texts that are not ASCII. */
const MAX_SCRATCH_BYTES = 16_384
const ASCII = 1

/**
 * Texts in UTF-8, each in a region of its own. Before the bytes comes a number of seven bits a byte (LEB128): twice the length, plus 1 for ASCII.
 * A lone surrogate counts as U+FFFD; no text has one (contract 4.4).
 */
export class StoredTexts implements StoredValues<string> {
  readonly areTexts = true
  readonly #memory: LinearMemory
  readonly #hash: (text: string) => number
  #bytes = 0
  /** Holds a text that is not ASCII. */
  #scratch = Buffer.alloc(0)

  /** @param hash 32 bits, from a secret key: clients choose the texts */
  constructor(memory: LinearMemory, hash: (text: string) => number) {
    this.#memory = memory
    this.#hash = hash
  }

  static withSeed(memory: LinearMemory, { low, high }: HashSeed): StoredTexts {
    return new StoredTexts(memory, text => hashOf(text, low, high))
  }

  get bytes(): number {
    return this.#bytes
  }

  hash(text: string): number {
    return this.#hash(text)
  }

  store(text: string): number {
    const isPlain = isAscii(text)
    const length = isPlain ? text.length : this.#encode(text)
    const head = length * 2 + (isPlain ? ASCII : 0)
    const at = this.#memory.allocate(headBytes(head) + length)
    this.#bytes += this.#memory.roomFor(headBytes(head) + length)
    const { u8 } = this.#memory
    const first = writeHead(u8, at, head)
    if (isPlain) for (let i = 0; i < length; i++) u8[first + i] = text.charCodeAt(i)
    else this.#scratch.copy(u8, first, 0, length)
    return at
  }

  equals(at: number, text: string): boolean {
    const { u8 } = this.#memory
    const head = headAt(u8, at)
    const length = head >>> 1
    const first = at + headBytes(head)
    if ((head & ASCII) === 0) return this.#equalsEncoded(first, length, text)
    if (length !== text.length) return false
    for (let i = 0; i < length; i++) if (u8[first + i] !== text.charCodeAt(i)) return false
    return true
  }

  read(at: number): string {
    const { u8, text } = this.#memory
    const head = headAt(u8, at)
    const first = at + headBytes(head)
    return text.toString((head & ASCII) === 0 ? 'utf8' : 'latin1', first, first + (head >>> 1))
  }

  free(at: number): void {
    const head = headAt(this.#memory.u8, at)
    const bytes = headBytes(head) + (head >>> 1)
    this.#bytes -= this.#memory.roomFor(bytes)
    this.#memory.free(at, bytes)
  }

  test(at: number, passes: BytesTest): boolean {
    const { u8 } = this.#memory
    const head = headAt(u8, at)
    const first = at + headBytes(head)
    return passes(u8, first, first + (head >>> 1))
  }

  #equalsEncoded(first: number, length: number, text: string): boolean {
    if (this.#encode(text) !== length) return false
    const { u8 } = this.#memory
    for (let i = 0; i < length; i++) if (u8[first + i] !== this.#scratch[i]) return false
    return true
  }

  /** Writes a text to the scratch. Returns the number of its bytes. */
  #encode(text: string): number {
    const most = text.length * 3
    const isSpare = this.#scratch.length > MAX_SCRATCH_BYTES && most <= MAX_SCRATCH_BYTES
    if (this.#scratch.length < most || isSpare) this.#scratch = Buffer.alloc(Math.max(most, 256))
    return this.#scratch.write(text, 'utf8')
  }
}

function isAscii(text: string): boolean {
  let units = 0
  for (let i = 0; i < text.length; i++) units |= text.charCodeAt(i)
  return units < 0x80
}

function headAt(u8: Uint8Array, at: number): number {
  const first = u8[at] as number
  if (first < 0x80) return first
  let head = first & 0x7f
  for (let shift = 7, next = at + 1; ; shift += 7, next++) {
    const byte = u8[next] as number
    head |= (byte & 0x7f) << shift
    if (byte < 0x80) return head >>> 0
  }
}

/** Returns the place after it. */
function writeHead(u8: Uint8Array, at: number, head: number): number {
  let next = at
  let rest = head
  for (; rest >= 0x80; rest >>>= 7) u8[next++] = (rest & 0x7f) | 0x80
  u8[next] = rest
  return next + 1
}

function headBytes(head: number): number {
  if (head < 0x80) return 1
  return Math.ceil((32 - Math.clz32(head)) / 7)
}
