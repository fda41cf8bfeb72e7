// The free runs of units of a memory. Adjacent free runs are merged at once, so that freed small regions can serve a large one.
// Taking and giving take a few steps, however many runs are free.

const EXACT_BINS = 32
const BINS = 64
const NONE = -1

/** Runs of up to 32 units have one bin per length, longer ones one bin per power of two. */
function binOf(units: number): number {
  return units <= EXACT_BINS ? units - 1 : EXACT_BINS - 5 + (31 - Math.clz32(units))
}

export class UnitRuns {
  /** The length of a free run, at its first and its last unit; elsewhere 0. */
  #length = new Uint32Array(0)
  readonly #heads = new Int32Array(BINS).fill(NONE)
  #next = new Int32Array(0)
  #previous = new Int32Array(0)
  #units = 0

  get units(): number {
    return this.#units
  }

  /** Adds free units at the end. */
  extend(units: number): void {
    const total = this.#units + units
    const grow = <T extends Uint32Array | Int32Array>(to: T, from: T) => {
      to.set(from)
      return to
    }
    if (total > this.#length.length) {
      const room = Math.max(total, this.#length.length * 2)
      this.#length = grow(new Uint32Array(room), this.#length)
      this.#next = grow(new Int32Array(room), this.#next)
      this.#previous = grow(new Int32Array(room), this.#previous)
    }
    const first = this.#units
    this.#units = total
    this.give(first, units)
  }

  /** Takes a run of this many units and returns its first one; undefined if no free run is long enough. */
  take(units: number): number | undefined {
    for (let bin = binOf(units); bin < BINS; bin++)
      for (let run = this.#heads[bin] ?? NONE; run !== NONE; run = this.#next[run] ?? NONE) {
        const length = this.#length[run] ?? 0
        if (length < units) continue
        this.#unlink(run, length)
        if (length > units) this.#link(run + units, length - units)
        return run
      }
    return undefined
  }

  /** Frees a taken run, or a part of one. */
  give(first: number, units: number): void {
    let start = first
    let length = units
    const before = first > 0 ? (this.#length[first - 1] ?? 0) : 0
    if (before > 0) {
      start -= before
      length += before
      this.#unlink(start, before)
    }
    const after = first + units < this.#units ? (this.#length[first + units] ?? 0) : 0
    if (after > 0) {
      this.#unlink(first + units, after)
      length += after
    }
    this.#link(start, length)
  }

  #link(run: number, length: number): void {
    const bin = binOf(length)
    const head = this.#heads[bin] ?? NONE
    this.#length[run] = length
    this.#length[run + length - 1] = length
    this.#next[run] = head
    this.#previous[run] = NONE
    if (head !== NONE) this.#previous[head] = run
    this.#heads[bin] = run
  }

  #unlink(run: number, length: number): void {
    const next = this.#next[run] ?? NONE
    const previous = this.#previous[run] ?? NONE
    if (previous === NONE) this.#heads[binOf(length)] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
    this.#length[run] = 0
    this.#length[run + length - 1] = 0
  }
}
