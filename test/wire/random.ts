// One seed for the random tests of this folder: printed, and taken back from the environment.
import fc from 'fast-check'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

/** Holds a property against random values; a failure shows the seed and the shrunk counterexample. */
export function holds<T>(values: fc.Arbitrary<T>, check: (value: T) => void, runs = 500): void {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  fc.assert(fc.property(values, check), { seed: SEED, numRuns: runs })
}
