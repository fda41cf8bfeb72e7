// Work that the user watches and may stop: progress on standard error, and Ctrl-C that leaves nothing half done.
import { performance } from 'node:perf_hooks'
import type { OnAdvance } from '../../ops/backup/advance.ts'
import { InterruptedError } from '../command.ts'
import { progressOutput } from '../terminal/progress-output.ts'
import { ProgressBar } from './progress-bar.ts'

export interface Surroundings {
  /** Aborted when the user stops the command; the work then rejects. */
  readonly signal: AbortSignal
  readonly onAdvance: OnAdvance
  /** Seconds since the start, as text. */
  readonly elapsed: () => string
}

/**
 * Does a piece of work.
 * @throws InterruptedError when the user stopped it, otherwise what the work throws
 */
export async function watched<T>(work: (surroundings: Surroundings) => Promise<T>): Promise<T> {
  const startMs = performance.now()
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  const bar = new ProgressBar(progressOutput(), () => performance.now())
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  try {
    return await work({
      signal: stop.signal,
      onAdvance: advance => bar.show(advance),
      elapsed: () => `${((performance.now() - startMs) / 1000).toFixed(1)} s`,
    })
  } catch (error) {
    throw stop.signal.aborted ? new InterruptedError() : error
  } finally {
    bar.end()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
  }
}
