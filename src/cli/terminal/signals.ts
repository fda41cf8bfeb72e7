// SIGTERM and SIGINT: for the server the first asks for an orderly stop and a second one ends the process at once; for other
// commands they abort the work.

/** Exit codes after the usual convention: 128 and the number of the signal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const
export type StopSignal = keyof typeof EXIT_CODES

/**
 * A signal so soon after another is the same one: Ctrl-C reaches the whole process group, and npm hands it on to its child
 * once more.
 */
const SAME_SIGNAL_MS = 250

/**
 * Resolves with the first signal.
 * @param nowMs a monotonic clock
 * @param onSecond called with the second one and the code to exit with
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
  /** Gives the signals back to the process. */
  end(): void
}

/** Takes both until its end. */
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
