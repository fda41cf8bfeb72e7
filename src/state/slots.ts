// Slots: the places of the resources of one kind, in creation order, from 0. So the order of bits in an index is the order of
// a list. A removal leaves a hole. A renumbering closes all holes: it gives every resource a second slot, some resources at a time, and
// then lets the second slots count, in one turn of the event loop.
import type { ResourceKind } from './records.ts'
import { NO_ROW, RowList } from './rows.ts'

/** Stands for no slot. It is beyond all slots. */
export const NO_SLOT = 2 ** 31 - 1

/** Fewest holes that are worth a renumbering. */
const MIN_HOLES = 1024
/**
 * Least share of holes, for each resource. It bounds the cost of a poll, which scans all slots: with 1/3 a fleet that churns is polled within
 * 1.2 times the cost of a fresh one (`npm run bench:churn`), with 1 only within 1.5. In return each removal has three resources indexed
 * again.
 */
const MIN_HOLE_SHARE = 1 / 3

/** Rows that have two slots each. */
export interface SlottedRows {
  /** The row's number in the order of creation. */
  numberOf(row: number): number
  isRemoved(row: number): boolean
  /** The slot in the odd or in the even numbering. */
  slotOf(row: number, isOdd: boolean): number
  setSlot(row: number, isOdd: boolean, slot: number): void
}

export class Slots {
  readonly kind: ResourceKind
  readonly #resources: SlottedRows
  #rows = new RowList()
  /** The creation numbers by slot, also of holes. */
  #numbers = new RowList()
  /** The rows and numbers by their second slots, during a renumbering. */
  #next: RowList | undefined
  #nextNumbers = new RowList()
  /** The slots whose resources have a second slot. */
  #walked = 0
  #isOdd = false
  #count = 0
  #nextNumber = 0

  constructor(kind: ResourceKind, resources: SlottedRows) {
    this.kind = kind
    this.#resources = resources
  }

  /** The rows by slot. A removal leaves `NO_ROW`. A renumbering begins another list. */
  get rows(): RowList {
    return this.#rows
  }

  /** The number of resources. */
  get count(): number {
    return this.#count
  }

  /** Says which of the two slots of a resource counts. They take turns. */
  get isOdd(): boolean {
    return this.#isOdd
  }

  /** The creation number of the next resource, which is greater than every earlier one. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** Raises the creation number of the next resource: those in between were given to resources that are gone. */
  raiseNextNumber(number: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, number)
  }

  /** True if there are enough holes for a renumbering. */
  get isSparse(): boolean {
    const holes = this.#rows.length - this.#count
    return holes > this.#count * MIN_HOLE_SHARE && holes > MIN_HOLES
  }

  slotOf(row: number): number {
    return this.#resources.slotOf(row, this.#isOdd)
  }

  /** Adds a resource that was created after all others. */
  add(row: number): void {
    const number = this.#resources.numberOf(row)
    if (number < this.#nextNumber)
      throw new Error(`a ${this.kind} has the number ${number}, which was given before`)
    this.#nextNumber = number + 1
    this.#resources.setSlot(row, !this.#isOdd, NO_SLOT)
    this.#resources.setSlot(row, this.#isOdd, this.#rows.length)
    this.#rows.push(row)
    this.#numbers.push(number)
    this.#count++
  }

  /** The row of the first resource whose creation number is at least this one; `NO_ROW` if there is none. */
  rowFrom(number: number): number {
    let low = 0
    let high = this.#numbers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#numbers.at(middle) < number) low = middle + 1
      else high = middle
    }
    for (; low < this.#rows.length; low++) if (this.#rows.at(low) !== NO_ROW) return this.#rows.at(low)
    return NO_ROW
  }

  /** Collects a resource of a load, in any order. Its slot is known after `order`. */
  collect(row: number): void {
    this.#resources.setSlot(row, this.#isOdd, NO_SLOT)
    this.#rows.push(row)
    this.#count++
  }

  /** Leaves a hole. The slots of the row stay readable. A collected one is left to `order`. */
  remove(row: number): void {
    this.#count--
    const slot = this.slotOf(row)
    if (this.#rows.at(slot) !== row) return
    this.#rows.set(slot, NO_ROW)
    if (this.#next !== undefined && slot < this.#walked)
      this.#next.set(this.#resources.slotOf(row, !this.#isOdd), NO_ROW)
  }

  /** Gives the collected resources their slots, by their creation numbers, one per step. Throws when two have one number. */
  *order(): Generator<undefined, void> {
    const collected = this.#inCreationOrder()
    this.#rows = new RowList()
    this.#numbers = new RowList()
    this.#count = 0
    for (const row of collected) {
      this.add(row)
      yield
    }
  }

  /** Gives later resources this number at least. */
  reserve(number: number): void {
    this.#nextNumber = Math.max(this.#nextNumber, number)
  }

  /** Begins a renumbering. Only one at a time. */
  beginRenumbering(): void {
    if (this.#next !== undefined) throw new Error(`a renumbering of ${this.kind} is under way`)
    this.#next = new RowList()
    this.#nextNumbers = new RowList()
    this.#walked = 0
  }

  get isRenumbering(): boolean {
    return this.#next !== undefined
  }

  /** The rows by their second slots. */
  get next(): RowList {
    if (this.#next === undefined) throw new Error(`no renumbering of ${this.kind} is under way`)
    return this.#next
  }

  /** True once the resource in a slot has a second slot. */
  hasSecond(slot: number): boolean {
    return this.#next !== undefined && slot < this.#walked
  }

  /** The second slot of a row; `NO_SLOT` if it has none. */
  secondOf(row: number): number {
    return this.hasSecond(this.slotOf(row)) ? this.#resources.slotOf(row, !this.#isOdd) : NO_SLOT
  }

  /** Passes `limit` more slots, and gives their resources second slots. Returns false at the end. */
  renumber(limit: number, visit: (row: number, second: number) => void): boolean {
    const end = Math.min(this.#walked + limit, this.#rows.length)
    for (; this.#walked < end; this.#walked++) {
      const row = this.#rows.at(this.#walked)
      if (row === NO_ROW) continue
      const second = this.next.length
      this.#resources.setSlot(row, !this.#isOdd, second)
      this.next.push(row)
      this.#nextNumbers.push(this.#numbers.at(this.#walked))
      visit(row, second)
    }
    return this.#walked < this.#rows.length
  }

  /** Lets the second slots count. Every resource must have one. The former slots stay readable until the next renumbering. */
  takeOver(): void {
    if (this.#next === undefined || this.#walked < this.#rows.length)
      throw new Error(`some ${this.kind} have no second slot`)
    this.#rows = this.#next
    this.#numbers = this.#nextNumbers
    this.#next = undefined
    this.#isOdd = !this.#isOdd
  }

  /** The collected rows by their numbers, without those that the load has removed again. Key order is mostly creation order already. */
  #inCreationOrder(): Uint32Array {
    const rows = new Uint32Array(this.#count)
    let length = 0
    let isSorted = true
    let last = -1
    for (let at = 0; at < this.#rows.length; at++) {
      const row = this.#rows.at(at)
      if (this.#resources.isRemoved(row)) continue
      const number = this.#resources.numberOf(row)
      if (number < last) isSorted = false
      last = number
      rows[length++] = row
    }
    if (!isSorted) rows.sort((a, b) => this.#resources.numberOf(a) - this.#resources.numberOf(b))
    return rows
  }
}

const FIRST_WORDS = 64

/** A set of slots, walked in order: one bit for each slot, so that the slots that a checkpoint folds need no sorting. */
export class SlotSet {
  #words = new Uint32Array(FIRST_WORDS)

  has(slot: number): boolean {
    return (((this.#words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1
  }

  /** Returns whether the slot was new. */
  add(slot: number): boolean {
    const word = slot >>> 5
    if (word >= this.#words.length) this.#grow(word + 1)
    const before = this.#words[word] ?? 0
    this.#words[word] = before | (1 << (slot & 31))
    return ((before >>> (slot & 31)) & 1) === 0
  }

  /** The smallest slot that is at least `from`, or undefined. */
  next(from: number): number | undefined {
    let bits = ((this.#words[from >>> 5] ?? 0) >>> (from & 31)) << (from & 31)
    for (let word = from >>> 5; word < this.#words.length; ) {
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits)
      bits = this.#words[++word] ?? 0
    }
    return undefined
  }

  addAll(other: SlotSet): void {
    const { length } = other.#words
    if (length > this.#words.length) this.#grow(length)
    for (let word = 0; word < length; word++)
      this.#words[word] = (this.#words[word] ?? 0) | (other.#words[word] ?? 0)
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2))
    grown.set(this.#words)
    this.#words = grown
  }
}

/** Slots that a checkpoint has taken, in the numbering of their moment. */
export interface TakenSlots {
  readonly slots: SlotSet
  /** The rows by these slots. After a renumbering the list keeps the rows that were removed since. */
  readonly rows: RowList
}

/**
 * The slots of the resources of one kind whose records the snapshot does not have as they are. A checkpoint takes the whole set in one step,
 * and finds the rows later. During a renumbering the set is kept in both numberings, so that a take-over is one step, too.
 */
export class DirtySlots {
  readonly #slots: Slots
  #present = new SlotSet()
  /** The same in the second slots of the rows that have one. */
  #second = new SlotSet()

  constructor(slots: Slots) {
    this.#slots = slots
  }

  add(row: number): void {
    this.#present.add(this.#slots.slotOf(row))
    const second = this.#slots.secondOf(row)
    if (second !== NO_SLOT) this.#second.add(second)
  }

  /** Takes all slots. Later ones are collected for the next time. */
  take(): TakenSlots {
    const slots = this.#present
    this.#present = new SlotSet()
    this.#second = new SlotSet()
    return { slots, rows: this.#slots.rows }
  }

  /** Adds slots that were taken. */
  giveBack(taken: TakenSlots, isRemoved: (row: number) => boolean): void {
    if (taken.rows === this.#slots.rows && !this.#slots.isRenumbering) this.#present.addAll(taken.slots)
    else for (const row of rowsOf(taken)) if (!isRemoved(row)) this.add(row)
  }

  /** A renumbering gives a row its second slot. */
  renumber(row: number, second: number): void {
    if (this.#present.has(this.#slots.slotOf(row))) this.#second.add(second)
  }

  /** The second slots count now. */
  takeOver(): void {
    this.#present = this.#second
    this.#second = new SlotSet()
  }
}

/** The rows of taken slots, in creation order, found on demand. Rows that were removed since may be among them. */
export function* rowsOf({ slots, rows }: TakenSlots): Generator<number> {
  for (let slot = slots.next(0); slot !== undefined; slot = slots.next(slot + 1)) {
    const row = rows.at(slot)
    if (row !== NO_ROW) yield row
  }
}
