// The distinct names of an object's members, found by a hash table over the text: 75,000 of them take 5 ms, as strings in
// a Set 40 (contract 4.11).
import { isSameString, unitAt, unitLength } from './json-scan.ts'

const SMALLEST_TABLE = 16
const NONE = -1
const QUOTE = 0x22
/** Chosen for each process, so that nobody can send names that share a hash. */
const SEED = randomWord()
const MULTIPLIER = randomWord() | 1

/** Names are strings of one text, numbered from 0 in the order in which they were added. */
export class NameTable {
  readonly #text: string
  readonly #starts: number[] = []
  readonly #hashes: number[] = []
  /** A power of two of places, at most half of them taken; each holds the number of a name, or none. */
  #places = new Int32Array(SMALLEST_TABLE).fill(NONE)

  constructor(text: string) {
    this.#text = text
  }

  get size(): number {
    return this.#starts.length
  }

  /** Where the first spelling of a name starts. */
  startOf(number: number): number {
    return this.#starts[number] ?? 0
  }

  /** The number of the name that starts in a text; undefined when it is not in the table. */
  find(text: string, start: number): number | undefined {
    const number = this.#places[this.#placeOf(text, start, hashOf(text, start))] ?? NONE
    return number === NONE ? undefined : number
  }

  /** The number of the name that starts here, which is added when it is not in the table. */
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

  /** The place of the name, or the one where it would be. */
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
