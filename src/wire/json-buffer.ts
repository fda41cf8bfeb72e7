// A growing buffer for JSON that is put together from pieces of other JSON. Most pieces are short: a loop copies them faster than a call into
// the engine, which takes 80 ns or more.

const FIRST_BYTES = 2048
/** Shortest piece that is copied by the engine. */
const LONG_PIECE = 96

export class JsonBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #end = 0

  /** Number of bytes that are written. */
  get length(): number {
    return this.#end
  }

  /** All that is written, without a copy. */
  taken(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  /** Copies the bytes at [start, end). */
  copy(from: Buffer, start: number, end: number): void {
    const length = end - start
    this.#reserve(length)
    if (length >= LONG_PIECE) from.copy(this.#bytes, this.#end, start, end)
    else {
      const bytes = this.#bytes
      const at = this.#end - start
      for (let i = start; i < end; i++) bytes[at + i] = from[i] as number
    }
    this.#end += length
  }

  /** Writes a text of ASCII. */
  write(text: string): void {
    const { length } = text
    this.#reserve(length)
    const bytes = this.#bytes
    const at = this.#end
    for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i)
    this.#end = at + length
  }

  #reserve(length: number): void {
    if (this.#end + length <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#end + length, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}
