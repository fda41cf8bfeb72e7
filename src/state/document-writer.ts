// A writer of bodies: text and integers, written one after the other into memory that grows and is used again.

const FIRST_BYTES = 4096
/** Most memory that is kept for the next document. More was needed only for a large one. */
const MAX_KEPT_BYTES = 1024 * 1024
/** Most bytes of UTF-8 for one unit of a string. */
const MAX_UNIT_BYTES = 3
/** Longest text for which that many bytes are reserved. The memory for a longer one is exact. */
const MAX_SHORT = 16_384

/** Seven bits of a number, and the bit that says that more follow. */
const LOW_BITS = 0x7f
const MORE = 0x80
/** Most bytes of a number. */
const MAX_VARINT = 8

/** Writes text as UTF-8 into memory that grows and is used again, so that no text is measured before it is written. */
export class DocumentWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #end = 0

  /** The memory. It is replaced when it grows. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** The end of what is written. */
  get end(): number {
    return this.#end
  }

  /** Begins at the start of the memory again. */
  reset(): void {
    this.#end = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  }

  /** Makes room for this many bytes, so that nothing is copied while they are written. */
  makeRoom(bytes: number): void {
    this.#reserve(bytes)
  }

  /** Leaves a place of this length with undefined content. Returns its offset. */
  skip(length: number): number {
    const offset = this.#end
    this.#reserve(length)
    this.#end = offset + length
    return offset
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#end += from.copy(this.#bytes, this.#end, start, end)
  }

  write(text: string): void {
    const { length } = text
    this.#reserve(length > MAX_SHORT ? Buffer.byteLength(text) : length * MAX_UNIT_BYTES)
    this.#end += this.#bytes.write(text, this.#end, 'utf8')
  }

  /** Writes a whole number that is not negative in as few bytes as it needs, the lowest seven bits first (LEB128). */
  writeVarint(value: number): void {
    this.#reserve(MAX_VARINT)
    let rest = value
    for (; rest > LOW_BITS; rest = Math.floor(rest / MORE)) this.#bytes[this.#end++] = (rest % MORE) | MORE
    this.#bytes[this.#end++] = rest
  }

  writeInt64(value: bigint): void {
    this.#reserve(8)
    this.#end = this.#bytes.writeBigInt64LE(value, this.#end)
  }

  #reserve(length: number): void {
    if (this.#end + length > this.#bytes.length) this.#grow(this.#end + length)
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}
