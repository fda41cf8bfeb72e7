// Writes that a view starts once, with what became of them.
import { useState } from 'preact/hooks'

export interface Write {
  /** The last refusal or loss. */
  readonly error: Error | undefined
  readonly isBusy: boolean
  readonly run: () => void
  /** Forgets the last refusal. */
  readonly forget: () => void
}

/** @param onDone called with the answer of a write that succeeded */
export function useWrite<T>(write: () => Promise<T>, onDone: (answer: T) => void): Write {
  const [error, setError] = useState<Error | undefined>()
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    setError(undefined)
    try {
      onDone(await write())
    } catch (failure) {
      setError(failure as Error)
    }
    setBusy(false)
  }
  return { error, isBusy, run: () => void run(), forget: () => setError(undefined) }
}
