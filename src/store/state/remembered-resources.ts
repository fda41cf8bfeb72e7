// The records that were last decided about or written, ready to be read: a write looks at its resource's record several times,
// from the decision until it is applied, and what it wrote is often what the next one begins with.
import type { Resource } from '../records.ts'
import type { StoredResource } from './stored-resource.ts'

/** Records remembered at once: a few group commits' worth, some megabytes. */
const CAPACITY = 1024

export class RememberedResources {
  readonly #entries: (StoredResource | undefined)[] = new Array(CAPACITY).fill(undefined)
  #next = 0

  /** Remembers the present record of an entry, in the place of the one that was remembered longest ago; or forgets it. */
  set(entry: StoredResource, record: Resource | undefined): void {
    const wasRemembered = entry.remembered !== undefined
    entry.remembered = record
    if (wasRemembered || record === undefined) return
    const forgotten = this.#entries[this.#next]
    if (forgotten !== undefined) forgotten.remembered = undefined
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % CAPACITY
  }
}
