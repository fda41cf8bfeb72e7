// `--watch`: polls the server. Redraws a terminal; prints to a pipe only what has changed since the last poll.
import { EXIT, FailedError } from '../command.ts'
import type { Screen } from '../terminal/screen.ts'
import type { Piece } from './print.ts'

/** Moves to the upper left corner, and clears to the end of the line and of the screen (ECMA-48). */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ['\x1b[H', '\x1b[K', '\x1b[J'] as const
const CLEAR_ALL = `${HOME}${CLEAR_BELOW}`

export interface Watching {
  /** Polls once and shows the result. */
  readonly look: () => Promise<void>
  /** Resolves after the interval, or at once when the signal aborts. */
  readonly pause: (signal: AbortSignal) => Promise<void>
  readonly signal: AbortSignal
  /** Called when the server stops answering. */
  readonly onOutage: (error: FailedError) => void
}

/**
 * Polls until the signal aborts. The first poll must succeed; later the command waits for a server that does not answer.
 * @throws what a poll throws, unless the failure may be transient
 */
export async function watch({ look, pause, signal, onOutage }: Watching): Promise<void> {
  const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  let hasLooked = false
  let isAway = false
  while (!signal.aborted) {
    try {
      await Promise.race([look(), aborted])
      hasLooked = true
      isAway = false
    } catch (error) {
      const mayPass = error instanceof FailedError && error.exitCode === EXIT.unreachable
      if (!mayPass || !hasLooked) throw error
      if (!isAway) onOutage(error)
      isAway = true
    }
    if (!signal.aborted) await pause(signal)
  }
}

/** Draws a table over the previous one. Counts the rows that do not fit. */
export function redraw(screen: Screen, head: string, table: readonly string[], isFirst: boolean): void {
  const { rows } = screen.size()
  const fitting = Math.max(1, rows - 3)
  const hidden = table.length - fitting
  const shown = hidden > 0 ? [...table.slice(0, fitting), `… ${hidden} more`] : table
  const lines = [head, '', ...shown].map(line => `${line}${CLEAR_LINE}\n`).join('')
  screen.write(`${isFirst ? CLEAR_ALL : HOME}${lines}${CLEAR_BELOW}`)
}

/** The pieces that are new or different, in order. */
export function changed(before: ReadonlyMap<string, Piece>, now: ReadonlyMap<string, Piece>): string[] {
  return [...now].filter(([key, { state }]) => before.get(key)?.state !== state).map(([, { text }]) => text)
}
