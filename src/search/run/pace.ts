// The pace of long work: it says when a stop is due, so that a slice of the work ends in time (turns.ts).

/** Steps between two stops, each of them a few hundred nanoseconds. */
const STEPS_PER_STOP = 64
/** Bytes of specs read between two stops: some 30 microseconds. */
const BYTES_PER_STOP = 32_768

export class Pace {
  readonly #maxSteps: number
  #steps = 0
  #bytes = 0

  /** @param stepWeight the work of a step, as a number of usual ones */
  constructor(stepWeight = 1) {
    this.#maxSteps = Math.ceil(STEPS_PER_STOP / stepWeight)
  }

  /** Notes bytes of specs that were read. */
  note(bytes: number): void {
    this.#bytes += bytes
  }

  /** Counts steps. Returns true if a stop is due, and counts from the beginning then. */
  isDue(steps = 1): boolean {
    this.#steps += steps
    if (this.#steps < this.#maxSteps && this.#bytes < BYTES_PER_STOP) return false
    this.#steps = 0
    this.#bytes = 0
    return true
  }
}
