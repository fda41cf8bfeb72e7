// Runs work on a data folder: shows progress on standard error, and lets Ctrl-C stop it without leaving anything half done.
import { performance } from 'node:perf_hooks'
import type { Fault } from '../../ops/audit/group.ts'
import type { OnAdvance } from '../../ops/backup/advance.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { finishExchange } from '../../store/folder/exchange.ts'
import { InterruptedError } from '../command.ts'
import { ProgressBar, progressOutput } from '../terminal/progress.ts'
import { stopped } from '../terminal/signals.ts'
import { count } from '../terminal/text.ts'

export interface Surroundings {
  /** Aborted when the user stops the command; the work then rejects. */
  readonly signal: AbortSignal
  readonly onAdvance: OnAdvance
  /** Seconds since the start, as text. */
  readonly elapsed: () => string
}

/**
 * Runs the work with a progress bar.
 * @throws InterruptedError if the user stopped it, otherwise what the work throws
 */
export async function watched<T>(work: (surroundings: Surroundings) => Promise<T>): Promise<T> {
  const startMs = performance.now()
  const stop = stopped()
  const bar = new ProgressBar(progressOutput(), () => performance.now())
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
    stop.end()
  }
}

/**
 * Completes an interrupted restore, before another command creates the data folder.
 * @throws StoreError if a restore is running, or cannot be completed
 */
export async function finishCutOff(path: string): Promise<void> {
  const finished = await finishExchange(path)
  if (finished === undefined) return
  const { target, aside } = finished
  console.error(
    `hyperfleet: an earlier restore to ${target} was interrupted between its two renames. It is now complete; the previous ` +
      `data folder is ${aside}`,
  )
}

/** `1,000 clusters, 2,469 nodepools and 9,876 statuses`. */
export function countsText({ clusters, nodepools, statuses }: Counts): string {
  return `${plural(clusters, 'cluster')}, ${plural(nodepools, 'nodepool')} and ${plural(statuses, 'status')}`
}

function plural(value: number, noun: string): string {
  if (value === 1) return `1 ${noun}`
  return `${count(value)} ${noun}${noun.endsWith('s') ? 'es' : 's'}`
}

/** A line for each fault, and one with the number of further faults. */
export function faultLines(faults: readonly Fault[], faultCount: number): string[] {
  const lines = faults.map(({ where, what }) => `${where}: ${what}`)
  const more = faultCount - faults.length
  return more === 0 ? lines : [...lines, `… and ${count(more)} more`]
}
