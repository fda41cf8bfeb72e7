// Memory for values on their way to disk: short-lived, so they share slabs, which are collected once all are written.
// (An ArrayBuffer for each value costs a busy store 5 to 10 % more CPU time, most of it in garbage collection.)

const SLAB_BYTES = 256 * 1024
/** Larger values get memory of their own: a slab would be wasted on them. */
const MAX_SHARED_BYTES = SLAB_BYTES / 8

export class Arena {
  #slab: ArrayBuffer | undefined
  #used = 0

  /** Memory of this size, with whatever was in it before. */
  allocate(size: number): Buffer {
    if (size > MAX_SHARED_BYTES) return Buffer.allocUnsafeSlow(size)
    if (this.#slab === undefined || this.#used + size > SLAB_BYTES) {
      this.#slab = new ArrayBuffer(SLAB_BYTES)
      this.#used = 0
    }
    const memory = Buffer.from(this.#slab, this.#used, size)
    this.#used += size
    return memory
  }
}
