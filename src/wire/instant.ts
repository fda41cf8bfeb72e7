// Instants on the wire: parsed from RFC 3339 text, kept as microseconds since 1970-01-01T00:00:00Z, printed in one
// canonical UTC spelling. They are bigints, because microseconds in the years 0001-9999 do not fit a double exactly.

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
  return parsePlain(text) ?? parseAny(text)
}

/**
 * Fast path of parseInstant for the spelling that formatInstant prints, from 1970 to 2199, where microseconds are exact
 * in a double. Returns undefined for anything else. A start parses several times for each record.
 */
function parsePlain(text: string): Instant | undefined {
  if (!isPlain(text)) return undefined
  const micros =
    text.length === 20 ? 0 : digitsAt(text, 20, text.length - 21) * (text.length === 24 ? 1000 : 1)
  const day = dayNumber(digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2))
  const second = secondOfDay(digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2))
  if (day === NO_TIME || second === NO_TIME || !(micros >= 0)) return undefined
  return BigInt((day * SECONDS_PER_DAY + second) * 1e6 + micros)
}

/** Reads `count` decimal digits from `at` on; NaN if one is not a digit. */
function digitsAt(text: string, at: number, count: number): number {
  let number = 0
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 0x30
    number = digit >= 0 && digit <= 9 ? number * 10 + digit : Number.NaN
  }
  return number
}

/** Checks the characters that are not digits: they must be the ones that formatInstant prints. */
function isPlain(text: string): boolean {
  const isPrinted = text.length === 20 || ((text.length === 24 || text.length === 27) && text[19] === '.')
  const hasDate = text[4] === '-' && text[7] === '-' && text[10] === 'T'
  return isPrinted && hasDate && text[13] === ':' && text[16] === ':' && text.endsWith('Z')
}

/** Result for what is no time of the fast paths. */
const NO_TIME = -1
const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Number of a day from 1970 to 2199, counted from 1970-01-01: Howard Hinnant's `days_from_civil`. */
function dayNumber(year: number, month: number, day: number): number {
  if (!(year >= 1970 && year < 2200 && month >= 1 && month <= 12 && day >= 1)) return NO_TIME
  if (day > 28 && day > lengthOfMonth(year, month)) return NO_TIME
  const yearFromMarch = month <= 2 ? year - 1 : year
  const monthFromMarch = month <= 2 ? month + 9 : month - 3
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1
  const leapDays =
    Math.floor(yearFromMarch / 4) - Math.floor(yearFromMarch / 100) + Math.floor(yearFromMarch / 400)
  return yearFromMarch * 365 + leapDays + dayOfYear - 719_468
}

function lengthOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 && isLeap ? 29 : (MONTH_LENGTHS[month - 1] ?? 0)
}

function secondOfDay(hour: number, minute: number, second: number): number {
  const isTime = hour >= 0 && hour <= 23 && minute >= 0 && minute <= 59 && second >= 0 && second <= 59
  return isTime ? hour * 3600 + minute * 60 + second : NO_TIME
}

/**
 * Reads the time in a part of some bytes, as parseInstant reads the same characters, without a string and without a bigint:
 * microseconds in a double. Returns NaN for what is left to parseInstant: small letters, years before 1970 or after 2199, and
 * whatever is no time.
 */
export function microsInBytes(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20 || !hasMarks(bytes, start)) return Number.NaN
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2)
  const day = dayNumber(year, twoDigits(bytes, start + 5), twoDigits(bytes, start + 8))
  const second = secondOfDay(
    twoDigits(bytes, start + 11),
    twoDigits(bytes, start + 14),
    twoDigits(bytes, start + 17),
  )
  if (day === NO_TIME || second === NO_TIME) return Number.NaN
  const zone = bytes[start + 19] === DOT ? digitsEnd(bytes, start + 20, end) : start + 19
  const micros = zone === start + 19 ? 0 : fractionMicros(bytes, start + 20, zone)
  return (day * SECONDS_PER_DAY + second - offsetSeconds(bytes, zone, end)) * 1e6 + micros
}

function hasMarks(bytes: Uint8Array, start: number): boolean {
  const hasDate = bytes[start + 4] === DASH && bytes[start + 7] === DASH && bytes[start + 10] === T
  return hasDate && bytes[start + 13] === COLON && bytes[start + 16] === COLON
}

/** Result for two bytes that are no digits: too small for a year, too, if it is one half of it. */
const NO_DIGITS = -10_000

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - 0x30
  const ones = (bytes[at + 1] ?? 0) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NO_DIGITS
}

function digitsEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end && (bytes[i] ?? 0) >= 0x30 && (bytes[i] ?? 0) <= 0x39) i++
  return i
}

/** Microseconds of a fraction of one to nine digits, of which six are kept; NaN for any other number of digits. */
function fractionMicros(bytes: Uint8Array, start: number, end: number): number {
  if (end === start || end - start > 9) return Number.NaN
  let micros = 0
  for (let i = start; i < start + 6; i++) micros = micros * 10 + (i < end ? (bytes[i] ?? 0) - 0x30 : 0)
  return micros
}

/** Offset of a zone, `Z` or `+01:30`; NaN for anything else. */
function offsetSeconds(bytes: Uint8Array, zone: number, end: number): number {
  if (bytes[zone] === Z) return zone === end - 1 ? 0 : Number.NaN
  const isAhead = bytes[zone] === PLUS
  if (end - zone !== 6 || !(isAhead || bytes[zone] === DASH) || bytes[zone + 3] !== COLON) return Number.NaN
  const seconds = secondOfDay(twoDigits(bytes, zone + 1), twoDigits(bytes, zone + 4), 0)
  if (seconds === NO_TIME) return Number.NaN
  return isAhead ? seconds : -seconds
}

/** Slow path of parseInstant: any RFC 3339 spelling. */
function parseAny(text: string): Instant | undefined {
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
  const micros = Number(instant)
  return micros >= 0 && micros < EXACT_UNTIL ? formatOften(micros) : formatAny(instant)
}

/**
 * Cache of the times printed last, each in a place computed from its value. The documents of one report contain a dozen
 * times, only three of them different.
 */
const PRINTED_PLACES = 64
const printedMicros = new Float64Array(PRINTED_PLACES).fill(Number.NaN)
const printedTexts = new Array<string>(PRINTED_PLACES).fill('')

function formatOften(micros: number): string {
  // Whole milliseconds are the most frequent values. `micros` alone would crowd them into a few places.
  const place = Math.floor(micros / 1000 + micros) % PRINTED_PLACES
  if (printedMicros[place] !== micros) {
    printedTexts[place] = formatPlain(micros)
    printedMicros[place] = micros
  }
  return printedTexts[place] ?? ''
}

/** 2200-01-01T00:00:00Z: up to here microseconds are exact in a double. */
const EXACT_UNTIL = 7_258_118_400_000_000
const SECONDS_PER_DAY = 86_400
const [DASH, COLON, DOT, PLUS, T, Z] = [0x2d, 0x3a, 0x2e, 0x2b, 0x54, 0x5a]

/** Prints times that are exact in a double. A report prints a dozen, which took a tenth of its time by way of Date. */
function formatPlain(micros: number): string {
  const seconds = Math.floor(micros / 1e6)
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  const second = seconds - day * SECONDS_PER_DAY
  return dateText(day) + timeText(second) + fractionText(micros - seconds * 1e6)
}

/** Date of a day counted from 1970-01-01: Howard Hinnant's `civil_from_days`. */
function dateText(day: number): string {
  const shifted = day + 719_468 // days since 0000-03-01
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const date = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return String.fromCharCode(
    digit(year, 1000),
    digit(year, 100),
    digit(year, 10),
    digit(year, 1),
    DASH,
    digit(month, 10),
    digit(month, 1),
    DASH,
    digit(date, 10),
    digit(date, 1),
    T,
  )
}

function timeText(second: number): string {
  const hour = Math.floor(second / 3600)
  const minute = Math.floor(second / 60) % 60
  const rest = second % 60
  return String.fromCharCode(
    digit(hour, 10),
    digit(hour, 1),
    COLON,
    digit(minute, 10),
    digit(minute, 1),
    COLON,
    digit(rest, 10),
    digit(rest, 1),
  )
}

function fractionText(micros: number): string {
  if (micros === 0) return 'Z'
  const [a, b, c] = [digit(micros, 100_000), digit(micros, 10_000), digit(micros, 1000)]
  if (micros % 1000 === 0) return String.fromCharCode(DOT, a, b, c, Z)
  return String.fromCharCode(DOT, a, b, c, digit(micros, 100), digit(micros, 10), digit(micros, 1), Z)
}

/** Character code of one decimal digit. */
function digit(number: number, unit: number): number {
  return 0x30 + (Math.floor(number / unit) % 10)
}

/** Slow path of formatInstant: any instant. */
function formatAny(instant: Instant): string {
  let microsOfSecond = instant % MICROS_PER_SECOND
  if (microsOfSecond < 0n) microsOfSecond += MICROS_PER_SECOND
  const seconds = new Date(Number((instant - microsOfSecond) / 1000n)).toISOString().slice(0, 19)
  if (microsOfSecond === 0n) return `${seconds}Z`
  const digits = String(microsOfSecond).padStart(6, '0')
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`
}

/** Converts a clock reading in milliseconds since the Unix epoch. */
export function instantFromMs(ms: number): Instant {
  return BigInt(ms) * 1000n
}

/** Midnight of a day. Unlike Date.UTC, it does not map the years 0-99 to 1900-1999. */
function utcDayMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function isDayOfMonth(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const lastDay = new Date(0)
  lastDay.setUTCFullYear(year, month, 0)
  return day <= lastDay.getUTCDate()
}
