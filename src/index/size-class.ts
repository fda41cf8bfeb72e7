// Small regions of one size class, cut from units of 4 KiB. A unit is freed with its last region, so lists that grow from class
// to class leave no holes.

export const UNIT_BYTES = 4096
const NONE = -1

/** The source of units. Free regions are linked through its memory. */
export interface UnitSource {
  takeUnits(units: number): number
  giveUnits(first: number, units: number): void
  readonly u32: Uint32Array
  readonly segments: Segments
}

/**
 * The notes of size classes about their units, in columns by unit: a million names take 8,000 units, and an object for each would be on the
 * heap.
 */
export class Segments {
  /** The bytes of a region in this unit; 0 for a unit of no class. */
  regionBytes = new Uint16Array(0)
  /** Allocated regions. */
  used = new Uint16Array(0)
  /** Regions cut from the unit so far. */
  carved = new Uint16Array(0)
  /** The first free region, 0 for none. Each free region holds the offset of the next. */
  free = new Uint32Array(0)
  /** The place among the units of the class with room, or NONE. */
  position = new Int32Array(0)

  /** Makes room for this many units. */
  grow(units: number): void {
    if (units <= this.used.length) return
    const room = Math.max(units, this.used.length * 2)
    this.regionBytes = grown(this.regionBytes, new Uint16Array(room))
    this.used = grown(this.used, new Uint16Array(room))
    this.carved = grown(this.carved, new Uint16Array(room))
    this.free = grown(this.free, new Uint32Array(room))
    this.position = grown(this.position, new Int32Array(room))
  }
}

function grown<T extends Uint16Array | Uint32Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}

/** The units of one size class, a multiple of 16 bytes. */
export class SizeClass {
  readonly regionBytes: number
  readonly #source: UnitSource
  readonly #perUnit: number
  /** Units with room; the last one is used first. */
  readonly #open: number[] = []

  constructor(source: UnitSource, regionBytes: number) {
    this.#source = source
    this.regionBytes = regionBytes
    this.#perUnit = Math.floor(UNIT_BYTES / regionBytes)
  }

  allocate(): number {
    const { length } = this.#open
    const unit = length > 0 ? (this.#open[length - 1] as number) : this.#addUnit()
    const { free, carved, used } = this.#source.segments
    let at = free[unit] as number
    if (at !== 0) free[unit] = this.#source.u32[at >>> 2] ?? 0
    else {
      const before = carved[unit] as number
      carved[unit] = before + 1
      at = unit * UNIT_BYTES + before * this.regionBytes
    }
    const after = (used[unit] as number) + 1
    used[unit] = after
    if (after === this.#perUnit) this.#close(unit)
    return at
  }

  free(at: number): void {
    const unit = Math.floor(at / UNIT_BYTES)
    const { regionBytes, free, used, position } = this.#source.segments
    if (regionBytes[unit] !== this.regionBytes)
      throw new Error(`offset ${at} is no allocated region of ${this.regionBytes} bytes`)
    if (position[unit] === NONE) {
      position[unit] = this.#open.length
      this.#open.push(unit)
    }
    this.#source.u32[at >>> 2] = free[unit] as number
    free[unit] = at
    const after = (used[unit] as number) - 1
    used[unit] = after
    if (after > 0) return
    this.#close(unit)
    regionBytes[unit] = 0
    this.#source.giveUnits(unit, 1)
  }

  #addUnit(): number {
    const unit = this.#source.takeUnits(1)
    const { regionBytes, free, carved, used, position } = this.#source.segments
    regionBytes[unit] = this.regionBytes
    free[unit] = 0
    carved[unit] = 0
    used[unit] = 0
    position[unit] = this.#open.length
    this.#open.push(unit)
    return unit
  }

  #close(unit: number): void {
    const { position } = this.#source.segments
    const last = this.#open.pop()
    if (last !== undefined && last !== unit) {
      const place = position[unit] as number
      this.#open[place] = last
      position[last] = place
    }
    position[unit] = NONE
  }
}
