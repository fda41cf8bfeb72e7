// The indexes of all label keys that resources of one kind have. Clients choose the keys, so the index of a key is freed with
// its last label.
import type { HashSeed } from '../wire/hash.ts'
import type { Kernels } from './kernels/kernels.ts'
import { PostingList } from './posting-list.ts'
import { textIndex, type ValueIndex } from './value-index.ts'

type Labels = ReadonlyMap<string, string>

const NO_LABELS: Labels = new Map()

/**
 * Most keys with an index, for each kind of resource. An index takes at least 1.2 KiB, so keys made up for each resource would
 * take more memory than the resources. People search by a few dozen keys; a search by an unindexed key reads records.
 */
export const MAX_INDEXED_KEYS = 1024

export class LabelIndexes {
  readonly #kernels: Kernels
  readonly #seed: HashSeed
  readonly #isSearchable: (key: string) => boolean
  readonly #maxKeys: number
  readonly #byKey = new Map<string, LabelIndex>()
  /** The slots with each key that has no index: it cannot be searched, or arrived after the last index was taken. A slot may have many. */
  readonly others: ValueIndex<string>
  /** The slots with a label. */
  readonly presence: PostingList

  /** @param isSearchable true for a key that can be searched (contract 8.6); other keys get no index */
  constructor(
    kernels: Kernels,
    seed: HashSeed,
    isSearchable: (key: string) => boolean,
    maxKeys = MAX_INDEXED_KEYS,
  ) {
    this.#kernels = kernels
    this.#seed = seed
    this.#isSearchable = isSearchable
    this.#maxKeys = maxKeys
    this.others = textIndex(kernels, seed)
    this.presence = new PostingList(kernels)
  }

  /** The number of keys with an index. */
  get size(): number {
    return this.#byKey.size
  }

  /** Most keys with an index. */
  get maxKeys(): number {
    return this.#maxKeys
  }

  /** True if resources have this key and it has no index. It gets none until no resource has the key. */
  isUnindexed(key: string): boolean {
    return this.others.rowOf(key) !== undefined
  }

  get(key: string): LabelIndex | undefined {
    return this.#byKey.get(key)
  }

  entries(): IterableIterator<[string, LabelIndex]> {
    return this.#byKey.entries()
  }

  /** Changes the labels of a slot. */
  replace(slot: number, before: Labels | undefined, after: Labels | undefined): void {
    if (before === after) return
    this.#replace(slot, before ?? NO_LABELS, after ?? NO_LABELS)
  }

  /** Frees the memory of all indexes, over some yields. They cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    for (const index of this.#byKey.values()) yield* index.discard()
    this.#byKey.clear()
    yield* this.others.discard()
    this.presence.free()
  }

  #replace(slot: number, before: Labels, after: Labels): void {
    if (before.size === 0 && after.size > 0) this.presence.add(slot)
    if (before.size > 0 && after.size === 0) this.presence.delete(slot)
    for (const [key, value] of before) {
      const next = after.get(key)
      if (next !== value) this.#replaceOne(key, slot, value, next)
    }
    for (const [key, value] of after) {
      if (!before.has(key)) this.#replaceOne(key, slot, undefined, value)
    }
  }

  #replaceOne(key: string, slot: number, before: string | undefined, after: string | undefined): void {
    const index = this.#byKey.get(key) ?? this.#open(key)
    if (index === undefined) {
      const keyIf = (value: string | undefined) => (value === undefined ? undefined : key)
      this.others.replace(slot, keyIf(before), keyIf(after))
      return
    }
    index.replace(slot, before, after)
    if (index.presence.size > 0) return
    this.#byKey.delete(key)
    index.free()
  }

  /** Undefined if the key gets no index. */
  #open(key: string): LabelIndex | undefined {
    if (!this.#isSearchable(key) || this.#byKey.size >= this.#maxKeys || this.isUnindexed(key))
      return undefined
    const index = new LabelIndex(this.#kernels, this.#seed)
    this.#byKey.set(key, index)
    return index
  }
}

/** The index of one label key, or of another text that some resources lack: its values, and the slots that have one. */
export class LabelIndex {
  readonly values: ValueIndex<string>
  /** The slots with a value. `is null`, `!=` and the negated operators also match the others (contract 8.5). */
  readonly presence: PostingList

  constructor(kernels: Kernels, seed: HashSeed) {
    this.values = textIndex(kernels, seed)
    this.presence = new PostingList(kernels)
  }

  get bytes(): number {
    return this.values.bytes + this.presence.bytes
  }

  /** Changes the label of a slot from one value to another; undefined means no label. */
  replace(slot: number, before: string | undefined, after: string | undefined): void {
    this.values.replace(slot, before, after)
    if (before === undefined && after !== undefined) this.presence.add(slot)
    if (before !== undefined && after === undefined) this.presence.delete(slot)
  }

  /** Frees the memory of all labels, over some yields. The index cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    yield* this.values.discard()
    this.presence.free()
  }

  free(): void {
    if (this.values.size > 0) throw new Error('an index of a label that is in use was freed')
    this.presence.free()
  }
}
