// A table by creation numbers of resources, in typed arrays, whose garbage collection costs the same whatever they hold.

/** A table from numbers to values, both unsigned 32-bit integers: open addressing with linear probing. */
export class NumberTable {
  /** A number plus one; 0 is a free cell. */
  #keys = new Uint32Array(MIN_CELLS)
  #values = new Uint32Array(MIN_CELLS)
  #size = 0
  /** The cell at which `take` looks next. */
  #cursor = 0

  get size(): number {
    return this.#size
  }

  get(number: number): number | undefined {
    const cell = this.#cellOf(number)
    return this.#keys[cell] === 0 ? undefined : this.#values[cell]
  }

  set(number: number, value: number): void {
    const cell = this.#cellOf(number)
    if (this.#keys[cell] === 0) this.#add(cell, number, value)
    else this.#values[cell] = value
  }

  /** Adds a number, and leaves the value of one that is present. Returns whether it was new. */
  addNew(number: number, value: number): boolean {
    const cell = this.#cellOf(number)
    if (this.#keys[cell] !== 0) return false
    this.#add(cell, number, value)
    return true
  }

  delete(number: number): void {
    const cell = this.#cellOf(number)
    if (this.#keys[cell] !== 0) this.#empty(cell)
  }

  /** Removes any number and passes it to `use` with its value. Returns false if there is none. */
  take(use: (number: number, value: number) => void): boolean {
    if (this.#size === 0) return false
    let cell = this.#cursor & this.#mask
    while (this.#keys[cell] === 0) cell = (cell + 1) & this.#mask
    this.#cursor = cell
    const number = (this.#keys[cell] as number) - 1
    const value = this.#values[cell] as number
    this.#empty(cell)
    // A search for the few numbers of a large table would take long.
    if (this.#size === 0) this.clear()
    use(number, value)
    return true
  }

  clear(): void {
    this.#size = 0
    this.#cursor = 0
    if (this.#keys.length > MIN_CELLS) {
      this.#keys = new Uint32Array(MIN_CELLS)
      this.#values = new Uint32Array(MIN_CELLS)
    } else this.#keys.fill(0)
  }

  get #mask(): number {
    return this.#keys.length - 1
  }

  /** The cell of a number, or the free cell where it would be. */
  #cellOf(number: number): number {
    const mask = this.#mask
    let cell = homeOf(number) & mask
    while (this.#keys[cell] !== 0 && this.#keys[cell] !== number + 1) cell = (cell + 1) & mask
    return cell
  }

  #add(cell: number, number: number, value: number): void {
    this.#keys[cell] = number + 1
    this.#values[cell] = value
    this.#size++
    if (this.#size * 4 > this.#keys.length * 3) this.#grow()
  }

  /** Frees a cell, and moves back what was pushed away from its place. */
  #empty(cell: number): void {
    const mask = this.#mask
    let free = cell
    for (let next = (free + 1) & mask; this.#keys[next] !== 0; next = (next + 1) & mask) {
      const home = homeOf((this.#keys[next] as number) - 1) & mask
      if (((next - home) & mask) < ((next - free) & mask)) continue
      this.#keys[free] = this.#keys[next] as number
      this.#values[free] = this.#values[next] as number
      free = next
    }
    this.#keys[free] = 0
    this.#size--
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values]
    this.#keys = new Uint32Array(keys.length * 2)
    this.#values = new Uint32Array(keys.length * 2)
    for (let from = 0; from < keys.length; from++) {
      const key = keys[from] as number
      if (key === 0) continue
      const cell = this.#cellOf(key - 1)
      this.#keys[cell] = key
      this.#values[cell] = values[from] as number
    }
    this.#cursor = 0
  }
}

const MIN_CELLS = 8

/** Spreads numbers, of which neighbours are often present together. */
function homeOf(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 4
}
