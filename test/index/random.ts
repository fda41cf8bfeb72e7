// One seed for the random tests of this folder: printed, and taken back from the environment.
const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

/** Random numbers from the seed. */
export class Random {
  #state = SEED >>> 0

  constructor() {
    console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
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

  /** Ascending numbers below `end`, each with this probability. */
  slots(end: number, density: number): number[] {
    return Array.from({ length: end }, (_, slot) => slot).filter(() => this.chance(density))
  }

  /** 64-bit integers: small, large, or at the ends of what there is. */
  bigint(): bigint {
    const wide = (BigInt(this.word()) << 32n) | BigInt(this.word())
    return BigInt.asIntN(64, this.of([wide, BigInt(this.below(8)) - 4n, 2n ** 63n - BigInt(this.below(3))]))
  }
}
