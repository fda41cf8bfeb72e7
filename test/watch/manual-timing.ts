// Time that a test moves: turns of the event loop one by one, and timers.
import type { Timing } from '../../src/watch/schedule.ts'

export class ManualTiming implements Timing {
  #nowMs = 0
  readonly #lookMs: number
  readonly #turns: (() => void)[] = []
  readonly #timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()

  /** @param lookMs time that passes with each look at the clock; 1 leaves one step of work for each turn */
  constructor(lookMs = 0) {
    this.#lookMs = lookMs
  }

  nowMs(): number {
    this.#nowMs += this.#lookMs
    return this.#nowMs
  }

  nextTurn(callback: () => void): void {
    this.#turns.push(callback)
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Runs a turn of the event loop. Returns false if nothing is to be done in it. */
  turn(): boolean {
    const due = this.#turns.splice(0)
    for (const callback of due) callback()
    return due.length > 0
  }

  /** Lets time pass, and fires the timers of that time in their order. */
  pass(milliseconds: number): void {
    const endMs = this.#nowMs + milliseconds
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= endMs)
      const next = due.reduce((first, timer) => (timer.atMs < first.atMs ? timer : first), due[0] ?? NEVER)
      if (next === NEVER) break
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      this.#timers.delete(next)
      next.callback()
    }
    this.#nowMs = Math.max(this.#nowMs, endMs)
  }

  /** Runs turns until there is nothing to do. */
  settle(): void {
    while (this.turn());
  }
}

const NEVER = { atMs: Number.POSITIVE_INFINITY, callback: () => {} }
