// The entries of one kind as they were at one moment, for work that goes on while writes are applied: what a write
// replaces is kept for as long as the view is held.
import type { ResourceVersion } from '../state/entry.ts'

/** The source of the present entries. */
export interface EntrySource {
  readonly slotCount: number
  entryAt(slot: number): ResourceVersion & { readonly version: ResourceVersion }
}

export class EntriesView {
  /** Slot count when the view was taken; later slots are invisible. */
  readonly slotCount: number
  readonly #present: EntrySource
  readonly #release: (view: EntriesView) => void
  readonly #replaced = new Map<number, ResourceVersion>()
  #isCurrent = true

  constructor(present: EntrySource, release: (view: EntriesView) => void) {
    this.slotCount = present.slotCount
    this.#present = present
    this.#release = release
  }

  /** True if no write has happened since the view was taken. Then the indexes are those of the view's moment. */
  get isCurrent(): boolean {
    return this.#isCurrent
  }

  entryAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot)
  }

  /** The version that a slot had at the view's moment; it stays that one. */
  versionAt(slot: number): ResourceVersion {
    return this.replaced(slot) ?? this.#present.entryAt(slot).version
  }

  /** The version of a slot at the view's moment, if it has been replaced since. */
  replaced(slot: number): ResourceVersion | undefined {
    return this.#isCurrent ? undefined : this.#replaced.get(slot)
  }

  /** Takes note of a write to a slot, and of what it replaced. */
  note(slot: number, previous: ResourceVersion | undefined): void {
    this.#isCurrent = false
    if (previous !== undefined && slot < this.slotCount && !this.#replaced.has(slot)) {
      this.#replaced.set(slot, previous)
    }
  }

  release(): void {
    this.#release(this)
    this.#replaced.clear()
  }
}
