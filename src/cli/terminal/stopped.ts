// SIGINT and SIGTERM as a signal to abort on.

export interface Stopped {
  readonly signal: AbortSignal
  /** Gives the signals back to the process. */
  end(): void
}

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
