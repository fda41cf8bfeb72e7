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
    const target = this.#slabFor(body.length)
    // Only now: to make room may have moved the present one.
    const { slab, length } = owner
    place(owner, target, body)
    slab.used -= length
    if (slab !== this.#open) this.#emptyIfWasted(slab)
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
      const { offset, length } = owner
      slab.used -= length
      place(owner, this.#slabFor(length), slab.bytes.subarray(offset, offset + length))
    }
    slab.owners.length = 0
  }
}

/** Copies a body to the end of a slab. */
function place(owner: BodyOwner, slab: Slab, body: Buffer): void {
  body.copy(slab.bytes, slab.filled)
  owner.slab = slab
  owner.offset = slab.filled
  owner.length = body.length
  slab.filled += body.length
  slab.used += body.length
  slab.owners.push(owner)
}
