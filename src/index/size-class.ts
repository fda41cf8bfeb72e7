// Small regions of one size class, cut from units of 4 KiB. A unit is freed with its last region, so lists that grow from class
// to class leave no holes.

export const UNIT_BYTES = 4096
const NONE = -1

/** The source of units. Free regions are linked through its memory. */
export interface UnitSource {
  takeUnits(units: number): number
  giveUnits(first: number, units: number): void
  readonly u32: Uint32Array
}

/** The segments of one size class, a multiple of 16 bytes. */
export class SizeClass {
  readonly regionBytes: number
  readonly #source: UnitSource
  readonly #perUnit: number
  /** Segments with room; the last one is used first. A segment knows its position in this list. */
  readonly #open: Segment[] = []
  readonly #segments = new Map<number, Segment>()

  constructor(source: UnitSource, regionBytes: number) {
    this.#source = source
    this.regionBytes = regionBytes
    this.#perUnit = Math.floor(UNIT_BYTES / regionBytes)
  }

  allocate(): number {
    const segment = this.#open.at(-1) ?? this.#addSegment()
    let at = segment.free
    if (at !== 0) segment.free = this.#source.u32[at >>> 2] ?? 0
    else at = segment.unit * UNIT_BYTES + segment.carved++ * this.regionBytes
    if (++segment.used === this.#perUnit) this.#close(segment)
    return at
  }

  free(at: number): void {
    const segment = this.#segments.get(Math.floor(at / UNIT_BYTES))
    if (segment === undefined || segment.used === 0)
      throw new Error(`offset ${at} is no allocated region of ${this.regionBytes} bytes`)
    if (segment.position === NONE) {
      segment.position = this.#open.length
      this.#open.push(segment)
    }
    this.#source.u32[at >>> 2] = segment.free
    segment.free = at
    if (--segment.used > 0) return
    this.#close(segment)
    this.#segments.delete(segment.unit)
    this.#source.giveUnits(segment.unit, 1)
  }

  #addSegment(): Segment {
    const unit = this.#source.takeUnits(1)
    const segment = { unit, used: 0, carved: 0, free: 0, position: this.#open.length }
    this.#open.push(segment)
    this.#segments.set(unit, segment)
    return segment
  }

  #close(segment: Segment): void {
    const last = this.#open.pop()
    if (last !== undefined && last !== segment) {
      this.#open[segment.position] = last
      last.position = segment.position
    }
    segment.position = NONE
  }
}

interface Segment {
  readonly unit: number
  used: number
  /** Regions cut from the unit so far. */
  carved: number
  /** The first free region, 0 for none. Each free region holds the offset of the next. */
  free: number
  position: number
}
