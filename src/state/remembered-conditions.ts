// The conditions of resources that were last decided about or written: a write looks at them several times, from the decision
// until it is applied, and what it wrote is often what the next one begins with.

import type { ResourceCondition } from './records.ts'

/** Resources whose conditions are remembered at once: a few group commits' worth, some megabytes. */
const CAPACITY = 1024

/** An entry whose conditions may be remembered. */
export interface Remembering {
  conditions: readonly ResourceCondition[] | undefined
}

export class RememberedConditions {
  readonly #entries: (Remembering | undefined)[] = new Array(CAPACITY).fill(undefined)
  #next = 0

  /** Remembers an entry's conditions, in the place of those that were remembered longest ago; or forgets them. */
  set(entry: Remembering, conditions: readonly ResourceCondition[] | undefined): void {
    const wereRemembered = entry.conditions !== undefined
    entry.conditions = conditions
    if (wereRemembered || conditions === undefined) return
    const forgotten = this.#entries[this.#next]
    if (forgotten !== undefined) forgotten.conditions = undefined
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % CAPACITY
  }
}
