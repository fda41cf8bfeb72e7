// Literals as values of a field's type (contract 8.4); undefined where they are none.
import { type Instant, parseInstant } from '../../wire/instant.ts'
import type { Literal } from '../syntax/syntax.ts'

const INTEGER = /^[+-]?[0-9]+$/
const INT32_MIN = -(2n ** 31n)
const INT32_MAX = 2n ** 31n - 1n

/** An integer of any size, quoted or not. */
export function integerValue(literal: Literal): bigint | undefined {
  const text = literal.kind === 'string' ? literal.value : literal.text
  return INTEGER.test(text) ? BigInt(text) : undefined
}

/** An unquoted integer of 32 bits (contract 8.8). */
export function int32Value(literal: Literal): number | undefined {
  if (literal.kind !== 'number') return undefined
  const value = integerValue(literal)
  return value === undefined || value < INT32_MIN || value > INT32_MAX ? undefined : Number(value)
}

/** A time in RFC 3339, always quoted. */
export function timeValue(literal: Literal): Instant | undefined {
  return literal.kind === 'string' ? parseInstant(literal.value) : undefined
}

/** The usual mistakes with a time that was refused. */
export function timeHint(literal: Literal): string | undefined {
  if (literal.kind === 'number') return 'use single quotes'
  return /[0-9] [0-9]{2}:[0-9]{2}$/.test(literal.value) ? 'in a URL, + is written as %2B' : undefined
}
