// Times, numbers and texts as people read them.
import { signal } from '@preact/signals'

/** The present time in milliseconds. It moves once a second while the page is visible. */
export const now = signal(Date.now())
window.setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 1000)

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** A duration with one unit, or two: `3m 20s`, `2d 4h`, `0s`. */
export function durationText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds))
  for (const [i, [unit, size]] of UNITS.entries()) {
    if (rest < size) continue
    const count = Math.floor(rest / size)
    rest -= count * size
    const [nextUnit, nextSize] = UNITS[i + 1] ?? ['s', 1]
    const next = Math.floor(rest / nextSize)
    return next === 0 || count >= 10 ? `${count}${unit}` : `${count}${unit} ${next}${nextUnit}`
  }
  return `${rest}s`
}

/** The time since an instant. */
export function ageText(time: string | undefined, nowMs = now.value): string {
  if (time === undefined) return '–'
  const age = (nowMs - Date.parse(time)) / 1000
  return Number.isNaN(age) ? '–' : durationText(age)
}

const NUMBERS = new Intl.NumberFormat('en')

export function countText(count: number): string {
  return NUMBERS.format(count)
}

const SHORT_NUMBERS = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** A count in a few characters: `1.2M`. */
export function shortCountText(count: number): string {
  return SHORT_NUMBERS.format(count)
}

export function shareText(part: number, whole: number): string {
  if (whole === 0) return '–'
  const percent = (100 * part) / whole
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  if (percent < 100 && percent > 99.9) return '> 99.9 %'
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)} %`
}

/** A short duration: `54 µs`, `2.8 ms`, `1.3 s`. */
export function microsecondsText(microseconds: number): string {
  if (microseconds < 1000) return `${Math.round(microseconds)} µs`
  const [value, unit] =
    microseconds < 1_000_000 ? [microseconds / 1000, 'ms'] : [microseconds / 1_000_000, 's']
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

export function bytesText(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toPrecision(2)} ${BYTE_UNITS[unit]}`
}

/** A text as a literal of the search language (contract 8.2). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A search for the times of a bucket (contract 15.3), within another search. */
export function between(
  field: string,
  from: string | undefined,
  to: string | undefined,
  search = '',
): string {
  const parts = search === '' ? [] : [search]
  if (from !== undefined) parts.push(`${field} > '${from}'`)
  if (to !== undefined) parts.push(`${field} <= '${to}'`)
  return parts.join(' and ')
}

/** The search that both searches say. */
export function both(a: string, b: string): string {
  if (a.trim() === '') return b
  if (b.trim() === '') return a
  const enclosed = /\bor\b/i.test(a) ? `(${a})` : a
  return `${enclosed} and ${b}`
}
