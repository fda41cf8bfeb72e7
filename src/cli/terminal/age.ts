// How long ago something was, for people.
import type { Cell } from './listing.ts'

const SECOND_MS = 1000
/** From the largest on: the first that fits at least once is the unit. */
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['y', 365 * 86_400 * SECOND_MS],
  ['d', 86_400 * SECOND_MS],
  ['h', 3600 * SECOND_MS],
  ['m', 60 * SECOND_MS],
]

/** `3m`, `2h`, `5d`. What the server's clock, running ahead of this machine's, puts into the future is `0s` old. */
export function ageText(time: string, nowMs: number): string {
  const ageMs = Math.max(0, nowMs - Date.parse(time))
  if (Number.isNaN(ageMs)) return '?'
  const unit = UNITS.find(([, ms]) => ageMs >= ms)
  if (unit === undefined) return `${Math.floor(ageMs / SECOND_MS)}s`
  return `${Math.floor(ageMs / unit[1])}${unit[0]}`
}

/** An age for the terminal, the time itself for a pipe. */
export function ageCell(time: string, nowMs: number): Cell {
  return { text: ageText(time, nowMs), exact: time }
}
