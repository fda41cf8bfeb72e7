// Random numbers for the tests of this folder. They have one seed, which is printed, and can be set in the environment.
import { runSeed, Random as SeededRandom } from '../harness/random.ts'

const SEED = runSeed()

export class Random extends SeededRandom {
  constructor() {
    super(SEED)
    console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  }

  /** Ascending numbers below `end`, each with this probability. */
  slots(end: number, density: number): number[] {
    return Array.from({ length: end }, (_, slot) => slot).filter(() => this.chance(density))
  }

  /** 64-bit integers: small, large, or at the end of the range. */
  bigint(): bigint {
    const wide = (BigInt(this.word()) << 32n) | BigInt(this.word())
    return BigInt.asIntN(64, this.of([wide, BigInt(this.below(8)) - 4n, 2n ** 63n - BigInt(this.below(3))]))
  }
}
