// Counts by name, for names of a fixed set.

export class Tally {
  readonly #counts: Map<string, number>

  /** The names are there from the start with 0, so that a rate over a first event is seen. */
  constructor(names: readonly string[]) {
    this.#counts = new Map(names.map(name => [name, 0]))
  }

  get entries(): Iterable<readonly [name: string, count: number]> {
    return this.#counts
  }

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
