// The log of the server's clock: that its time stands still, and that it goes on.
import type { ClockEvent } from '../fleet/clock.ts'
import { formatInstant } from '../wire/instant.ts'
import type { Logger } from './log/log.ts'

/** Gives what writes an event of the clock to the log. */
export function createClockEventLog(log: Logger): (event: ClockEvent) => void {
  return ({ kind, clock, written }) => {
    const times = { clock: formatInstant(clock), lastWritten: formatInstant(written) }
    if (kind === 'moving') log.info(times, "the machine's clock has caught up: times move again")
    else
      log.warn(
        times,
        "the machine's clock is behind the last time written: times stand still there until it has caught up; see docs/guide/runbook.md#clock-behind",
      )
  }
}
