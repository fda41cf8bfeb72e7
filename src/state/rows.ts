// Rows of numbers, which have numbers themselves. They lie in chunks of memory outside of the JavaScript heap, so that a collection costs the
// same with none of them as with millions. All numbers of a row lie side by side, because most questions concern one row.

const CHUNK_BITS = 10
const CHUNK_ROWS = 1 << CHUNK_BITS

/** Stands for no row. */
export const NO_ROW = 0

export class Rows {
  /** Unsigned 32-bit words of a row, an even number. */
  readonly #width: number
  readonly #words: Uint32Array[] = []
  /** The same memory as `#words`. */
  readonly #doubles: Float64Array[] = []
  readonly #bigints: BigInt64Array[] = []
  /** The rows that were ever allocated, `NO_ROW` included. */
  #end = 1
  /** The row that was freed last. Its first word is the row that was freed before it. */
  #freed = NO_ROW
  #count = 0

  constructor(width: number) {
    this.#width = width
    this.#grow()
  }

  /** The number of allocated rows. */
  get count(): number {
    return this.#count
  }

  /** Allocates a row of zeros. It may have the number of a freed one. */
  allocate(): number {
    const row = this.#freed === NO_ROW ? this.#end++ : this.#freed
    if (row === this.#freed) this.#freed = this.get(row, 0)
    else if (row >>> CHUNK_BITS === this.#words.length) this.#grow()
    const at = (row & (CHUNK_ROWS - 1)) * this.#width
    this.#words[row >>> CHUNK_BITS]?.fill(0, at, at + this.#width)
    this.#count++
    return row
  }

  free(row: number): void {
    this.set(row, 0, this.#freed)
    this.#freed = row
    this.#count--
  }

  /** Reads a word of a row. Returns 0 for every word of `NO_ROW`. */
  get(row: number, word: number): number {
    return this.#words[row >>> CHUNK_BITS]?.[(row & (CHUNK_ROWS - 1)) * this.#width + word] ?? 0
  }

  /** Writes a word. Only its low 32 bits are kept. */
  set(row: number, word: number, value: number): void {
    const chunk = this.#words[row >>> CHUNK_BITS]
    if (chunk === undefined || row === NO_ROW) throw new Error(`there is no row ${row}`)
    chunk[(row & (CHUNK_ROWS - 1)) * this.#width + word] = value
  }

  /** Reads the double in the words `word` and `word + 1`; `word` is even. */
  getDouble(row: number, word: number): number {
    return this.#doubles[row >>> CHUNK_BITS]?.[((row & (CHUNK_ROWS - 1)) * this.#width + word) >>> 1] ?? 0
  }

  setDouble(row: number, word: number, value: number): void {
    const chunk = this.#doubles[row >>> CHUNK_BITS]
    if (chunk === undefined || row === NO_ROW) throw new Error(`there is no row ${row}`)
    chunk[((row & (CHUNK_ROWS - 1)) * this.#width + word) >>> 1] = value
  }

  /** Reads the signed integer of 64 bits in the words `word` and `word + 1`; `word` is even. */
  getBigint(row: number, word: number): bigint {
    return this.#bigints[row >>> CHUNK_BITS]?.[((row & (CHUNK_ROWS - 1)) * this.#width + word) >>> 1] ?? 0n
  }

  setBigint(row: number, word: number, value: bigint): void {
    const chunk = this.#bigints[row >>> CHUNK_BITS]
    if (chunk === undefined || row === NO_ROW) throw new Error(`there is no row ${row}`)
    chunk[((row & (CHUNK_ROWS - 1)) * this.#width + word) >>> 1] = value
  }

  #grow(): void {
    const words = new Uint32Array(CHUNK_ROWS * this.#width)
    this.#words.push(words)
    this.#doubles.push(new Float64Array(words.buffer))
    this.#bigints.push(new BigInt64Array(words.buffer))
  }
}

const LIST_CHUNK_BITS = 12
const LIST_CHUNK = 1 << LIST_CHUNK_BITS

/** A list of rows. It grows by chunks, so that no growth copies what is there. */
export class RowList {
  readonly #chunks: Uint32Array[] = []
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The row at a position; `NO_ROW` beyond the end. */
  at(position: number): number {
    if (position >= this.#length) return NO_ROW
    return this.#chunks[position >>> LIST_CHUNK_BITS]?.[position & (LIST_CHUNK - 1)] ?? NO_ROW
  }

  set(position: number, row: number): void {
    const chunk = this.#chunks[position >>> LIST_CHUNK_BITS]
    if (chunk === undefined || position >= this.#length)
      throw new Error(`the list has no position ${position}`)
    chunk[position & (LIST_CHUNK - 1)] = row
  }

  push(row: number): void {
    if (this.#length >>> LIST_CHUNK_BITS === this.#chunks.length)
      this.#chunks.push(new Uint32Array(LIST_CHUNK))
    this.#length++
    this.set(this.#length - 1, row)
  }
}
