// The body of an answer in pieces for streaming: large enough to make writes worthwhile, small enough that an answer
// nobody reads costs little.
import type { WritableBody } from './transport.ts'

const MIN_PIECE_BYTES = 64 * 1024
const MAX_PIECE_BYTES = 256 * 1024

/** Iterates over the buffers of a body, from the position up to which the client has received everything. */
export class Pieces {
  readonly #buffers: readonly Buffer[]
  #index = 0
  /** Bytes consumed of the buffer at `#index`. */
  #within = 0
  #position = 0

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers
  }

  /** Bytes consumed in total. */
  get position(): number {
    return this.#position
  }

  /**
   * The next piece, empty at the end. Joins small buffers, so that a page of small records takes few writes.
   *
   * @param join concatenates buffers of `bytes` in total
   */
  peek(join: (buffers: readonly Buffer[], bytes: number) => Buffer = Buffer.concat): Buffer {
    const first = this.#buffers[this.#index]?.subarray(this.#within, this.#within + MAX_PIECE_BYTES)
    if (first === undefined) return Buffer.alloc(0)
    if (first.length >= MIN_PIECE_BYTES) return first
    const parts = [first]
    let bytes = first.length
    for (let i = this.#index + 1; i < this.#buffers.length && bytes < MIN_PIECE_BYTES; i++) {
      const part = this.#buffers[i]
      if (part === undefined) break
      // A page has a thousand buffers, and each view takes as long as copying one.
      const taken = part.length <= MAX_PIECE_BYTES - bytes ? part : part.subarray(0, MAX_PIECE_BYTES - bytes)
      parts.push(taken)
      bytes += taken.length
    }
    return parts.length === 1 ? first : join(parts, bytes)
  }

  /** Advances to an absolute position. Never goes back. */
  advanceTo(position: number): void {
    this.#within += position - this.#position
    this.#position = position
    for (;;) {
      const buffer = this.#buffers[this.#index]
      if (buffer === undefined || this.#within < buffer.length) return
      this.#within -= buffer.length
      this.#index++
    }
  }
}

/** A body in buffers that keep their content. */
export class BufferedBody implements WritableBody {
  readonly length: number
  readonly #buffers: readonly Buffer[]

  constructor(buffers: readonly Buffer[]) {
    this.#buffers = buffers
    this.length = buffers.reduce((bytes, buffer) => bytes + buffer.length, 0)
  }

  writeTo(target: Buffer, at: number): number {
    let end = at
    for (const buffer of this.#buffers) {
      target.set(buffer, end)
      end += buffer.length
    }
    return end
  }

  pieces(): readonly Buffer[] {
    return this.#buffers
  }
}
