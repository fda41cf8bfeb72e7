// Durations on the wire: `30m`, `1h30m`, `1d12h`. One or more numbers with a unit, the greatest unit first and each at most once
// (contract 13.1).

const DURATION = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/i
const DAY_MS = 86_400_000
const UNITS_MS = [DAY_MS, 3_600_000, 60_000, 1000, 1]

/** The longest duration: 36500 days. */
export const MAX_DURATION_MS = 36_500 * DAY_MS

/** Reads a duration into milliseconds. Returns undefined for any other text, and for a duration over MAX_DURATION_MS. */
export function parseDuration(text: string): number | undefined {
  const numbers = text === '' ? null : DURATION.exec(text)
  if (numbers === null) return undefined
  let ms = 0
  for (let unit = 0; unit < UNITS_MS.length; unit++)
    ms += Number(numbers[unit + 1] ?? 0) * (UNITS_MS[unit] ?? 0)
  return ms <= MAX_DURATION_MS ? ms : undefined
}
