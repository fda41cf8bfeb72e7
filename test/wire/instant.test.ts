// Times on the wire (contract 3.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatInstant, instantFromMs, microsInBytes, parseInstant } from '../../src/wire/instant.ts'
import { holds } from './random.ts'

/** Pairs of a time as sent and as printed. */
const printed: readonly (readonly [string, string])[] = [
  ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ['2026-01-31T23:59:59Z', '2026-01-31T23:59:59Z'],
  ['2026-01-31t23:59:59z', '2026-01-31T23:59:59Z'],
  ['2026-01-31T23:59:59-00:00', '2026-01-31T23:59:59Z'],
  ['2026-01-31T23:30:00-01:45', '2026-02-01T01:15:00Z'],
  ['2026-03-01T00:10:00+00:30', '2026-02-28T23:40:00Z'],
  ['2024-03-01T00:10:00+00:30', '2024-02-29T23:40:00Z'],
  ['2026-01-01T12:00:00+23:59', '2025-12-31T12:01:00Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ['0001-01-01T05:00:00+05:00', '0001-01-01T00:00:00Z'],
  ['0000-12-31T23:00:00-01:00', '0001-01-01T00:00:00Z'],
  ['0099-07-08T09:10:11.5Z', '0099-07-08T09:10:11.500Z'],
  ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999Z'],
  ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999Z'],
  ['9999-12-31T22:59:59-01:00', '9999-12-31T23:59:59Z'],
  ['2026-01-01T00:00:00.0Z', '2026-01-01T00:00:00Z'],
  ['2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.100Z'],
  ['2026-01-01T00:00:00.12Z', '2026-01-01T00:00:00.120Z'],
  ['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.123Z'],
  ['2026-01-01T00:00:00.1234Z', '2026-01-01T00:00:00.123400Z'],
  ['2026-01-01T00:00:00.12345Z', '2026-01-01T00:00:00.123450Z'],
  ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456Z'],
  ['2026-01-01T00:00:00.1234567Z', '2026-01-01T00:00:00.123456Z'],
  ['2026-01-01T00:00:00.12345678Z', '2026-01-01T00:00:00.123456Z'],
  ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123456Z'],
  ['2026-01-01T00:00:00.000000999Z', '2026-01-01T00:00:00Z'],
  ['2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000001Z'],
  ['2026-01-01T00:00:00.001000999Z', '2026-01-01T00:00:00.001Z'],
]

for (const [sent, shown] of printed) {
  test(`a client's time ${sent} is kept and printed as ${shown} (contract 3.4)`, () => {
    const instant = parseInstant(sent)
    assert.ok(instant !== undefined)
    assert.equal(formatInstant(instant), shown)
  })
}

const refused: readonly (readonly [string, string])[] = [
  ['2026-01-01T00:00:60Z', 'a leap second'],
  ['2016-12-31T23:59:60Z', 'a leap second that there was'],
  ['2026-01-01T24:00:00Z', 'hour 24'],
  ['2026-01-01T00:60:00Z', 'minute 60'],
  ['2026-00-01T00:00:00Z', 'month 0'],
  ['2026-13-01T00:00:00Z', 'month 13'],
  ['2026-01-00T00:00:00Z', 'day 0'],
  ['2026-04-31T00:00:00Z', 'the 31st of April'],
  ['2026-02-29T00:00:00Z', 'the 29th of February in a common year'],
  ['1900-02-29T00:00:00Z', 'the 29th of February in a common century'],
  ['0000-12-31T23:59:59Z', 'the year 0'],
  ['0001-01-01T00:00:00+00:01', 'an offset that leads before the year 1'],
  ['9999-12-31T23:59:59-00:01', 'an offset that leads behind the year 9999'],
  ['10000-01-01T00:00:00Z', 'a year of five digits'],
  ['-001-01-01T00:00:00Z', 'a negative year'],
  ['2026-01-01T00:00:00.1234567890Z', 'ten fractional digits'],
  ['2026-01-01T00:00:00.Z', 'a point without digits'],
  ['2026-01-01T00:00:00,5Z', 'a comma'],
  ['2026-01-01T00:00:00', 'no zone'],
  ['2026-01-01T00:00Z', 'no seconds'],
  ['2026-01-01', 'no time of day'],
  ['2026-01-01 00:00:00Z', 'a space for the T'],
  ['2026-01-01T00:00:00+24:00', 'an offset of 24 hours'],
  ['2026-01-01T00:00:00+00:60', 'an offset of 60 minutes'],
  ['2026-01-01T00:00:00+0100', 'an offset without colon'],
  ['2026-01-01T00:00:00+01', 'an offset without minutes'],
  ['2026-01-01T00:00:00\u221201:00', 'a typographic minus'],
  [' 2026-01-01T00:00:00Z', 'a space in front'],
  ['2026-01-01T00:00:00Z\n', 'a line end behind'],
  ['\u0662026-01-01T00:00:00Z', 'a digit of another script'],
  ['1767225600', 'a number of seconds'],
  ['', 'nothing'],
]

for (const [sent, what] of refused) {
  test(`a time with ${what} is refused: ${JSON.stringify(sent)} (contract 3.4)`, () => {
    assert.equal(parseInstant(sent), undefined)
  })
}

test('times are microseconds since 1970, exact at both ends of the calendar (contract 3.4)', () => {
  assert.equal(parseInstant('1970-01-01T00:00:00Z'), 0n)
  assert.equal(parseInstant('1969-12-31T23:59:59.999999Z'), -1n)
  assert.equal(parseInstant('2001-09-09T01:46:40.000001Z'), 1_000_000_000_000_001n)
  assert.equal(parseInstant('0001-01-01T00:00:00Z'), -62_135_596_800_000_000n)
  assert.equal(parseInstant('9999-12-31T23:59:59.999999Z'), 253_402_300_799_999_999n)
})

/** Reads a time from the middle of some bytes. */
function microsOf(text: string): number {
  const [before, bytes] = [Buffer.from('"2'), Buffer.from(text)]
  const all = Buffer.concat([before, bytes, Buffer.from('0Z')])
  return microsInBytes(all, before.length, before.length + bytes.length)
}

test('a time in bytes is read like the same time in a text, or left to it (contract 3.4)', () => {
  for (const [sent] of printed) {
    const isLeft = !/^(19[7-9]|20|21)\d.*T.*[Z0-9]$/.test(sent)
    assert.equal(microsOf(sent), isLeft ? Number.NaN : Number(parseInstant(sent)), sent)
  }
  for (const [sent] of refused) assert.equal(microsOf(sent), Number.NaN, sent)
})

test("the server's clock is printed to the millisecond (contract 3.4)", () => {
  assert.equal(formatInstant(instantFromMs(1_767_225_600_007)), '2026-01-01T00:00:00.007Z')
  assert.equal(formatInstant(instantFromMs(1_767_225_600_000)), '2026-01-01T00:00:00Z')
  assert.equal(formatInstant(instantFromMs(-1)), '1969-12-31T23:59:59.999Z')
})

const between = (min: number, max: number) => fc.integer({ min, max })
const writtenTime = fc.record({
  year: fc.oneof(
    between(1, 9999),
    fc.constantFrom(1, 2, 4, 99, 100, 400, 1900, 1969, 1970, 2000, 9998, 9999),
  ),
  month: between(1, 12),
  day: fc.oneof(between(1, 28), between(28, 31)),
  hour: between(0, 23),
  minute: between(0, 59),
  second: between(0, 59),
  fraction: fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 9 }),
  offsetMinutes: fc.oneof(fc.constant(0), between(-1439, 1439)),
  small: fc.boolean(),
})
type WrittenTime = typeof writtenTime extends fc.Arbitrary<infer T> ? T : never

function write(time: WrittenTime): string {
  const padded = (value: number, width = 2): string => String(value).padStart(width, '0')
  const date = `${padded(time.year, 4)}-${padded(time.month)}-${padded(time.day)}`
  const fraction = time.fraction === '' ? '' : `.${time.fraction}`
  const clock = `${padded(time.hour)}:${padded(time.minute)}:${padded(time.second)}${fraction}`
  const offset = Math.abs(time.offsetMinutes)
  const sign = time.offsetMinutes < 0 ? '-' : '+'
  const zone = offset === 0 ? 'Z' : `${sign}${padded(Math.trunc(offset / 60))}:${padded(offset % 60)}`
  const text = `${date}T${clock}${zone}`
  return time.small ? text.toLowerCase() : text
}

/** Days in a month of the Gregorian calendar, by its definition. */
function daysIn(year: number, month: number): number {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

/** Microseconds since the first of January of the year 1, counted without a Date. */
function count(time: WrittenTime): bigint {
  const before = BigInt(time.year - 1)
  let days = before * 365n + before / 4n - before / 100n + before / 400n + BigInt(time.day - 1)
  for (let month = 1; month < time.month; month++) days += BigInt(daysIn(time.year, month))
  const minutes = (days * 24n + BigInt(time.hour)) * 60n + BigInt(time.minute - time.offsetMinutes)
  const micros = BigInt(time.fraction.slice(0, 6).padEnd(6, '0'))
  return (minutes * 60n + BigInt(time.second)) * 1_000_000n + micros
}

const YEAR_1 = -62_135_596_800_000_000n
const YEAR_10000 = 253_402_300_800_000_000n

test('every time parses to the instant found by counting days, or is refused (contract 3.4)', () => {
  holds(writtenTime, time => {
    const expected = count(time) + YEAR_1
    const exists = time.day <= daysIn(time.year, time.month) && expected >= YEAR_1 && expected < YEAR_10000
    assert.equal(parseInstant(write(time)), exists ? expected : undefined)
  })
})

test('every time of our days is read from bytes as from a text, also with one character changed (contract 3.4)', () => {
  const change = fc.record({ at: between(0, 40), by: fc.constantFrom(...'0123456789-+:.TZtz "é') })
  holds(
    fc.tuple(writtenTime, between(1970, 2199), change),
    ([written, year, { at, by }]) => {
      const text = write({ ...written, year, small: false })
      const instant = parseInstant(text)
      assert.equal(microsOf(text), instant === undefined ? Number.NaN : Number(instant))
      const changed = text.slice(0, at) + by + text.slice(at + 1)
      const micros = microsOf(changed)
      if (!Number.isNaN(micros)) assert.equal(micros, Number(parseInstant(changed)))
    },
    20_000,
  )
})

test('instants sort like the times that they were parsed from (contract 3.4)', () => {
  holds(fc.tuple(writtenTime, writtenTime), ([a, b]) => {
    const [x, y] = [parseInstant(write(a)), parseInstant(write(b))]
    fc.pre(x !== undefined && y !== undefined)
    assert.equal(x < y, count(a) < count(b))
    assert.equal(x === y, count(a) === count(b))
  })
})

test('printing a parsed time gives a text that parses and prints to itself (contract 3.4)', () => {
  holds(writtenTime, time => {
    const instant = parseInstant(write(time))
    fc.pre(instant !== undefined)
    const shown = formatInstant(instant)
    assert.match(shown, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3}(?:\d{3})?)?Z$/)
    assert.doesNotMatch(shown, /\.000Z$|000Z$/)
    assert.equal(parseInstant(shown), instant)
    assert.equal(formatInstant(parseInstant(shown) ?? 0n), shown)
  })
})
