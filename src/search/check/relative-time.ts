// Relative times of a search: `now`, `now-30m`, `now+1h30m` (contract 13.1).
import { parseDuration } from '../../wire/duration.ts'
import type { Instant } from '../../wire/instant.ts'

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
