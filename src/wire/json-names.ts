// Set of the distinct member names of an object: a hash table over the text. 75,000 names take 5 ms, as strings in a
// Set 40 (contract 4.11).
import { isSameString, unitAt, unitLength } from './json-scan.ts'

const SMALLEST_TABLE = 16
const NONE = -1
const QUOTE = 0x22
/** Random for each process, so that nobody can send names that collide. */
const SEED = randomWord()
const MULTIPLIER = randomWord() | 1

/** Names are strings within one text, numbered from 0 in the order they were added. */
export class NameTable {
  readonly #text: string
  readonly #starts: number[] = []
  readonly #hashes: number[] = []
  /**
   * Hash table with linear probing: a power of two of places, at most half of them taken. Each holds the number of a
   * name, or NONE.
   */
  #places = new Int32Array(SMALLEST_TABLE).fill(NONE)

  constructor(text: string) {
    this.#text = text
  }

  get size(): number {
    return this.#starts.length
  }

  /** Position of the first spelling of a name. */
  startOf(number: number): number {
    return this.#starts[number] ?? 0
  }

  /** Finds the number of the name that starts at `start` of another text; undefined if the table does not have it. */
  find(text: string, start: number): number | undefined {
    const number = this.#places[this.#placeOf(text, start, hashOf(text, start))] ?? NONE
    return number === NONE ? undefined : number
  }

  /** Returns the number of the name that starts here. Adds it if it is new. */
  add(start: number): number {
    const hash = hashOf(this.#text, start)
    const place = this.#placeOf(this.#text, start, hash)
    const present = this.#places[place] ?? NONE
    if (present !== NONE) return present
    const number = this.#starts.length
    this.#starts.push(start)
    this.#hashes.push(hash)
    this.#places[place] = number
    if (this.#starts.length * 2 > this.#places.length) this.#grow()
    return number
  }

  /** Place of the name, or the free place where it belongs. */
  #placeOf(text: string, start: number, hash: number): number {
    const mask = this.#places.length - 1
    for (let place = hash & mask; ; place = (place + 1) & mask) {
      const number = this.#places[place] ?? NONE
      if (number === NONE) return place
      const isSame =
        this.#hashes[number] === hash && isSameString(this.#text, this.startOf(number), text, start)
      if (isSame) return place
    }
  }

  #grow(): void {
    const mask = this.#places.length * 4 - 1
    const places = new Int32Array(mask + 1).fill(NONE)
    const hashes = this.#hashes
    for (let number = 0; number < hashes.length; number++) {
      let place = (hashes[number] ?? 0) & mask
      while (places[place] !== NONE) place = (place + 1) & mask
      places[place] = number
    }
    this.#places = places
  }
}

function hashOf(text: string, start: number): number {
  let hash = SEED
  for (let at = start + 1; text.charCodeAt(at) !== QUOTE; at += unitLength(text, at)) {
    hash = Math.imul(hash ^ unitAt(text, at), MULTIPLIER)
    hash ^= hash >>> 15
  }
  return hash
}

function randomWord(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0
}
