// Slots: the places in memory of the resources of one kind, in creation order, from 0. So the order of bits in an index is the order of
// a list. A removal leaves a hole. A renumbering closes all holes: it gives every resource a second slot, some resources at a time, and
// then lets the second slots count, in one turn of the event loop.
import type { Numbering, StoredResource } from './entry.ts'
import type { ResourceKind } from './records.ts'

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

export class Slots implements Numbering {
  readonly kind: ResourceKind
  #entries: (StoredResource | undefined)[] = []
  /** The entries by their second slots, during a renumbering. */
  #next: (StoredResource | undefined)[] | undefined
  /** The slots whose entries have a second slot. */
  #walked = 0
  #isOdd = false
  #count = 0
  #nextNumber = 0

  constructor(kind: ResourceKind) {
    this.kind = kind
  }

  /** The entries by slot. A removal leaves undefined. A renumbering begins another array. */
  get entries(): readonly (StoredResource | undefined)[] {
    return this.#entries
  }

  /** The number of resources. */
  get count(): number {
    return this.#count
  }

  get isOdd(): boolean {
    return this.#isOdd
  }

  /** The creation number of the next resource, which is greater than every earlier one. */
  get nextNumber(): number {
    return this.#nextNumber
  }

  /** True if there are enough holes for a renumbering. */
  get isSparse(): boolean {
    const holes = this.#entries.length - this.#count
    return holes > this.#count * MIN_HOLE_SHARE && holes > MIN_HOLES
  }

  /** Adds a resource that was created after all others. */
  add(entry: StoredResource, number: number): void {
    if (number < this.#nextNumber)
      throw new Error(`${this.kind} ${entry.id} has a number that was given before`)
    this.#nextNumber = number + 1
    entry.setSlot(!this.#isOdd, NO_SLOT)
    entry.setSlot(this.#isOdd, this.#entries.length)
    this.#entries.push(entry)
    this.#count++
  }

  /** Collects a resource of a load, in any order. Its slot is known after `order`. */
  collect(entry: StoredResource): void {
    this.#entries.push(entry)
    this.#count++
  }

  /** Leaves a hole. The slots of the entry stay readable. A collected one is left to `order`. */
  remove(entry: StoredResource): void {
    this.#count--
    const { slot } = entry
    if (this.#entries[slot] !== entry) return
    this.#entries[slot] = undefined
    if (this.#next !== undefined && slot < this.#walked) this.#next[entry.otherSlot] = undefined
  }

  /** Gives the collected resources their slots, by their creation numbers, one per step. Throws when two have one number. */
  *order(): Generator<undefined, void> {
    const collected = inCreationOrder(this.#entries)
    this.#entries = []
    this.#count = 0
    for (const entry of collected) {
      this.add(entry, entry.number)
      yield
    }
  }

  /** Begins a renumbering. Only one at a time. */
  beginRenumbering(): void {
    if (this.#next !== undefined) throw new Error(`a renumbering of ${this.kind} is under way`)
    this.#next = []
    this.#walked = 0
  }

  /** The entries by their second slots. */
  get next(): readonly (StoredResource | undefined)[] {
    if (this.#next === undefined) throw new Error(`no renumbering of ${this.kind} is under way`)
    return this.#next
  }

  /** The second slot of an entry, once it has one. */
  secondSlotOf(entry: { readonly slot: number; readonly otherSlot: number }): number | undefined {
    return this.#next !== undefined && entry.slot < this.#walked ? entry.otherSlot : undefined
  }

  /** Passes `limit` more slots, and gives their entries second slots. Returns false at the end. */
  renumber(limit: number, visit: (entry: StoredResource) => void): boolean {
    const end = Math.min(this.#walked + limit, this.#entries.length)
    for (; this.#walked < end; this.#walked++) {
      const entry = this.#entries[this.#walked]
      if (entry === undefined) continue
      entry.setSlot(!this.#isOdd, this.next.length)
      this.#next?.push(entry)
      visit(entry)
    }
    return this.#walked < this.#entries.length
  }

  /** Lets the second slots count. Every entry must have one. The former slots stay readable until the next renumbering. */
  takeOver(): void {
    if (this.#next === undefined || this.#walked < this.#entries.length)
      throw new Error(`some ${this.kind} have no second slot`)
    this.#entries = this.#next
    this.#next = undefined
    this.#isOdd = !this.#isOdd
  }
}

/** Sorts entries by their numbers, and drops those that a load has removed again. Key order is mostly creation order already. */
function inCreationOrder(entries: readonly (StoredResource | undefined)[]): readonly StoredResource[] {
  const numbered: { readonly entry: StoredResource; readonly number: number }[] = []
  let isSorted = true
  let last = -1
  for (const entry of entries) {
    if (entry === undefined || entry.isRemoved) continue
    const { number } = entry
    if (number < last) isSorted = false
    last = number
    numbered.push({ entry, number })
  }
  if (!isSorted) numbered.sort((a, b) => a.number - b.number)
  return numbered.map(({ entry }) => entry)
}

/** A set of slots, walked in order: one bit for each slot, so that the slots that a checkpoint folds need no sorting. */
export class SlotSet {
  #words = new Uint32Array(64)
  #size = 0

  get size(): number {
    return this.#size
  }

  add(slot: number): void {
    const word = slot >>> 5
    if (word >= this.#words.length) this.#grow(word + 1)
    const before = this.#words[word] ?? 0
    const after = (before | (1 << (slot & 31))) >>> 0
    if (after === before) return
    this.#words[word] = after
    this.#size++
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
    for (let slot = other.next(0); slot !== undefined; slot = other.next(slot + 1)) this.add(slot)
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2))
    grown.set(this.#words)
    this.#words = grown
  }
}
