// Small regions of one size class, cut from units of 4 KiB. A unit whose regions have all come back is given back
// itself, so that lists that grow side by side from class to class leave nothing behind.

export const UNIT_BYTES = 4096
const NONE = -1

/** Where slabs get their units, and write the links of their free regions. */
export interface UnitSource {
  takeUnits(units: number): number
  giveUnits(first: number, units: number): void
  readonly u32: Uint32Array
}

/** The slabs of one size class, a multiple of 16 bytes. */
export class Slabs {
  readonly regionBytes: number
  readonly #source: UnitSource
  readonly #perUnit: number
  /** Units with room, the last one being used first; the place of each in this list is in its slab. */
  readonly #open: Slab[] = []
  readonly #slabs = new Map<number, Slab>()

  constructor(source: UnitSource, regionBytes: number) {
    this.#source = source
    this.regionBytes = regionBytes
    this.#perUnit = Math.floor(UNIT_BYTES / regionBytes)
  }

  allocate(): number {
    const slab = this.#open.at(-1) ?? this.#addSlab()
    let at = slab.free
    if (at !== 0) slab.free = this.#source.u32[at >>> 2] ?? 0
    else at = slab.unit * UNIT_BYTES + slab.carved++ * this.regionBytes
    if (++slab.used === this.#perUnit) this.#close(slab)
    return at
  }

  free(at: number): void {
    const slab = this.#slabs.get(Math.floor(at / UNIT_BYTES))
    if (slab === undefined || slab.used === 0) throw new Error(`no region of this size at ${at}`)
    if (slab.place === NONE) {
      slab.place = this.#open.length
      this.#open.push(slab)
    }
    this.#source.u32[at >>> 2] = slab.free
    slab.free = at
    if (--slab.used > 0) return
    this.#close(slab)
    this.#slabs.delete(slab.unit)
    this.#source.giveUnits(slab.unit, 1)
  }

  #addSlab(): Slab {
    const unit = this.#source.takeUnits(1)
    const slab = { unit, used: 0, carved: 0, free: 0, place: this.#open.length }
    this.#open.push(slab)
    this.#slabs.set(unit, slab)
    return slab
  }

  #close(slab: Slab): void {
    const last = this.#open.pop()
    if (last !== undefined && last !== slab) {
      this.#open[slab.place] = last
      last.place = slab.place
    }
    slab.place = NONE
  }
}

interface Slab {
  readonly unit: number
  used: number
  /** How many regions were ever cut from the unit. */
  carved: number
  /** The first of the regions that came back, 0 for none; each holds the next one's offset. */
  free: number
  place: number
}
