// Time as a parameter: the protocol never reads a clock and never sets a timer except through this.

export interface Clock {
  /** Monotonic milliseconds. */
  now(): number
  /** Calls back after that many milliseconds; 0: in a later turn of the event loop. Returns a function that cancels the timer. */
  after(ms: number, callback: () => void): () => void
}

/** A pause that can be ended early. */
export class Pause {
  readonly #clock: Clock
  #end: (() => void) | undefined
  #isEnded = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Resolves after that many milliseconds, or when `end` is called. A call of `end` since the last pause ends the next one at once. */
  of(ms: number): Promise<void> {
    if (this.#isEnded) {
      this.#isEnded = false
      return Promise.resolve()
    }
    return new Promise(resolve => {
      const cancel = this.#clock.after(ms, () => this.#end?.())
      this.#end = () => {
        cancel()
        this.#end = undefined
        this.#isEnded = false
        resolve()
      }
    })
  }

  end(): void {
    this.#isEnded = true
    this.#end?.()
  }
}

/** Resolves after that many milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(ms, resolve)
  })
}

/** The clock and the timers of this process. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    if (ms > 0) {
      const timer = setTimeout(callback, ms)
      return () => clearTimeout(timer)
    }
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  },
}
