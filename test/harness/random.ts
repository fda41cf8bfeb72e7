// Random numbers from a seed that is given: the same for each process of a run, and for each run that is repeated.
import { randomInt } from 'node:crypto'

/** The seed of this run: taken from the environment, or new; the one who starts the run prints it. */
export function runSeed(): number {
  return Number(process.env.HYPERFLEET_TEST_SEED ?? randomInt(2 ** 31))
}

export class Random {
  #state: number

  constructor(...seeds: readonly number[]) {
    this.#state = 0
    for (const seed of seeds) this.#state = (this.word() ^ seed) >>> 0
  }

  /** A number of 32 bits (splitmix32). */
  word(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }

  /** An integer from 0 to `end`, without it. */
  below(end: number): number {
    return Math.floor((this.word() / 2 ** 32) * end)
  }

  chance(probability: number): boolean {
    return this.word() < probability * 2 ** 32
  }

  of<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }
}
