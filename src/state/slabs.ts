// Slabs: large pieces of memory that many bodies share. A separate ArrayBuffer for each body would cost some 250 bytes and work for the
// garbage collector. `BodySlabs` keeps the bodies of the state, an `Arena` the bodies on their way to and from disk.
import type { Body } from './layout.ts'

/**
 * A whole number of pages, minus the bytes that the allocator adds. All slabs have this size, so that a new one fits the place of a freed
 * one. Otherwise the process would grow.
 */
export const SLAB_BYTES = 256 * 1024 - 64
/** Largest share of a slab for one body. A larger body gets its own memory, because it could waste the rest of the slab. */
const MAX_SHARE = 1 / 8
/** Most slabs that an arena keeps for reuse after a reset. More were needed only for a burst. */
const MAX_KEPT_SLABS = 16
/**
 * Minimum use of a slab of bodies; below it the slab is emptied. Under random writes slabs are then four fifths full, and five bytes are
 * copied for three that are written.
 */
const MIN_USE = 5 / 8

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

/** A slab of bodies. */
export class Slab {
  readonly bytes: Buffer
  /** Allocated bytes, from the beginning of the slab, and bytes still in use. */
  filled = 0
  used = 0
  /** All owners that ever had a body here. Some have left, and some may occur twice. */
  readonly owners: BodyOwner[] = []

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }
}

/** The owner of a body. Its place changes when the body is written and when its slab is emptied. */
export interface BodyOwner {
  slab: Slab
  offset: number
  length: number
}

/** The place of a body that has not been written. */
export const NOWHERE = new Slab(0)

/**
 * The memory of all bodies in the state. A slab with too few bodies is emptied, and collected when nobody reads its old content. So an
 * answer in progress keeps the bytes with which it began.
 */
export class BodySlabs {
  #open = new Slab(SLAB_BYTES)

  /** Copies a body in. It replaces the owner's present one. */
  put(owner: BodyOwner, body: Body): void {
    const target = this.#slabFor(body.length)
    // Read here, because `#slabFor` may have moved the present body.
    const { slab, length } = owner
    place(owner, target, body)
    slab.used -= length
    if (slab !== this.#open) this.#emptyIfWasted(slab)
  }

  /** Frees the body of an owner. Readers of its bytes keep them. */
  remove(owner: BodyOwner): void {
    const { slab, length } = owner
    owner.slab = NOWHERE
    owner.offset = 0
    owner.length = 0
    slab.used -= length
    if (slab !== this.#open) this.#emptyIfWasted(slab)
  }

  #slabFor(length: number): Slab {
    if (length > SLAB_BYTES * MAX_SHARE) return new Slab(length)
    const full = this.#open
    if (full.filled + length <= SLAB_BYTES) return full
    this.#open = new Slab(SLAB_BYTES)
    this.#emptyIfWasted(full)
    // The open slab may now have the bodies of the full one.
    return this.#slabFor(length)
  }

  #emptyIfWasted(slab: Slab): void {
    if (slab.used >= slab.bytes.length * MIN_USE) return
    for (const owner of slab.owners) {
      if (owner.slab !== slab) continue
      const { offset, length } = owner
      slab.used -= length
      place(owner, this.#slabFor(length), { bytes: slab.bytes, offset, length })
    }
    slab.owners.length = 0
  }
}

/** Copies a body to the end of a slab. */
function place(owner: BodyOwner, slab: Slab, { bytes, offset, length }: Body): void {
  bytes.copy(slab.bytes, slab.filled, offset, offset + length)
  owner.slab = slab
  owner.offset = slab.filled
  owner.length = length
  slab.filled += length
  slab.used += length
  slab.owners.push(owner)
}
