// Lengths of time on a command line, in the form of Go's and kubectl's: 90s, 1m30s, 500ms; a bare number is of seconds.
import { UsageError } from '../command.ts'

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const PART = /(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)/g
const WHOLE = /^(\d{1,9}(\.\d{1,3})?(ms|s|m|h))+$/
const MAX_MS = 30 * 24 * 3_600_000

/**
 * Milliseconds, at most 30 days.
 * @throws UsageError that says what is allowed
 */
export function readDuration(name: string, text: string): number {
  const whole = /^\d{1,9}$/.test(text) ? `${text}s` : text
  const ms = WHOLE.test(whole)
    ? [...whole.matchAll(PART)].reduce(
        (sum, [, count, unit = '']) => sum + Number(count) * (UNITS_MS[unit] ?? 0),
        0,
      )
    : Number.NaN
  if (ms <= MAX_MS) return Math.round(ms)
  throw new UsageError(`--${name} is '${text}': must be a time such as 60s, 1m30s or 500ms, at most 720h`)
}
