// The memory of all bodies: they lie side by side in slabs, because an ArrayBuffer for each of them costs some 250 bytes and
// the garbage collector a look at every one. A slab that its bodies leave is emptied, and collected once nobody reads what
// was in it any more: so an answer on its way keeps the bytes that it began with.
import { SLAB_BYTES } from './arena.ts'

/** A body larger than this part of a slab gets one of its own: the rest of a slab would be wasted on it. */
const MAX_SHARE = 1 / 8
/**
 * A slab that is used less than this is emptied. Under random writes slabs are four fifths full then, and five bytes are
 * copied for three that are written.
 */
const MIN_USE = 5 / 8

/** Memory that bodies share. */
export class Slab {
  readonly bytes: Buffer
  /** Bytes given out, from the beginning, and those that are still in use. */
  filled = 0
  used = 0
  /** All that ever lay here; some have left, and may stand here twice. */
  readonly owners: BodyOwner[] = []

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }
}

/** What has a body: where the body lies changes when it is written and when its slab is emptied. */
export interface BodyOwner {
  slab: Slab
  offset: number
  length: number
}

/** Where a body lies that has not been written. */
export const NOWHERE = new Slab(0)

export class BodySlabs {
  #open = new Slab(SLAB_BYTES)

  /** Copies a body in, in the place of the owner's present one. */
  put(owner: BodyOwner, body: Buffer): void {
    const { slab, length } = owner
    this.#place(owner, body, 0, body.length)
    slab.used -= length
    if (slab !== this.#open) this.#emptyIfWasted(slab)
  }

  #place(owner: BodyOwner, source: Buffer, start: number, end: number): void {
    const length = end - start
    const slab = this.#slabFor(length)
    source.copy(slab.bytes, slab.filled, start, end)
    owner.slab = slab
    owner.offset = slab.filled
    owner.length = length
    slab.filled += length
    slab.used += length
    slab.owners.push(owner)
  }

  #slabFor(length: number): Slab {
    if (length > SLAB_BYTES * MAX_SHARE) return new Slab(length)
    const full = this.#open
    if (full.filled + length <= SLAB_BYTES) return full
    this.#open = new Slab(SLAB_BYTES)
    this.#emptyIfWasted(full)
    // What was left in it lies in the open one now.
    return this.#slabFor(length)
  }

  #emptyIfWasted(slab: Slab): void {
    if (slab.used >= slab.bytes.length * MIN_USE) return
    for (const owner of slab.owners) {
      if (owner.slab !== slab) continue
      slab.used -= owner.length
      this.#place(owner, slab.bytes, owner.offset, owner.offset + owner.length)
    }
    slab.owners.length = 0
  }
}
