// An arena: memory for values on their way to and from the disk, in slabs that many values share. A separate ArrayBuffer for each value would
// cost some 250 bytes and work for the garbage collector.

/**
 * A whole number of pages, minus the bytes that the allocator adds. All slabs have this size, so that a new one fits the place of a freed
 * one. Otherwise the process would grow.
 */
const SLAB_BYTES = 256 * 1024 - 64
/** Largest share of a slab for one value. A larger value gets its own memory, because it could waste the rest of the slab. */
const MAX_SHARE = 1 / 8
/** Most slabs that an arena keeps for reuse after a reset. More were needed only for a burst. */
const MAX_KEPT_SLABS = 16

/**
 * Memory for short-lived values. (An ArrayBuffer for each value costs a busy store 5 to 10 % more CPU time, most of it in garbage
 * collection.)
 */
export class Arena {
  readonly #slabBytes: number
  /** Slabs recovered by a reset. */
  #kept: Buffer[] = []
  /** Slabs in use since the last reset, up to the number that is kept. */
  #given: Buffer[] = []
  #slab: Buffer | undefined
  #used = 0

  constructor(slabBytes = SLAB_BYTES) {
    this.#slabBytes = slabBytes
  }

  /** Allocates memory of this size with undefined content. It is collected when unreachable, or reused after a reset. */
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

  /** Takes all memory back for reuse. Callers must not use it afterwards. V8 collects the whole heap for 64 MB of new slabs. */
  reset(): void {
    this.#kept = [...this.#given, ...this.#kept].slice(0, MAX_KEPT_SLABS)
    this.#given = []
    this.#slab = undefined
  }
}
