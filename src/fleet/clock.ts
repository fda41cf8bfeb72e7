// The server's own time: the later of the machine's clock and the last time that was written, so that it never
// goes back, across restarts neither (contract 3.4).
import { type Instant, instantFromMs } from '../wire/instant.ts'

export interface ServerClock {
  /** The time to write now, in whole milliseconds unless the last time written was not. */
  now(): Instant
}

/**
 * @param machineMs reads the machine's clock in milliseconds since the Unix epoch
 * @param latestTime the latest time that the store holds, or undefined when it is empty
 */
export function createServerClock(machineMs: () => number, latestTime: Instant | undefined): ServerClock {
  let latest = latestTime
  return {
    now() {
      const reading = instantFromMs(Math.floor(machineMs()))
      if (latest === undefined || reading > latest) latest = reading
      return latest
    },
  }
}
