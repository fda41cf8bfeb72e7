// Seed of the random tests of this folder: printed, and taken from HYPERFLEET_TEST_SEED.
import fc from 'fast-check'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

/** Checks a property with random values. A failure shows the seed and the shrunk counterexample. */
export function holds<T>(values: fc.Arbitrary<T>, check: (value: T) => void, runs = 500): void {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  fc.assert(fc.property(values, check), { seed: SEED, numRuns: runs })
}
