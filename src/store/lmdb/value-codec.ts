// Codec for raw values of an environment. lmdb reads values into one buffer that its next read overwrites. So they are
// copied, or lent to a caller that finishes before that.
import { Arena } from '../../state/slabs.ts'

export class ValueCodec {
  readonly #arena = new Arena()
  #isLending = false

  encode(value: Buffer): Buffer {
    return value
  }

  decode(read: Buffer): Buffer {
    // lmdb changes the length of the Buffer; its memory keeps the length of the whole buffer.
    const lent = read.subarray(0, read.length)
    if (this.#isLending) return lent
    const value = this.#arena.allocate(lent.length)
    value.set(lent)
    return value
  }

  /** Values read while `use` runs are lent, valid until the next read. */
  lend(use: () => void): void {
    this.#isLending = true
    try {
      use()
    } finally {
      this.#isLending = false
    }
  }
}
