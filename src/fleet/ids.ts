// Resource ids: `2`, nine base-36 digits of the creation time in milliseconds, seventeen random digits. Ids of one
// server sort in creation order, even within one millisecond and across restarts (contract 3.2).
import type { Instant } from '../wire/instant.ts'

const PREFIX = '2'
const TIME_DIGITS = 9
const RANDOM_DIGITS = 17
const RANDOM_BYTES = 10 // 2^80 is below 36^17 / 100: an increment never runs over
const MAX_TIME_MS = 36 ** TIME_DIGITS - 1

export interface IdSource {
  /** A new id for a resource created at `time`; greater than every earlier id. */
  next(time: Instant): string
}

/** The source of a server that shares a journal with others. */
export interface RaisedIdSource extends IdSource {
  /** Raises the greatest id to that of a resource which another server has created (contract 14.4). */
  raise(id: string | undefined): void
}

/**
 * @param randomBytes returns that many random bytes
 * @param latestId the greatest id in the store that was made here; undefined if there is none
 */
export function createIdSource(
  randomBytes: (count: number) => Buffer,
  latestId: string | undefined,
): RaisedIdSource {
  let latest = latestId ?? ''
  return {
    raise(id) {
      if (id !== undefined && id > latest) latest = id
    },
    next(time) {
      const ms = Math.min(Math.max(Number(time / 1000n), 0), MAX_TIME_MS)
      const digits = ms.toString(36).padStart(TIME_DIGITS, '0')
      const random = BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`)
      const fresh = PREFIX + digits + random.toString(36).padStart(RANDOM_DIGITS, '0')
      const isNewMs = fresh.slice(0, 1 + TIME_DIGITS) > latest.slice(0, 1 + TIME_DIGITS)
      latest = isNewMs ? fresh : increment(latest)
      return latest
    },
  }
}

/** The next id in order: the base-36 digits after the prefix, plus one. */
function increment(id: string): string {
  const digits = [...id]
  for (let i = digits.length - 1; i > 0; i--) {
    const value = Number.parseInt(digits[i] ?? '0', 36) + 1
    digits[i] = value === 36 ? '0' : value.toString(36)
    if (value < 36) break
  }
  return digits.join('')
}
