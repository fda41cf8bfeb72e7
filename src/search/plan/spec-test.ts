// The tests of a search on values in the spec, on the bytes of the document (contract 13.2, 13.3). Only a string with escapes, and a pattern that
// ignores case, take a string in JavaScript.
import { Decimal, isJsonNumber } from '../../wire/decimal.ts'
import { ABSENT, hasEscape, stringAt, valueText } from '../../wire/json-paths.ts'
import type { SpecTest, TextLeaf, ValueTest } from '../check/checked.ts'
import { HOLDS, textTest } from './match.ts'
import { textFilter } from './text-filter.ts'

/** A test of the JSON value at [start, end) of some bytes; `start` is `ABSENT` for a missing one. */
export type SpanTest = (bytes: Buffer, start: number, end: number) => boolean

const QUOTE = 0x22
const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b
/** Begins `null`. */
const LETTER_N = 0x6e

/** The test of a value, before the leaf's negation. */
export function spanTest({ kind, test }: SpecTest): SpanTest {
  if (test.kind === 'null') return (bytes, start) => start === ABSENT || bytes[start] === LETTER_N
  return kind === 'text' ? textSpanTest(test) : numberSpanTest(test)
}

/** True for a value that only `is null` and `is not null` look at, or for none. */
export function hasNoText(bytes: Buffer, start: number): boolean {
  if (start === ABSENT) return true
  const first = bytes[start]
  return first === LETTER_N || first === OPEN_BRACE || first === OPEN_BRACKET
}

function textSpanTest(test: TextLeaf<never>['test']): SpanTest {
  const filter = textFilter(test)
  const passesText = textTest(test)
  if (filter.by === 'value')
    return (bytes, start, end) => !hasNoText(bytes, start) && passesText(valueText(bytes, start, end))
  const passes = filter.passes
  return (bytes, start, end) => {
    if (hasNoText(bytes, start)) return false
    if (bytes[start] !== QUOTE) return passes(bytes, start, end)
    if (hasEscape(bytes, start + 1, end - 1)) return passesText(stringAt(bytes, start, end))
    return passes(bytes, start + 1, end - 1)
  }
}

function numberSpanTest(test: ValueTest<Decimal>): SpanTest {
  const passes = decimalTest(test)
  return (bytes, start, end) => {
    const number = start === ABSENT ? undefined : specNumber(bytes, start, end)
    return number !== undefined && passes(number)
  }
}

/** The number that a value is, or that its content is; undefined for any other value. */
export function specNumber(bytes: Buffer, start: number, end: number): Decimal | undefined {
  const isString = bytes[start] === QUOTE
  if (!isString || !hasEscape(bytes, start, end)) {
    const first = bytes[isString ? start + 1 : start] as number
    if (first !== MINUS && (first < DIGIT_0 || first > DIGIT_9)) return undefined
  }
  const text = valueText(bytes, start, end)
  return !isString || isJsonNumber(text) ? new Decimal(text) : undefined
}

/** A missing value passes none, so a test of `null` passes nothing here. */
export function decimalTest(test: ValueTest<Decimal>): (number: Decimal) => boolean {
  switch (test.kind) {
    case 'null':
      return () => false
    case 'between': {
      const { low, high } = test
      return number => number.compare(low) >= 0 && number.compare(high) <= 0
    }
    case 'compare': {
      const { operator, value } = test
      const [before, equal, after] = HOLDS[operator]
      return number => {
        const order = number.compare(value)
        return order < 0 ? before : order > 0 ? after : equal
      }
    }
    case 'in': {
      const byDouble = new Map<number, Decimal[]>()
      for (const value of test.values) {
        const same = byDouble.get(value.double)
        if (same === undefined) byDouble.set(value.double, [value])
        else same.push(value)
      }
      return number => byDouble.get(number.double)?.some(value => value.compare(number) === 0) === true
    }
  }
}
