// The index of one label key: its values, and which slots have the key at all.
import type { Kernels } from './kernels/kernels.ts'
import { PostingList } from './posting-list.ts'
import { POSTING_LIST_HEAP_BYTES, ValueIndex } from './value-index.ts'

export class LabelIndex {
  readonly values: ValueIndex<string>
  /** The slots with the key; `is null`, `!=` and the forms with `not` answer with the others too (contract 8.5). */
  readonly presence: PostingList

  constructor(kernels: Kernels) {
    this.values = new ValueIndex(kernels)
    this.presence = new PostingList(kernels)
  }

  get bytes(): number {
    return this.values.bytes + this.presence.bytes + POSTING_LIST_HEAP_BYTES
  }

  /** Changes the label of a slot from one value to another; undefined stands for no such label. */
  replace(slot: number, before: string | undefined, after: string | undefined): void {
    this.values.replace(slot, before, after)
    if (before === undefined && after !== undefined) this.presence.add(slot)
    if (before !== undefined && after === undefined) this.presence.delete(slot)
  }

  free(): void {
    if (this.values.size > 0) throw new Error('the index of a label in use cannot go')
    this.presence.free()
  }
}
