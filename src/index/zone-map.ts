// A zone map: the minima and maxima of the blocks of a column. A scan skips whole blocks by it without reading a value.

/** The share of a block's values in a range. A block with `some` must be scanned. */
export type Verdict = 'none' | 'all' | 'some'

const EMPTY = { least: Number.POSITIVE_INFINITY, greatest: Number.NEGATIVE_INFINITY } as const

/**
 * Extremes are doubles. Rounding a value to a double never reverses an order, and where it could hide a difference the verdict is
 * `some`, so verdicts also hold for 64-bit integers. A write widens the extremes at once. A write that may leave them too wide
 * only marks the block as wide; the next scan of the block tightens it.
 */
export class ZoneMap {
  #least = new Float64Array(0)
  #greatest = new Float64Array(0)
  #counts = new Uint16Array(0)
  #wide = new Uint8Array(0)

  get bytes(): number {
    return this.#least.byteLength * 2 + this.#counts.byteLength + this.#wide.byteLength
  }

  /** Makes room for this many blocks. */
  grow(blocks: number): void {
    const present = this.#least.length
    if (blocks <= present) return
    const room = Math.max(blocks, present + (present >>> 2), 4)
    this.#least = enlarged(new Float64Array(room).fill(EMPTY.least), this.#least)
    this.#greatest = enlarged(new Float64Array(room).fill(EMPTY.greatest), this.#greatest)
    this.#counts = enlarged(new Uint16Array(room), this.#counts)
    this.#wide = enlarged(new Uint8Array(room), this.#wide)
  }

  /** Number of values of a block. */
  count(block: number): number {
    return this.#counts[block] ?? 0
  }

  /** The known maximum of a block. The true one may be less while the block is wide. */
  greatest(block: number): number {
    return this.#greatest[block] ?? EMPTY.greatest
  }

  /** True if the true extremes may be narrower than the known ones. */
  isWide(block: number): boolean {
    return this.#wide[block] === 1
  }

  add(block: number, value: number): void {
    this.#counts[block] = this.count(block) + 1
    this.#widen(block, value)
  }

  change(block: number, before: number, after: number): void {
    if (before === after) return
    this.#noteLoss(block, before)
    this.#widen(block, after)
  }

  remove(block: number, value: number): void {
    const count = this.count(block) - 1
    this.#counts[block] = count
    if (count > 0) this.#noteLoss(block, value)
    else this.tighten(block, EMPTY.least, EMPTY.greatest)
  }

  /** Sets the extremes to the true ones. */
  tighten(block: number, least: number, greatest: number): void {
    this.#least[block] = least
    this.#greatest[block] = greatest
    this.#wide[block] = 0
  }

  /** Compares a block with the values from `low` to `high`, as doubles. */
  verdict(block: number, low: number, high: number): Verdict {
    const least = this.#least[block] ?? EMPTY.least
    const greatest = this.#greatest[block] ?? EMPTY.greatest
    if (greatest < low || least > high) return 'none'
    if (isAbove(least, low) && isAbove(-greatest, -high)) return 'all'
    return 'some'
  }

  /** The number of bounds below all values of a block; undefined if its values may differ in that. */
  bucket(block: number, bounds: readonly number[]): number | undefined {
    const least = this.#least[block] ?? EMPTY.least
    const greatest = this.#greatest[block] ?? EMPTY.greatest
    let bucket = 0
    while (bucket < bounds.length && isAbove(least, bounds[bucket] as number) && least !== bounds[bucket])
      bucket++
    const next = bounds[bucket]
    return next === undefined || isAbove(next, greatest) ? bucket : undefined
  }

  /** The first block from `from` on whose verdict is not `none`; the number of blocks if there is none. */
  nextWithSome(from: number, low: number, high: number): number {
    const [least, greatest] = [this.#least, this.#greatest]
    let block = from
    // The casts hold: both arrays have the same length. An empty block has infinite extremes and never matches.
    while (block < least.length && !((greatest[block] as number) >= low && (least[block] as number) <= high))
      block++
    return block
  }

  /** Estimates the values of a block from `low` to `high`, as if they were spread evenly. */
  estimate(block: number, low: number, high: number): number {
    const least = this.#least[block] ?? EMPTY.least
    const greatest = this.#greatest[block] ?? EMPTY.greatest
    const common = Math.min(greatest, high) - Math.max(least, low)
    if (!(common >= 0)) return 0
    return this.count(block) * (greatest > least ? common / (greatest - least) : 1)
  }

  #widen(block: number, value: number): void {
    if (value < (this.#least[block] ?? EMPTY.least)) this.#least[block] = value
    if (value > (this.#greatest[block] ?? EMPTY.greatest)) this.#greatest[block] = value
  }

  #noteLoss(block: number, value: number): void {
    if (value === this.#least[block] || value === this.#greatest[block]) this.#wide[block] = 1
  }
}

/** True if a number that was rounded to `value` is certainly not less than one that was rounded to `limit`. */
function isAbove(value: number, limit: number): boolean {
  return value > limit || (value === limit && Number.isSafeInteger(limit))
}

function enlarged<T extends Float64Array | Uint16Array | Uint8Array>(to: T, from: T): T {
  to.set(from)
  return to
}
