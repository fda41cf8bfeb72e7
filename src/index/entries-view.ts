// The entries of one kind as they were at one moment, for work that goes on while writes are applied: what a write
// replaces is kept for as long as the view is held.
import type { ResourceVersion } from '../state/entry.ts'

/** Where the present entries are. */
export interface EntrySource {
  readonly slotCount: number
  entryAt(slot: number): ResourceVersion & { readonly version: ResourceVersion }
}

export class EntriesView {
  /** As of the view's moment: later slots are none of its business. */
  readonly slotCount: number
  readonly #present: EntrySource
  readonly #release: (view: EntriesView) => void
  readonly #replaced = new Map<number, ResourceVersion>()
  #isPresent = true

  constructor(present: EntrySource, release: (view: EntriesView) => void) {
    this.slotCount = present.slotCount
    this.#present = present
    this.#release = release
  }

  /** Whether nothing has been written since: then the indexes still say what they said at the view's moment. */
  get isPresent(): boolean {
    return this.#isPresent
  }

  entryAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot)
  }

  /** The version that a slot had at the view's moment; it stays that one. */
  versionAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot).version
  }

  /** What was in a slot at the view's moment, when it has been replaced since. */
  replaced(slot: number): ResourceVersion | undefined {
    return this.#isPresent ? undefined : this.#replaced.get(slot)
  }

  /** Takes note of a write to a slot, and of what it replaced. */
  note(slot: number, previous: ResourceVersion | undefined): void {
    this.#isPresent = false
    if (previous !== undefined && slot < this.slotCount && !this.#replaced.has(slot)) {
      this.#replaced.set(slot, previous)
    }
  }

  release(): void {
    this.#release(this)
    this.#replaced.clear()
  }
}
