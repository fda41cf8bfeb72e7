// A hash table of rows by a text, with open addressing, outside of the JavaScript heap. It has the hash and the row of each text. The text
// itself is in the row's body. Tables of a few hundred parts grow one part at a time: none takes longer than a fraction of a millisecond.
import { NO_ROW } from './rows.ts'

const PART_BITS = 7
const PARTS = 1 << PART_BITS
const SMALLEST_PART = 8
/** Share of a part that is in use at most. */
const MAX_LOAD = 3 / 4

/** One part: a power of two of entries. An entry without a row is free. */
class Part {
  rows = new Uint32Array(SMALLEST_PART)
  hashes = new Uint32Array(SMALLEST_PART)
  count = 0
}

/** A row's text, in the scope of another row: a name within its owner. */
export type IsKeyOf = (row: number, text: string, scope: number) => boolean

export class HashTable {
  readonly #hashOf: (text: string, scope: number) => number
  readonly #isKeyOf: IsKeyOf
  readonly #parts: readonly Part[] = Array.from({ length: PARTS }, () => new Part())
  #size = 0

  /**
   * @param hashOf a hash of 32 bits that nobody else can compute
   * @param isKeyOf true if a row in the table has this text
   */
  constructor(hashOf: (text: string, scope: number) => number, isKeyOf: IsKeyOf) {
    this.#hashOf = hashOf
    this.#isKeyOf = isKeyOf
  }

  get size(): number {
    return this.#size
  }

  /** The row of a text; `NO_ROW` if there is none. */
  find(text: string, scope: number): number {
    const hash = this.#hashOf(text, scope)
    const { rows, hashes } = this.#partOf(hash)
    const mask = rows.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const row = rows[at] ?? NO_ROW
      if (row === NO_ROW || (hashes[at] === hash && this.#isKeyOf(row, text, scope))) return row
    }
  }

  /** Adds a row whose text is not in the table. */
  add(text: string, scope: number, row: number): void {
    const hash = this.#hashOf(text, scope)
    const part = this.#partOf(hash)
    if (part.count + 1 > part.rows.length * MAX_LOAD) this.#grow(part)
    insert(part, hash, row)
    part.count++
    this.#size++
  }

  /** Removes a row, which may only be in the table with this text. Returns whether it was there. */
  delete(text: string, scope: number, row: number): boolean {
    const hash = this.#hashOf(text, scope)
    const part = this.#partOf(hash)
    const { rows } = part
    const mask = rows.length - 1
    for (let at = hash & mask; rows[at] !== NO_ROW; at = (at + 1) & mask) {
      if (rows[at] !== row) continue
      closeGap(part, at)
      part.count--
      this.#size--
      return true
    }
    return false
  }

  #partOf(hash: number): Part {
    const part = this.#parts[hash >>> (32 - PART_BITS)]
    if (part === undefined) throw new Error(`${hash} is not a hash of 32 bits`)
    return part
  }

  #grow(part: Part): void {
    const { rows, hashes } = part
    part.rows = new Uint32Array(rows.length * 2)
    part.hashes = new Uint32Array(rows.length * 2)
    for (let at = 0; at < rows.length; at++) {
      const row = rows[at] ?? NO_ROW
      if (row !== NO_ROW) insert(part, hashes[at] ?? 0, row)
    }
  }
}

function insert({ rows, hashes }: Part, hash: number, row: number): void {
  const mask = rows.length - 1
  let at = hash & mask
  while (rows[at] !== NO_ROW) at = (at + 1) & mask
  rows[at] = row
  hashes[at] = hash
}

/** Moves later entries into a gap, where a search for them would end. */
function closeGap({ rows, hashes }: Part, gap: number): void {
  const mask = rows.length - 1
  for (let at = (gap + 1) & mask; rows[at] !== NO_ROW; at = (at + 1) & mask) {
    const distance = (at - ((hashes[at] ?? 0) & mask)) & mask
    if (distance < ((at - gap) & mask)) continue
    rows[gap] = rows[at] ?? NO_ROW
    hashes[gap] = hashes[at] ?? 0
    gap = at
  }
  rows[gap] = NO_ROW
}
