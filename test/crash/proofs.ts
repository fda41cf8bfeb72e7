// The account of the long runs (`npm run test:crash`): each run that held adds its seed and its counts to a file.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

export type Counts = Readonly<Record<string, number>>

/** By proof: the sums over all runs, and the runs. */
interface Account {
  [proof: string]: { totals: Record<string, number>; runs: { seed: number; counts: Counts }[] }
}

/** Adds a run to the account in the file that HYPERFLEET_TEST_CRASH_PROOFS names; without one it does nothing. */
export function addToProofs(proof: string, seed: number, counts: Counts): void {
  const path = process.env.HYPERFLEET_TEST_CRASH_PROOFS
  if (path === undefined) return
  // Only this function and scripts/test/crash.mjs write the file.
  const account = (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}) as Account
  const { totals, runs } = account[proof] ?? { totals: {}, runs: [] }
  for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count
  account[proof] = { totals, runs: [...runs, { seed, counts }] }
  // A run that is cut here leaves the account as it was.
  writeFileSync(`${path}.new`, `${JSON.stringify(account, undefined, 1)}\n`)
  renameSync(`${path}.new`, path)
}
