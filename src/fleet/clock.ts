// The server's own time: the later of the machine's clock and the last time that was written, so that it never
// goes back, across restarts neither (contract 3.4). A clock that was far ahead and has been set right therefore freezes the
// server's time until the clock has caught up; that is noted.
import { type Instant, instantFromMs } from '../wire/instant.ts'

export interface ServerClock {
  /** Current time: the later of the machine's clock and the last time written. */
  now(): Instant
  /** The same, to be written: no later time will be before it. */
  stamp(): Instant
}

/** The server's clock, for those who watch over it. */
export interface WatchedClock extends ServerClock {
  /** Milliseconds by which the machine's clock is behind the last time written; 0 if it is not. */
  behindMs(): number
}

/** The time begins or ends to stand still. `clock` is what the machine says, `written` the last time written. */
export interface ClockEvent {
  readonly kind: 'frozen' | 'moving'
  readonly clock: Instant
  readonly written: Instant
}

/** Less is what time services correct. */
export const FROZEN_MS = 10_000
const FROZEN_MICROSECONDS = BigInt(FROZEN_MS) * 1000n

/**
 * @param machineMs reads the machine's clock in milliseconds since the Unix epoch
 * @param latestTime the latest time that the store holds, or undefined when it is empty
 * @param onEvent gets an event when the clock is found more than FROZEN_MS behind, and one when it has caught up
 */
export function createServerClock(
  machineMs: () => number,
  latestTime: Instant | undefined,
  onEvent: (event: ClockEvent) => void = () => {},
): WatchedClock {
  let latest = latestTime
  let isFrozen = false
  const read = (): Instant => instantFromMs(Math.floor(machineMs()))
  const watch = (clock: Instant, written: Instant): void => {
    const isBehind = isFrozen ? clock < written : written - clock > FROZEN_MICROSECONDS
    if (isBehind === isFrozen) return
    isFrozen = isBehind
    onEvent({ kind: isBehind ? 'frozen' : 'moving', clock, written })
  }
  const now = (): Instant => {
    const clock = read()
    if (latest === undefined) return clock
    if (isFrozen || clock < latest) watch(clock, latest)
    if (clock < latest) return latest
    return clock
  }
  if (latest !== undefined) watch(read(), latest)
  return {
    now,
    stamp() {
      latest = now()
      return latest
    },
    behindMs() {
      const clock = read()
      return latest === undefined || clock >= latest ? 0 : Number((latest - clock) / 1000n)
    },
  }
}
