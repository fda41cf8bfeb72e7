// SIGTERM and SIGINT. For the server the first one starts an orderly stop, and a second one ends the process at once. Other
// commands abort their work.

/** Conventional exit codes: 128 plus the number of the signal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const
export type StopSignal = keyof typeof EXIT_CODES

/**
 * Interval in which a second signal counts as the same one: Ctrl-C reaches the whole process group, and npm also forwards it
 * to its child.
 */
const SAME_SIGNAL_MS = 250

/**
 * Resolves with the first signal.
 * @param nowMs a monotonic clock
 * @param onSecond called with the second signal and the exit code
 */
export function stopSignal(
  nowMs: () => number,
  onSecond: (signal: StopSignal, exitCode: number) => void,
): Promise<StopSignal> {
  return new Promise(resolve => {
    let firstMs: number | undefined
    const onSignal = (signal: StopSignal) => {
      if (firstMs === undefined) {
        firstMs = nowMs()
        resolve(signal)
      } else if (nowMs() - firstMs >= SAME_SIGNAL_MS) {
        onSecond(signal, EXIT_CODES[signal])
      }
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => onSignal(signal))
  })
}

export interface Stopped {
  readonly signal: AbortSignal
  /** Removes the handlers. */
  end(): void
}

/** Handles both signals until `end()` is called. */
export function stopped(): Stopped {
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal)
  return {
    signal: stop.signal,
    end: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
    },
  }
}
