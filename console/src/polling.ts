// Documents that a view asks for again and again. What was read last stays when the server is gone.
import { useEffect, useRef, useState } from 'preact/hooks'
import { token } from './api/client.ts'

/** A request that takes long is asked for less often: at most this part of the time goes into it. */
const MAX_SHARE = 0.1

/** The pause before the next request, after one that took so long. */
export function pauseMs(everyMs: number, tookMs: number): number {
  return Math.max(everyMs, tookMs / MAX_SHARE)
}

export interface Polled<T> {
  readonly value: T | undefined
  /** The last refusal or loss. Undefined after the next answer. */
  readonly error: Error | undefined
  /** Asks now. */
  readonly refresh: () => void
}

/**
 * Loads a value when the view opens, when `key` changes, and then at an interval while the page is visible.
 *
 * @param everyMs 0: only on demand
 */
export function usePolled<T>(
  key: string,
  everyMs: number,
  load: (signal: AbortSignal) => Promise<T>,
): Polled<T> {
  const [state, setState] = useState<{ key: string; value: T | undefined; error: Error | undefined }>({
    key,
    value: undefined,
    error: undefined,
  })
  const current = useRef(load)
  current.current = load
  const ask = useRef<() => void>(() => {})
  const credentials = token.value

  useEffect(() => {
    const controller = new AbortController()
    let timer: number | undefined
    let isUnderWay = false
    let isAskedAgain = false
    const run = async () => {
      if (isUnderWay) {
        isAskedAgain = true
        return
      }
      window.clearTimeout(timer)
      isUnderWay = true
      const startMs = performance.now()
      try {
        const value = await current.current(controller.signal)
        if (!controller.signal.aborted) setState({ key, value, error: undefined })
      } catch (error) {
        if (!controller.signal.aborted)
          setState(last => ({ key, value: last.key === key ? last.value : undefined, error: error as Error }))
      }
      isUnderWay = false
      if (controller.signal.aborted) return
      if (isAskedAgain) {
        isAskedAgain = false
        void run()
      } else if (everyMs > 0) timer = window.setTimeout(next, pauseMs(everyMs, performance.now() - startMs))
    }
    const next = () => {
      if (document.hidden) timer = window.setTimeout(next, everyMs)
      else void run()
    }
    ask.current = () => void run()
    void run()
    return () => {
      controller.abort()
      window.clearTimeout(timer)
    }
  }, [key, everyMs, credentials])

  const isOld = state.key !== key
  return {
    value: isOld ? undefined : state.value,
    error: isOld ? undefined : state.error,
    refresh: () => ask.current(),
  }
}

/** A value once it has stayed the same for a while. */
export function useSettled<T>(value: T, afterMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), afterMs)
    return () => window.clearTimeout(timer)
  }, [value, afterMs])
  return settled
}
