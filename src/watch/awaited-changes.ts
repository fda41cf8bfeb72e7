// Waits of watches for changes that this server has not applied yet, and that another server of the cluster has shown (contract 14.9). One timer looks after
// all of them. It is no part of the application of a change, so a watch begins between two groups of changes, and a write costs nothing more.
import type { Timing } from './schedule.ts'

/** Time between two looks at the state. */
const LOOK_MS = 20

export interface AwaitedChangesOptions {
  readonly state: { readonly sequence: number }
  readonly timing: Timing
  /** Longest wait in milliseconds. */
  readonly waitMs: number
}

interface Wait {
  readonly sequence: number
  readonly untilMs: number
  readonly onReached: () => void
  readonly onLate: () => void
}

export class AwaitedChanges {
  readonly #options: AwaitedChangesOptions
  readonly #waits = new Set<Wait>()
  #cancelLook: (() => void) | undefined

  constructor(options: AwaitedChangesOptions) {
    this.#options = options
  }

  /** The number of waits. */
  get size(): number {
    return this.#waits.size
  }

  /** Calls back once: when the change is applied, or when it is late. Returns a function that ends the wait without a call. */
  wait(sequence: number, onReached: () => void, onLate: () => void): () => void {
    const { timing, waitMs } = this.#options
    const wait = { sequence, untilMs: timing.nowMs() + waitMs, onReached, onLate }
    this.#waits.add(wait)
    this.#lookLater()
    return () => {
      this.#waits.delete(wait)
      if (this.#waits.size === 0) this.#stopLooking()
    }
  }

  /** Ends all waits as if they were late. */
  end(): void {
    this.#stopLooking()
    const waits = [...this.#waits]
    this.#waits.clear()
    for (const { onLate } of waits) onLate()
  }

  #lookLater(): void {
    this.#cancelLook ??= this.#options.timing.after(LOOK_MS, () => {
      this.#cancelLook = undefined
      this.#look()
      if (this.#waits.size > 0) this.#lookLater()
    })
  }

  #stopLooking(): void {
    this.#cancelLook?.()
    this.#cancelLook = undefined
  }

  #look(): void {
    const { state, timing } = this.#options
    const nowMs = timing.nowMs()
    for (const wait of [...this.#waits]) {
      const isReached = wait.sequence <= state.sequence
      if (!isReached && nowMs < wait.untilMs) continue
      // False if an earlier call has ended it.
      if (!this.#waits.delete(wait)) continue
      if (isReached) wait.onReached()
      else wait.onLate()
    }
  }
}
