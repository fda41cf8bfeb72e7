// A walk over the values of an index that counts the slots of each, as of one moment, over many turns of the event loop. Rows before its place are
// counted, and the index keeps it so when it removes rows. Corrections are kept by value, because writes may remove its row and add another.
import type { CountableSlots, CountedSlots } from './counted-slots.ts'
import type { LinearMemory } from './memory.ts'
import { ROWS_IN_CHUNK, type ValueIndex, type Walker } from './value-index.ts'

/** The selection of the most frequent values. */
export interface ValueSelection {
  /** The least frequent selected value, which a further one must surpass. Undefined while there is room. */
  readonly least: { readonly count: number; readonly bytes: Uint8Array } | undefined
  /** Adds the counts of values, selected or not. */
  addToSum(counts: number): void
  /** Takes a value that may be selected. */
  select(value: string, count: number): void
}

/** Scratch memory of a walk: the counts of a step, the rows that may be selected, and a text. No text in an index has more bytes. */
const COUNTS_BYTES = ROWS_IN_CHUNK * 4
const TEXT_AT = COUNTS_BYTES * 2
const SCRATCH_BYTES = TEXT_AT + 2048

export class ValueWalk<V extends string | number> implements Walker<V> {
  readonly #index: ValueIndex<V>
  readonly #counted: CountedSlots
  readonly #memory: LinearMemory
  #scratch: number
  /** Differences between the moment and the present, of values that are not counted yet. */
  readonly #corrections = new Map<V, number>()
  next = 0

  /** Begins at this moment. The caller must end it. */
  constructor(index: ValueIndex<V>, counted: CountedSlots) {
    this.#index = index
    this.#counted = counted
    this.#memory = index.memory
    this.#scratch = this.#memory.allocate(SCRATCH_BYTES)
    index.begin(this)
  }

  note(slot: number, before: V | undefined, after: V | undefined): void {
    this.#counted.correct(slot, () => {
      if (before !== undefined) this.#correct(before, 1)
      if (after !== undefined) this.#correct(after, -1)
    })
  }

  /**
   * Counts some further rows, some tens of microseconds of work. Returns false after the last.
   * @param slots the counted slots; undefined for all
   * @param limit most rows
   */
  step(slots: CountableSlots | undefined, selection: ValueSelection, limit = ROWS_IN_CHUNK): boolean {
    const from = this.next
    const rows = this.#index.countRows(from, limit, slots, this.#scratch)
    if (this.#corrections.size > 0) this.#applyCorrections(from, rows)
    this.next += rows
    this.#select(from, rows, selection)
    if (this.next < this.#index.size) return true
    // The rows of these were removed before they were counted.
    for (const [value, count] of this.#corrections) {
      if (count <= 0) continue
      selection.addToSum(count)
      selection.select(String(value), count)
    }
    return false
  }

  end(): void {
    this.#index.end(this)
    if (this.#scratch !== 0) this.#memory.free(this.#scratch, SCRATCH_BYTES)
    this.#scratch = 0
  }

  #select(from: number, rows: number, selection: ValueSelection): void {
    const { u32 } = this.#memory
    const counts = this.#scratch >>> 2
    const sum = this.#index.sumCounts(this.#scratch, rows)
    if (sum === 0) return
    selection.addToSum(sum)
    const { least } = selection
    if (least !== undefined && this.#index.hasTexts) {
      this.#selectTexts(from, rows, least.count, least.bytes, selection)
      return
    }
    for (let i = 0; i < rows; i++) {
      const count = u32[counts + i] as number
      if (count > 0 && count >= (selection.least?.count ?? 0))
        selection.select(this.#index.textAt(from + i), count)
    }
  }

  /** Reads only texts that surpass the least one: a string for each of a million values would be garbage. */
  #selectTexts(
    from: number,
    rows: number,
    count: number,
    bytes: Uint8Array,
    selection: ValueSelection,
  ): void {
    const { u8, u32 } = this.#memory
    const at = this.#scratch + TEXT_AT
    const { length } = bytes
    if (length > SCRATCH_BYTES - TEXT_AT) throw new Error(`a text of ${length} bytes is in an index`)
    for (let i = 0; i < length; i++) u8[at + i] = bytes[i] as number
    const out = this.#scratch + COUNTS_BYTES
    const found = this.#index.topRows(from, rows, this.#scratch, { count, at, length }, out)
    for (let i = 0; i < found; i++) {
      const row = u32[(out >>> 2) + i] as number
      selection.select(this.#index.textAt(from + row), u32[(this.#scratch >>> 2) + row] as number)
    }
  }

  /** A value without a row gets one behind the place of the walk, if any. */
  #correct(value: V, change: number): void {
    const row = this.#index.rowOf(value)
    if (row !== undefined && row < this.next) return
    const correction = (this.#corrections.get(value) ?? 0) + change
    if (correction === 0) this.#corrections.delete(value)
    else this.#corrections.set(value, correction)
  }

  #applyCorrections(from: number, rows: number): void {
    const { u32 } = this.#memory
    for (const [value, correction] of this.#corrections) {
      const row = (this.#index.rowOf(value) ?? -1) - from
      if (row < 0 || row >= rows) continue
      const at = (this.#scratch >>> 2) + row
      u32[at] = (u32[at] as number) + correction
      this.#corrections.delete(value)
    }
  }
}
