// Instants on the wire: RFC 3339 text in, microseconds since 1970-01-01T00:00:00Z as a bigint inside, one
// canonical UTC spelling out. A bigint, because microseconds in the years 0001-9999 do not fit a double exactly.

/** Microseconds since the Unix epoch, within the years 0001-9999. */
export type Instant = bigint

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
const EARLIEST: Instant = -62_135_596_800_000_000n // 0001-01-01T00:00:00Z
const LATEST: Instant = 253_402_300_799_999_999n // 9999-12-31T23:59:59.999999Z
const MICROS_PER_SECOND = 1_000_000n

/**
 * Reads an RFC 3339 time with `Z` or an offset and up to nine fractional digits, of which six are kept
 * (contract 3.4). Returns undefined for anything else: a day that does not exist, `:60`, a year outside
 * 0001-9999 in UTC.
 */
export function parseInstant(text: string): Instant | undefined {
  const parts = RFC3339.exec(text)
  if (parts === null) return undefined
  const [
    ,
    year,
    month,
    day,
    hour,
    minute,
    second,
    fraction = '',
    sign,
    offsetHour = '0',
    offsetMinute = '0',
  ] = parts
  if (!isDayOfMonth(Number(year), Number(month), Number(day))) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined
  const offsetSeconds = (Number(offsetHour) * 3600 + Number(offsetMinute) * 60) * (sign === '-' ? -1 : 1)
  const local = Date.UTC(2000, 0, 1, Number(hour), Number(minute), Number(second))
  const dayMs = utcDayMs(Number(year), Number(month), Number(day)) - utcDayMs(2000, 1, 1)
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  const instant = BigInt(local + dayMs - offsetSeconds * 1000) * 1000n + BigInt(micros)
  return instant < EARLIEST || instant > LATEST ? undefined : instant
}

/**
 * Prints an instant in UTC: no fraction for whole seconds, three digits for whole milliseconds, otherwise six
 * (contract 3.4).
 */
export function formatInstant(instant: Instant): string {
  let microsOfSecond = instant % MICROS_PER_SECOND
  if (microsOfSecond < 0n) microsOfSecond += MICROS_PER_SECOND
  const seconds = new Date(Number((instant - microsOfSecond) / 1000n)).toISOString().slice(0, 19)
  if (microsOfSecond === 0n) return `${seconds}Z`
  const digits = String(microsOfSecond).padStart(6, '0')
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}

/** The instant of a clock reading in milliseconds since the Unix epoch. */
export function instantFromMs(ms: number): Instant {
  return BigInt(ms) * 1000n
}

/** Midnight of a day; unlike Date.UTC it reads the years 0-99 as they are. */
function utcDayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function isDayOfMonth(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const lastDay = new Date(0)
  lastDay.setUTCFullYear(year, month, 0)
  return day <= lastDay.getUTCDate()
}
