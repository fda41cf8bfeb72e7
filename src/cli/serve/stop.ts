// An orderly stop: not ready, a delay, nothing new, what is in flight, the checkpoint, the end; within a bound.
import { setTimeout as wait } from 'node:timers/promises'
import type { Settings } from '../../config/schema.ts'
import type { RunningServer } from '../../main.ts'
import type { Logger } from '../../observe/log/log.ts'

export interface Stopping {
  readonly server: Pick<RunningServer, 'drain' | 'close'>
  readonly times: Pick<Settings['server'], 'shutdownDelayMs' | 'shutdownDeadlineMs'>
  readonly log: Logger
  /** The signal that asked for it. */
  readonly signal: string
  /** Ends the process: the deadline has passed, and something is still open or keeps the process alive. */
  readonly onDeadline: () => void
}

/** Resolves when everything is closed. */
export async function stopServer({ server, times, log, signal, onDeadline }: Stopping): Promise<void> {
  const { shutdownDelayMs, shutdownDeadlineMs } = times
  server.drain()
  if (shutdownDelayMs > 0) {
    log.info(
      { signal, delayMs: shutdownDelayMs },
      'stopping: not ready any more, serving until the delay is over',
    )
    await wait(shutdownDelayMs)
  }
  log.info({ signal, deadlineMs: shutdownDeadlineMs }, 'stopping: finishing what is in flight')
  const deadline = setTimeout(onDeadline, shutdownDeadlineMs)
  await server.close()
  clearTimeout(deadline)
  log.info('stopped')
}
