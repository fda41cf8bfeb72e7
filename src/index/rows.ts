// Rows of words in linear memory, numbered from 0: an array that grows and shrinks at its end, in chunks of 4 KiB. It never copies more
// than one chunk, so that a row is added as fast to a million as to none.
import type { LinearMemory } from './memory.ts'

/** Rows of a chunk are one behind the other in memory. */
export const CHUNK_BYTES = 4096

export class Rows {
  readonly #memory: LinearMemory
  readonly #rowWords: number
  /** A chunk has this power of two of rows. */
  readonly #shift: number
  readonly #mask: number
  /** The first word of each chunk. */
  readonly #chunks: number[] = []
  /** Bytes of the first chunk, a power of two. It begins small, since many indexes have few values. */
  #firstBytes = 0
  #length = 0

  /** @param rowWords words of a row, a power of two */
  constructor(memory: LinearMemory, rowWords: number) {
    this.#memory = memory
    this.#rowWords = rowWords
    this.#shift = Math.log2(CHUNK_BYTES / 4 / rowWords)
    this.#mask = (1 << this.#shift) - 1
  }

  get length(): number {
    return this.#length
  }

  /** Bytes of linear memory. */
  get bytes(): number {
    const { length } = this.#chunks
    return length === 0 ? 0 : this.#firstBytes + (length - 1) * CHUNK_BYTES
  }

  /** The place of a row in the memory's words, valid until a row is added or removed. */
  wordOf(row: number): number {
    return (this.#chunks[row >>> this.#shift] as number) + (row & this.#mask) * this.#rowWords
  }

  /** Adds a row at the end, which is not cleared. */
  add(): void {
    const inChunk = this.#length & this.#mask
    if (this.#length > this.#mask) {
      if (inChunk === 0) this.#chunks.push(this.#memory.allocate(CHUNK_BYTES) >>> 2)
    } else if (inChunk * this.#rowWords * 4 === this.#firstBytes)
      this.#resizeFirst(Math.max(16, this.#firstBytes * 2))
    this.#length++
  }

  /** Removes the last row. */
  removeLast(): void {
    const inChunk = --this.#length & this.#mask
    if (this.#length > this.#mask) {
      if (inChunk === 0) this.#memory.free((this.#chunks.pop() as number) * 4, CHUNK_BYTES)
      return
    }
    const used = this.#length * this.#rowWords * 4
    if (used === 0) this.free()
    else if (used * 2 <= this.#firstBytes && this.#firstBytes > 16) this.#resizeFirst(this.#firstBytes / 2)
  }

  /** Frees all rows. Others can be added afterwards. */
  free(): void {
    for (const [i, word] of this.#chunks.entries())
      this.#memory.free(word * 4, i === 0 ? this.#firstBytes : CHUNK_BYTES)
    this.#chunks.length = 0
    this.#firstBytes = 0
    this.#length = 0
  }

  #resizeFirst(bytes: number): void {
    const memory = this.#memory
    const at = memory.allocate(bytes)
    const [before] = this.#chunks
    if (before !== undefined) {
      memory.u8.copyWithin(at, before * 4, before * 4 + Math.min(bytes, this.#firstBytes))
      memory.free(before * 4, this.#firstBytes)
    }
    this.#chunks[0] = at >>> 2
    this.#firstBytes = bytes
  }
}
