// The literals of a search as values of a type (contract 8.4), and relative times among them: `now`, `now-30m`, `now+1h30m` (contract 13.1).
import { parseDuration } from '../../wire/duration.ts'
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { completeTime } from '../syntax/query-text.ts'
import type { Literal } from '../syntax/syntax.ts'
import { RELATIVE_TIME_HINT, URL_HINT } from '../syntax/syntax-error.ts'

/** The content of a literal, without quotes. */
export function literalText(literal: Literal): string {
  return literal.kind === 'string' ? literal.value : literal.text
}

// The conversions return undefined for a literal of another type.

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

/** A time in RFC 3339, always quoted, or a relative time, quoted or not. */
export function timeValue(literal: Literal, time: RequestTime): Instant | undefined {
  switch (literal.kind) {
    case 'number':
      return undefined
    case 'relativeTime':
      return relativeInstant(literal.text, time)
    case 'string':
      return relativeInstant(literal.value, time) ?? parseInstant(literal.value)
  }
}

/** The hint for a usual mistake in a time. */
export function timeHint(literal: Literal): string | undefined {
  if (literal.kind === 'number') return 'use single quotes'
  const text = literalText(literal)
  if (startsWithNow(text)) return RELATIVE_TIME_HINT
  const complete = completeTime(text)
  if (complete !== undefined) return `did you mean '${complete}'`
  return /[0-9] [0-9]{2}:[0-9]{2}$/.test(text) ? URL_HINT : undefined
}

/** The time of one request. The clock is read for the first relative time, and all of the request have this `now`. */
export class RequestTime {
  readonly #clock: () => Instant
  #now: Instant | undefined

  constructor(clock: () => Instant) {
    this.#clock = clock
  }

  now(): Instant {
    this.#now ??= this.#clock()
    return this.#now
  }

  /** Undefined if the clock was not read: there are no relative times. */
  get read(): Instant | undefined {
    return this.#now
  }
}

const MICROS_PER_MS = 1000n
const [MINUS, PLUS] = [0x2d, 0x2b]

/** The instant of a relative time, in any case. Undefined for any other text. */
export function relativeInstant(text: string, time: RequestTime): Instant | undefined {
  if (!startsWithNow(text)) return undefined
  if (text.length === NOW.length) return time.now()
  const sign = text.charCodeAt(NOW.length)
  if (sign !== MINUS && sign !== PLUS) return undefined
  const ms = parseDuration(text.slice(NOW.length + 1))
  if (ms === undefined) return undefined
  const distance = BigInt(ms) * MICROS_PER_MS
  return sign === PLUS ? time.now() + distance : time.now() - distance
}

const NOW = 'now'
const SMALL_N = 0x6e

/** True if a text was probably meant as a relative time. */
export function startsWithNow(text: string): boolean {
  return (text.charCodeAt(0) | 0x20) === SMALL_N && text.slice(0, NOW.length).toLowerCase() === NOW
}
