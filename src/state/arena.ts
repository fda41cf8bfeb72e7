// Memory for values on their way to disk and back: they share slabs. (An ArrayBuffer for each value costs a busy store 5 to
// 10 % more CPU time, most of it in garbage collection.)

/**
 * With what the allocator adds, a whole number of pages. All slabs of the store have this size, so that each takes the place
 * of another that is gone: the process would grow otherwise.
 */
export const SLAB_BYTES = 256 * 1024 - 64
/** A value larger than this part of a slab gets memory of its own: the slab would be wasted on it. */
const MAX_SHARE = 1 / 8
/** Slabs that are filled anew after a reset; more were a burst's. */
const MAX_KEPT_SLABS = 16

export class Arena {
  readonly #slabBytes: number
  /** Those that a reset brought back. */
  #kept: Buffer[] = []
  /** Those given out since the last reset, as far as they will be kept; the last is being filled. */
  #given: Buffer[] = []
  #slab: Buffer | undefined
  #used = 0

  constructor(slabBytes = SLAB_BYTES) {
    this.#slabBytes = slabBytes
  }

  /** Memory of this size, with whatever was in it before. It is collected when it is used no more, or given anew after a reset. */
  allocate(size: number): Buffer {
    if (size > this.#slabBytes * MAX_SHARE) return Buffer.allocUnsafeSlow(size)
    if (this.#slab === undefined || this.#used + size > this.#slabBytes) {
      this.#slab = this.#kept.pop() ?? Buffer.allocUnsafeSlow(this.#slabBytes)
      if (this.#given.length < MAX_KEPT_SLABS) this.#given.push(this.#slab)
      this.#used = 0
    }
    const memory = this.#slab.subarray(this.#used, this.#used + size)
    this.#used += size
    return memory
  }

  /** Takes all memory back: nobody may use any of it any more. V8 collects the whole heap for 64 MB of new slabs. */
  reset(): void {
    this.#kept = [...this.#given, ...this.#kept].slice(0, MAX_KEPT_SLABS)
    this.#given = []
    this.#slab = undefined
  }
}
