// Faults as lines of text.
import type { Fault } from '../../ops/audit/group.ts'
import { count } from '../count.ts'

/** A line for each fault, and one that says how many more there are. */
export function faultLines(faults: readonly Fault[], faultCount: number): string[] {
  const lines = faults.map(({ where, what }) => `${where}: ${what}`)
  const more = faultCount - faults.length
  return more === 0 ? lines : [...lines, `… and ${count(more)} more`]
}
