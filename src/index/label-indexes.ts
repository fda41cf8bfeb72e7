// The indexes of all label keys that resources of one kind have. Clients choose the keys: one that no resource has any
// more leaves nothing behind.
import type { Kernels } from './kernels.ts'
import { LabelIndex } from './label-index.ts'

type Labels = ReadonlyMap<string, string>

const NO_LABELS: Labels = new Map()

export class LabelIndexes {
  readonly #kernels: Kernels
  readonly #isSearchable: (key: string) => boolean
  readonly #byKey = new Map<string, LabelIndex>()

  /** @param isSearchable whether a key can be searched (contract 8.6): the others get no index */
  constructor(kernels: Kernels, isSearchable: (key: string) => boolean) {
    this.#kernels = kernels
    this.#isSearchable = isSearchable
  }

  get(key: string): LabelIndex | undefined {
    return this.#byKey.get(key)
  }

  entries(): IterableIterator<[string, LabelIndex]> {
    return this.#byKey.entries()
  }

  /** Changes the labels of a slot, label by label. */
  replace(slot: number, before: Labels | undefined, after: Labels | undefined): void {
    if (before === after) return
    this.#replace(slot, before ?? NO_LABELS, after ?? NO_LABELS)
  }

  #replace(slot: number, before: Labels, after: Labels): void {
    for (const [key, value] of before) {
      const next = after.get(key)
      if (next !== value) this.#replaceOne(key, slot, value, next)
    }
    for (const [key, value] of after) {
      if (!before.has(key)) this.#replaceOne(key, slot, undefined, value)
    }
  }

  #replaceOne(key: string, slot: number, before: string | undefined, after: string | undefined): void {
    if (!this.#isSearchable(key)) return
    const index = this.#byKey.get(key) ?? this.#open(key)
    index.replace(slot, before, after)
    if (index.presence.size > 0) return
    this.#byKey.delete(key)
    index.free()
  }

  #open(key: string): LabelIndex {
    const index = new LabelIndex(this.#kernels)
    this.#byKey.set(key, index)
    return index
  }
}
