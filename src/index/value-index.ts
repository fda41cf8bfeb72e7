// A value index: for each value of a field, the slots that have it. It drops a value with its last slot, so a predicate can run
// over the distinct values instead of the rows. All of it is in linear memory: a million values are nothing to the collector.
import type { HashSeed } from '../wire/hash.ts'
import type { Bitmap } from './bitmap.ts'
import { type CountableSlots, LISTS_AT_ONCE } from './counted-slots.ts'
import { type Kernels, LEFT_OUT } from './kernels/kernels.ts'
import type { LinearMemory } from './memory.ts'
import { PostingList, type Slots } from './posting-list.ts'
import { CHUNK_BYTES, Rows } from './rows.ts'
import { type BytesTest, StoredIntegers, StoredTexts, type StoredValues } from './stored-values.ts'

/** The words of a row, one row for each distinct value, in no particular order. */
const ROW_WORDS = 4
/** The next row of the bucket plus 1, or 0. */
const NEXT = 0
const HASH = 1
const VALUE = 2
/** Twice a single slot plus 1, or the region of a posting list. */
const SLOTS = 3

/** A test of the values of an index. One by their bytes makes no strings, and is only for texts. */
export type ValueFilter<V> =
  | { readonly by: 'value'; readonly passes: (value: V) => boolean }
  | { readonly by: 'bytes'; readonly passes: BytesTest }

/** A walk over the rows of an index. It sees each change before it is made. */
export interface Walker<V> {
  /** The rows before it are passed. A removed row changes it. */
  next: number
  note(slot: number, before: V | undefined, after: V | undefined): void
}

/** The least frequent of the values that have been selected: its count, and its text in linear memory. */
export interface LeastText {
  readonly count: number
  readonly at: number
  readonly length: number
}

/** Slots of lists that are counted at once: some tens of microseconds. */
const SLOTS_PER_STEP = 16_384
/** Rows that are one behind the other in memory. */
export const ROWS_IN_CHUNK = CHUNK_BYTES / 4 / ROW_WORDS

/** Values freed between two yields: about 20 microseconds. */
const VALUES_PER_STOP = 256

/**
 * The rows are found by linear hashing (Litwin, 1980): there are as many buckets as values. A new value splits one bucket, and a removed
 * one joins two, so that no operation takes longer in a large index than in a small one.
 *
 * It does not store the value of a slot: a caller that changes a value knows the old one from the replaced record. A result is
 * valid until the next write is applied.
 */
export class ValueIndex<V extends string | number> {
  readonly #kernels: Kernels
  readonly #values: StoredValues<V>
  readonly #rows: Rows
  /** The first row of each bucket plus 1, or 0. */
  readonly #buckets: Rows
  /** One less than the least power of two above the number of buckets. */
  #mask = 0
  #slotCount = 0
  #listBytes = 0
  /** By their places, the least first. Undefined without walks, as nearly always. */
  #walkers: Walker<V>[] | undefined

  constructor(kernels: Kernels, values: StoredValues<V>) {
    this.#kernels = kernels
    this.#values = values
    this.#rows = new Rows(kernels.memory, ROW_WORDS)
    this.#buckets = new Rows(kernels.memory, 1)
  }

  get memory(): LinearMemory {
    return this.#kernels.memory
  }

  /** True if the values are texts. */
  get hasTexts(): boolean {
    return this.#values.areTexts
  }

  /** Number of distinct values. */
  get size(): number {
    return this.#rows.length
  }

  /** Number of slots with a value. */
  get slotCount(): number {
    return this.#slotCount
  }

  /** Bytes of linear memory. */
  get bytes(): number {
    return this.#rows.bytes + this.#buckets.bytes + this.#values.bytes + this.#listBytes
  }

  /** The slots with this value; undefined if there are none. Never empty. */
  slotsOf(value: V): Slots | undefined {
    const row = this.#find(this.#values.hash(value), value)
    return row === NONE ? undefined : this.#slotsAt(row)
  }

  /** Every distinct value with its slots, in no particular order. For an index with few values. */
  entries(): (readonly [V, Slots])[] {
    const entries: (readonly [V, Slots])[] = []
    for (let row = 0; row < this.size; row++)
      entries.push([this.#values.read(this.#read(row, VALUE)), this.#slotsAt(row)])
    return entries
  }

  /** The slots of each value that passes. */
  listsOf(filter: ValueFilter<V>): Slots[] {
    const lists: Slots[] = []
    for (let row = 0; row < this.size; row++) if (this.#passes(row, filter)) lists.push(this.#slotsAt(row))
    return lists
  }

  /** bitmap |= the slots of the values that pass. It leaves no object for each of them. */
  orInto(filter: ValueFilter<V>, bitmap: Bitmap): void {
    for (let row = 0; row < this.size; row++) if (this.#passes(row, filter)) this.#orRowInto(row, bitmap)
  }

  /** Moves a slot from one value to another; undefined means no value. */
  replace(slot: number, before: V | undefined, after: V | undefined): void {
    if (before === after) return
    if (this.#walkers !== undefined) for (const each of this.#walkers) each.note(slot, before, after)
    if (before !== undefined) this.#remove(before, slot)
    if (after !== undefined) this.#add(after, slot)
  }

  /** Keeps the rows that the walk has passed before its place, and notes each change to it, until `end`. */
  begin(walker: Walker<V>): void {
    this.#walkers = [...(this.#walkers ?? []), walker]
  }

  end(walker: Walker<V>): void {
    const left = this.#walkers?.filter(each => each !== walker)
    this.#walkers = left?.length === 0 ? undefined : left
  }

  /** The row of a value; undefined if no slot has it. Valid until the next write, as all rows. */
  rowOf(value: V): number | undefined {
    const row = this.#find(this.#values.hash(value), value)
    return row === NONE ? undefined : row
  }

  /** The value of a row as text. */
  textAt(row: number): string {
    return String(this.#values.read(this.#read(row, VALUE)))
  }

  /**
   * Counts the slots of some rows from `from` on, at most `limit`, into a list of counts in linear memory. Returns the number of rows, which
   * is at most 256.
   * @param slots only these slots; undefined for all
   */
  countRows(from: number, limit: number, slots: CountableSlots | undefined, counts: number): number {
    const length = Math.min(limit, this.size - from, ROWS_IN_CHUNK - (from % ROWS_IN_CHUNK))
    if (length <= 0) return 0
    const rows = this.#rows.wordOf(from)
    const [bitmap, words] = slots === undefined ? [0, 0] : [slots.bitmap.offset, slots.bitmap.words]
    const done = this.#kernels.countRows(rows * 4, length, bitmap, words, SLOTS_PER_STEP, counts)
    if (slots === undefined) return done
    return this.#countDense(rows, done, slots, counts)
  }

  /** The sum of a list of counts in linear memory. */
  sumCounts(counts: number, length: number): number {
    return this.#kernels.sumCounts(counts, length)
  }

  /** Writes the numbers of rows, counted from `from`, that may be among the most frequent; see the kernel `topRows`. Only for texts. */
  topRows(from: number, length: number, counts: number, least: LeastText, out: number): number {
    const rows = this.#rows.wordOf(from) * 4
    return this.#kernels.topRows(rows, length, counts, least.count, least.at, least.length, out)
  }

  /** Frees all memory, over some yields. The index cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    for (let row = 0; row < this.size; row++) {
      if (row % VALUES_PER_STOP === 0) yield
      this.#values.free(this.#read(row, VALUE))
      const slots = this.#read(row, SLOTS)
      if ((slots & 1) === 0) new PostingList(this.#kernels, slots).free()
    }
    this.#rows.free()
    this.#buckets.free()
  }

  /** Counts a few of the dense lists that the kernel has left out, and leaves the rows from the next one on to a later step. */
  #countDense(rows: number, length: number, slots: CountableSlots, counts: number): number {
    const { u32 } = this.#kernels.memory
    const lists: PostingList[] = []
    const places: number[] = []
    let end = 0
    for (; end < length; end++) {
      const at = (counts >>> 2) + end
      if (u32[at] !== LEFT_OUT) continue
      if (lists.length === LISTS_AT_ONCE) break
      lists.push(new PostingList(this.#kernels, u32[rows + end * ROW_WORDS + SLOTS] as number))
      places.push(at)
    }
    if (lists.length === 0) return length
    for (const [i, count] of slots.countInEach(lists).entries())
      this.#kernels.memory.u32[places[i] as number] = count
    return end
  }

  #add(value: V, slot: number): void {
    const hash = this.#values.hash(value)
    const row = this.#find(hash, value)
    if (row === NONE) this.#insert(hash, value, slot)
    else this.#addTo(row, slot)
    this.#slotCount++
  }

  #addTo(row: number, slot: number): void {
    const slots = this.#read(row, SLOTS)
    const list = new PostingList(this.#kernels, (slots & 1) === 0 ? slots : 0)
    const before = list.bytes
    if ((slots & 1) === 1) list.add(slots >>> 1)
    if (!list.add(slot)) throw new Error('an index and the records disagree')
    this.#listBytes += list.bytes - before
    this.#write(row, SLOTS, list.at)
  }

  #remove(value: V, slot: number): void {
    const row = this.#find(this.#values.hash(value), value)
    if (row === NONE) throw new Error(`slot ${slot} is not in the index of its value`)
    const slots = this.#read(row, SLOTS)
    if ((slots & 1) === 0) this.#removeFrom(row, new PostingList(this.#kernels, slots), slot)
    else if (slots >>> 1 === slot) this.#removeRow(row)
    else throw new Error('an index and the records disagree')
    this.#slotCount--
  }

  /** A list that is left with one slot becomes a number. */
  #removeFrom(row: number, list: PostingList, slot: number): void {
    const before = list.bytes
    if (!list.delete(slot)) throw new Error('an index and the records disagree')
    if (list.size > 1) {
      this.#write(row, SLOTS, list.at)
      this.#listBytes += list.bytes - before
      return
    }
    const [last] = list.slots()
    if (last === undefined) throw new Error('a posting list is empty')
    this.#write(row, SLOTS, last * 2 + 1)
    this.#listBytes -= before
    list.free()
  }

  #slotsAt(row: number): Slots {
    const slots = this.#read(row, SLOTS)
    return (slots & 1) === 1 ? slots >>> 1 : new PostingList(this.#kernels, slots)
  }

  #passes(row: number, filter: ValueFilter<V>): boolean {
    const value = this.#read(row, VALUE)
    return filter.by === 'bytes'
      ? this.#values.test(value, filter.passes)
      : filter.passes(this.#values.read(value))
  }

  #orRowInto(row: number, bitmap: Bitmap): void {
    const slots = this.#read(row, SLOTS)
    if ((slots & 1) === 1) bitmap.add(slots >>> 1)
    else new PostingList(this.#kernels, slots).orInto(bitmap)
  }

  /** The row of a value, or NONE. */
  #find(hash: number, value: V): number {
    if (this.size === 0) return NONE
    const { u32 } = this.#kernels.memory
    let row = (u32[this.#buckets.wordOf(this.#bucketOf(hash))] as number) - 1
    while (row !== NONE) {
      const word = this.#rows.wordOf(row)
      if (u32[word + HASH] === hash && this.#values.equals(u32[word + VALUE] as number, value)) return row
      row = (u32[word + NEXT] as number) - 1
    }
    return NONE
  }

  #insert(hash: number, value: V, slot: number): void {
    const stored = this.#values.store(value)
    const row = this.size
    this.#rows.add()
    this.#split()
    const { u32 } = this.#kernels.memory
    const bucket = this.#buckets.wordOf(this.#bucketOf(hash))
    const word = this.#rows.wordOf(row)
    u32[word + NEXT] = u32[bucket] as number
    u32[word + HASH] = hash
    u32[word + VALUE] = stored
    u32[word + SLOTS] = slot * 2 + 1
    u32[bucket] = row + 1
  }

  /** Moves the last row to the place of the removed one. */
  #removeRow(row: number): void {
    const { u32 } = this.#kernels.memory
    const word = this.#rows.wordOf(row)
    this.#values.free(u32[word + VALUE] as number)
    u32[this.#linkTo(row)] = u32[word + NEXT] as number
    this.#moveRow(this.size - 1, this.#walkers === undefined ? row : this.#closeHole(row, this.#walkers))
    this.#rows.removeLast()
    this.#join()
  }

  /** Moves a hole behind the places of all walks, so that no row goes from one side of a place to the other. Returns where it is then. */
  #closeHole(row: number, walkers: Walker<V>[]): number {
    let hole = row
    walkers.sort((a, b) => a.next - b.next)
    for (const walker of walkers) {
      if (hole >= walker.next) continue
      walker.next--
      this.#moveRow(walker.next, hole)
      hole = walker.next
    }
    return hole
  }

  /** Moves a row to a place that no row is linked at. */
  #moveRow(row: number, to: number): void {
    if (row === to) return
    const { u32 } = this.#kernels.memory
    u32[this.#linkTo(row)] = to + 1
    const from = this.#rows.wordOf(row)
    u32.copyWithin(this.#rows.wordOf(to), from, from + ROW_WORDS)
  }

  /** The word that leads to a row: that of its bucket, or the link of the row before it. */
  #linkTo(row: number): number {
    const { u32 } = this.#kernels.memory
    let link = this.#buckets.wordOf(this.#bucketOf(this.#read(row, HASH)))
    while (u32[link] !== row + 1) {
      if (u32[link] === 0) throw new Error('a row is not in its bucket')
      link = this.#rows.wordOf((u32[link] as number) - 1) + NEXT
    }
    return link
  }

  #bucketOf(hash: number): number {
    const bucket = hash & this.#mask
    return bucket < this.#buckets.length ? bucket : bucket & (this.#mask >>> 1)
  }

  /** Adds a bucket, and moves to it the rows that belong there. All of them are in one bucket. */
  #split(): void {
    const added = this.#buckets.length
    const mask = this.#mask
    this.#buckets.add()
    if (added === mask) this.#mask = mask * 2 + 1
    const { u32 } = this.#kernels.memory
    let into = this.#buckets.wordOf(added)
    u32[into] = 0
    if (added === 0) return
    let link = this.#buckets.wordOf(added & (mask >>> 1))
    for (let next = u32[link] as number; next !== 0; next = u32[link] as number) {
      const word = this.#rows.wordOf(next - 1)
      if (((u32[word + HASH] as number) & mask) !== added) {
        link = word + NEXT
        continue
      }
      u32[link] = u32[word + NEXT] as number
      u32[word + NEXT] = 0
      u32[into] = next
      into = word + NEXT
    }
  }

  /** Removes the last bucket, and moves its rows back to where they came from. */
  #join(): void {
    const { u32 } = this.#kernels.memory
    const removed = this.#buckets.length - 1
    if (this.#mask === removed * 2 + 1) this.#mask = removed
    const first = u32[this.#buckets.wordOf(removed)] as number
    if (first !== 0) {
      const joined = this.#buckets.wordOf(removed & (this.#mask >>> 1))
      let last = this.#rows.wordOf(first - 1) + NEXT
      while (u32[last] !== 0) last = this.#rows.wordOf((u32[last] as number) - 1) + NEXT
      u32[last] = u32[joined] as number
      u32[joined] = first
    }
    this.#buckets.removeLast()
  }

  #read(row: number, member: number): number {
    return this.#kernels.memory.u32[this.#rows.wordOf(row) + member] as number
  }

  #write(row: number, member: number, value: number): void {
    this.#kernels.memory.u32[this.#rows.wordOf(row) + member] = value
  }
}

const NONE = -1

export function textIndex(kernels: Kernels, seed: HashSeed): ValueIndex<string> {
  return new ValueIndex(kernels, StoredTexts.withSeed(kernels.memory, seed))
}

export function integerIndex(kernels: Kernels, seed: HashSeed): ValueIndex<number> {
  return new ValueIndex(kernels, new StoredIntegers(seed))
}
