// The server's clock: the later of the machine's clock and the last time written, so it never goes back, even across
// restarts (contract 3.4). If the machine's clock is set back, the server's time stops until it has caught up;
// an event reports that.
import { type Instant, instantFromMs } from '../wire/instant.ts'

export interface ServerClock {
  /** Current time: the later of the machine's clock and the last time written. */
  now(): Instant
  /** The current time, about to be written: no later call returns an earlier one. */
  stamp(): Instant
}

/** The server's clock, with its lag for monitoring. */
export interface WatchedClock extends ServerClock {
  /** Milliseconds by which the machine's clock is behind the last time written; 0 if it is not. */
  behindMs(): number
  /** Raises the last time written to that of a change which another server has decided (contract 14.4). */
  raise(written: Instant | undefined): void
}

/** Time has stopped or resumed. `clock` is the machine's time, `written` the last time written. */
export interface ClockEvent {
  readonly kind: 'frozen' | 'moving'
  readonly clock: Instant
  readonly written: Instant
}

/** Time services correct smaller differences. */
export const FROZEN_MS = 10_000
const FROZEN_MICROSECONDS = BigInt(FROZEN_MS) * 1000n

/**
 * @param machineMs reads the machine's clock in milliseconds since the Unix epoch
 * @param latestTime the latest time in the store; undefined if it is empty
 * @param onEvent called when the clock is more than FROZEN_MS behind, and when it has caught up
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
    raise(written) {
      if (written !== undefined && (latest === undefined || written > latest)) latest = written
    },
    behindMs() {
      const clock = read()
      return latest === undefined || clock >= latest ? 0 : Number((latest - clock) / 1000n)
    },
  }
}
