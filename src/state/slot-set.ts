// A set of slots, walked in order: one bit per slot, so that what a checkpoint has to fold needs no sorting.
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

  /** The smallest slot from `from` on, or undefined. */
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
