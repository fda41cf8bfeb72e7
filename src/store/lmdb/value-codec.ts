// Values of an environment as they are. What lmdb reads lies in a buffer that the next reading fills, so it is copied out, or
// lent to who is done with it by then.
import { Arena } from '../../state/slabs.ts'

export class ValueCodec {
  readonly #arena = new Arena()
  #isLending = false

  encode(value: Buffer): Buffer {
    return value
  }

  decode(read: Buffer): Buffer {
    // lmdb sets the length that Buffer shows; the one that the memory has is that of its whole buffer.
    const lent = read.subarray(0, read.length)
    if (this.#isLending) return lent
    const value = this.#arena.allocate(lent.length)
    value.set(lent)
    return value
  }

  /** What is read while `use` runs is lent until the next reading. */
  lend(use: () => void): void {
    this.#isLending = true
    try {
      use()
    } finally {
      this.#isLending = false
    }
  }
}
