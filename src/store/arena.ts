// Memory for values on their way to disk and back: they share slabs, each of which is collected once nothing in it is used
// any more. (An ArrayBuffer for each value costs a busy store 5 to 10 % more CPU time, most of it in garbage collection.)

/** For values that are gone together, as soon as they are written. */
const SLAB_BYTES = 256 * 1024
/** A value larger than this part of a slab gets memory of its own: the slab would be wasted on it. */
const MAX_SHARE = 1 / 8

export class Arena {
  readonly #slabBytes: number
  #slab: Buffer | undefined
  #used = 0

  constructor(slabBytes = SLAB_BYTES) {
    this.#slabBytes = slabBytes
  }

  /** Memory of this size, with whatever was in it before. */
  allocate(size: number): Buffer {
    if (size > this.#slabBytes * MAX_SHARE) return Buffer.allocUnsafeSlow(size)
    if (this.#slab === undefined || this.#used + size > this.#slabBytes) {
      this.#slab = Buffer.allocUnsafeSlow(this.#slabBytes)
      this.#used = 0
    }
    const memory = this.#slab.subarray(this.#used, this.#used + size)
    this.#used += size
    return memory
  }
}
