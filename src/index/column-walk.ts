// A walk over a column of times that counts the slots by intervals, as of one moment, over many turns of the event loop. It goes by slots. So a change
// concerns it only behind its place, and is undone in the counts at once.
import type { Bitmap } from './bitmap.ts'
import type { ColumnFollower, Int64Column } from './column.ts'
import type { CountedSlots } from './counted-slots.ts'
import { INTEGERS_64 } from './range.ts'
import { BLOCK_SLOTS, type Histogram } from './value-blocks.ts'

/** Slots that are counted at once: some tens of microseconds. */
export const SLOTS_PER_STEP = 32 * BLOCK_SLOTS

export class ColumnWalk implements ColumnFollower<bigint> {
  readonly #column: Int64Column
  readonly #counted: CountedSlots
  readonly #bounds: readonly bigint[]
  readonly #counts: number[]
  readonly #bytes: number
  #at: number
  #next = 0

  /**
   * Begins at this moment. The caller must end it.
   * @param bounds rising
   */
  constructor(column: Int64Column, counted: CountedSlots, bounds: readonly bigint[]) {
    this.#column = column
    this.#counted = counted
    this.#bounds = bounds
    this.#counts = new Array(bounds.length + 1).fill(0)
    this.#bytes = this.#boundCount * 8 + this.#counts.length * 4
    this.#at = column.kernels.memory.allocate(this.#bytes)
    column.follow(this)
  }

  /** The number of counted slots by the number of bounds below their values. */
  get counts(): readonly number[] {
    return this.#counts
  }

  note(slot: number, before: bigint | undefined, after: bigint | undefined): void {
    this.#counted.correct(slot, () => {
      if (slot < this.#next) return
      if (before !== undefined) this.#add(before, 1)
      if (after !== undefined) this.#add(after, -1)
    })
  }

  /**
   * Counts some further slots. Returns false after the last.
   * @param within the counted slots; undefined for all
   * @param slots how many slots, a multiple of `BLOCK_SLOTS`
   */
  step(within: Bitmap | undefined, slots = SLOTS_PER_STEP): boolean {
    const { memory } = this.#column.kernels
    const histogram = this.#histogram()
    const from = this.#next
    this.#next += slots
    this.#column.histogram(from, this.#next, within, histogram)
    for (let i = 0; i < this.#counts.length; i++)
      this.#counts[i] = (this.#counts[i] as number) + (memory.u32[(histogram.countsAt >>> 2) + i] as number)
    return this.#next < this.#column.span
  }

  end(): void {
    this.#column.unfollow(this)
    if (this.#at !== 0) this.#column.kernels.memory.free(this.#at, this.#bytes)
    this.#at = 0
  }

  /** An even number: kernels compare pairs. */
  get #boundCount(): number {
    return (this.#bounds.length + 1) & ~1
  }

  /** An empty histogram in the memory of the walk. */
  #histogram(): Histogram {
    const { i64, u32 } = this.#column.kernels.memory
    const boundCount = this.#boundCount
    const countsAt = this.#at + boundCount * 8
    for (let i = 0; i < boundCount; i++) i64[(this.#at >>> 3) + i] = this.#bounds[i] ?? INTEGERS_64.greatest
    u32.fill(0, countsAt >>> 2, (countsAt >>> 2) + this.#counts.length)
    return { bounds: this.#bounds.map(Number), boundsAt: this.#at, boundCount, countsAt }
  }

  #add(value: bigint, change: number): void {
    const bucket = this.#bounds.filter(bound => bound < value).length
    this.#counts[bucket] = (this.#counts[bucket] as number) + change
  }
}
