// An orderly stop: reports not ready, waits for the delay, accepts nothing new, finishes the requests in flight, writes the
// checkpoint, and ends within a deadline.
import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../../config/schema.ts'
import type { RunningServer } from '../../main.ts'
import type { Logger } from '../../observe/log/log.ts'

export interface Stopping {
  readonly server: Pick<RunningServer, 'drain' | 'close'>
  readonly times: Pick<Settings['server'], 'shutdownDelayMs' | 'shutdownDeadlineMs'>
  readonly log: Logger
  /** The signal that caused the stop. */
  readonly signal: string
  /** Ends the process after the deadline, when something is still open or keeps it alive. */
  readonly onDeadline: () => void
}

/** Resolves when everything is closed. */
export async function stopServer({ server, times, log, signal, onDeadline }: Stopping): Promise<void> {
  const { shutdownDelayMs, shutdownDeadlineMs } = times
  server.drain()
  if (shutdownDelayMs > 0) {
    log.info(
      { signal, delayMs: shutdownDelayMs },
      'stopping: reporting not ready, serving until the delay is over',
    )
    await wait(shutdownDelayMs)
  }
  log.info({ signal, deadlineMs: shutdownDeadlineMs }, 'stopping: finishing requests in flight')
  const deadline = setTimeout(onDeadline, shutdownDeadlineMs)
  await server.close()
  clearTimeout(deadline)
  log.info('stopped')
}
