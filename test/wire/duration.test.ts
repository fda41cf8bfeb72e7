// Durations on the wire (contract 13.1).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_DURATION_MS, parseDuration } from '../../src/wire/duration.ts'
import { holds } from './random.ts'

const UNITS: readonly (readonly [string, bigint])[] = [
  ['d', 86_400_000n],
  ['h', 3_600_000n],
  ['m', 60_000n],
  ['s', 1000n],
  ['ms', 1n],
]

const VALID: readonly (readonly [string, number])[] = [
  ['0s', 0],
  ['30m', 1_800_000],
  ['1h30m', 5_400_000],
  ['90M', 5_400_000],
  ['1D2h3M4S5Ms', 93_784_005],
  ['5ms', 5],
  ['1m5ms', 60_005],
  ['007s', 7000],
  ['100000000000ms', 100_000_000_000],
  ['36500d', MAX_DURATION_MS],
  [`${'0'.repeat(400)}36500d0ms`, MAX_DURATION_MS],
]

for (const [text, ms] of VALID) {
  test(`contract 13.1: ${text} is a duration`, () => assert.equal(parseDuration(text), ms))
}

const INVALID = [
  ...['', ' ', '5', 'h', '1x', '1.5h', '-1h', '+1h', '1h ', ' 1h', '1 h', '1h 30m', 'PT1H', '1w', '1y'],
  ...['30m1h', '1h1h', '1ms1s', '1s1m', '1m1d', '1h30', '1_000s', '１h', '1ſ', '1h\n'],
  ...['36500d1ms', '36501d', '876001h', `${'9'.repeat(400)}d`],
]

for (const text of INVALID) {
  test(`contract 13.1: ${JSON.stringify(text).slice(0, 30)} is no duration`, () =>
    assert.equal(parseDuration(text), undefined))
}

test('contract 13.1: a duration is the sum of its parts, the greatest unit first and each at most once', () => {
  const parts = fc.array(fc.tuple(fc.nat(2_000_000), fc.nat(4)), { maxLength: 4 })
  holds(fc.tuple(parts, fc.boolean()), ([chosen, isLarge]) => {
    const text = chosen.map(([number, unit]) => `${number}${UNITS[unit]?.[0]}`).join('')
    const isOrdered = chosen.every(([, unit], i) => i === 0 || unit > (chosen[i - 1]?.[1] ?? 0))
    const ms = chosen.reduce((sum, [number, unit]) => sum + BigInt(number) * (UNITS[unit]?.[1] ?? 0n), 0n)
    const isValid = chosen.length > 0 && isOrdered && ms <= BigInt(MAX_DURATION_MS)
    assert.equal(parseDuration(isLarge ? text.toUpperCase() : text), isValid ? Number(ms) : undefined, text)
  })
})
