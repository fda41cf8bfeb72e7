// The server's own time: the later of the machine's clock and the last time that was written, so that it never
// goes back, across restarts neither (contract 3.4).
import { type Instant, instantFromMs } from '../wire/instant.ts'

export interface ServerClock {
  /** What time it is: the later of the machine's clock and the last time written. */
  now(): Instant
  /** The same, to be written: no later time will be before it. */
  stamp(): Instant
}

/**
 * @param machineMs reads the machine's clock in milliseconds since the Unix epoch
 * @param latestTime the latest time that the store holds, or undefined when it is empty
 */
export function createServerClock(machineMs: () => number, latestTime: Instant | undefined): ServerClock {
  let latest = latestTime
  const now = (): Instant => {
    const reading = instantFromMs(Math.floor(machineMs()))
    return latest === undefined || reading > latest ? reading : latest
  }
  return {
    now,
    stamp() {
      latest = now()
      return latest
    },
  }
}
