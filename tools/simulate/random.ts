// Seeded randomness: xoshiro128** (Blackman and Vigna), with its four words of state derived from a key. Every part of the fleet
// has a stream with its own key, so that its values do not depend on the order of the requests.

export type StreamKey = readonly (number | string)[]

/** Start values of the four words: digits of pi, e, the golden ratio and the root of two. */
const LANES = [0x243f6a88, 0x2b7e1516, 0x9e3779b9, 0x6a09e667] as const
const TWO_TO_32 = 2 ** 32

/** A stream of reproducible random values: the same key gives the same values. */
export class RandomStream {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(...key: StreamKey) {
    this.#a = lane(LANES[0], key)
    this.#b = lane(LANES[1], key)
    this.#c = lane(LANES[2], key)
    this.#d = lane(LANES[3], key) | 1 // never all zero: the generator cannot leave that state
  }

  /** An integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }

  /** A number from 0 to just below 1. */
  fraction(): number {
    return this.uint32() / TWO_TO_32
  }

  /** An integer from `least` to `most`, inclusive. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  /** One of the items, with equal probability. An item listed twice is twice as likely. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.between(0, items.length - 1)] ?? items[0]
  }

  /** A number of hexadecimal digits. */
  hex(length: number): string {
    let digits = ''
    while (digits.length < length) digits += this.uint32().toString(16).padStart(8, '0')
    return digits.slice(0, length)
  }
}

function lane(start: number, key: StreamKey): number {
  let state = start
  for (const part of key) {
    if (typeof part === 'number') state = mix(mix(state ^ (part >>> 0)) ^ Math.floor(part / TWO_TO_32))
    else for (let i = 0; i < part.length; i++) state = Math.imul(state ^ part.charCodeAt(i), 0x01000193)
    state = mix(state + 0x9e3779b9)
  }
  return state
}

/** Spreads every bit of a word over all of it (the finaliser of MurmurHash3). */
function mix(word: number): number {
  let mixed = word
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
