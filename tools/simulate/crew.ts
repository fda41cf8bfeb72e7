// Distributes jobs to a number of workers, and paces their requests.
import type { Time } from './persistence.ts'

/** The longest delay that a late worker may catch up on. */
const CATCH_UP_MS = 100

export interface Crew {
  readonly workers: number
  /** Aborted when the user stops the simulation. Running jobs finish; no other starts. */
  readonly signal: AbortSignal
}

/**
 * Performs the jobs in order, several at a time.
 * @throws the first error of a job, after the running jobs have ended; no other starts then
 */
export async function shareOut<T>(
  { workers, signal }: Crew,
  jobs: Iterable<T>,
  perform: (job: T) => Promise<void>,
): Promise<void> {
  const source = jobs[Symbol.iterator]()
  let failure: { readonly error: unknown } | undefined
  const worker = async () => {
    while (failure === undefined && !signal.aborted) {
      const next = source.next()
      if (next.done === true) return
      try {
        await perform(next.value)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: workers }, worker))
  if (failure !== undefined) throw failure.error
}

/** Starts requests at a steady rate. */
export class Pace {
  readonly #intervalMs: number
  readonly #time: Time
  readonly #signal: AbortSignal
  #nextMs = 0

  /** @param rate requests per second; 0 means no limit */
  constructor(rate: number, time: Time, signal: AbortSignal) {
    this.#intervalMs = rate === 0 ? 0 : 1000 / rate
    this.#time = time
    this.#signal = signal
  }

  /** Resolves when the next request may start. */
  async turn(): Promise<void> {
    if (this.#intervalMs === 0) return
    const nowMs = this.#time.nowMs()
    const turnMs = Math.max(this.#nextMs, nowMs - CATCH_UP_MS)
    this.#nextMs = turnMs + this.#intervalMs
    if (turnMs > nowMs) await this.#time.sleep(turnMs - nowMs, this.#signal)
  }
}
