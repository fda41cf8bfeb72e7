// The index of one label key: its values, and which slots have the key at all.
import type { IndexMemory } from './memory.ts'
import { type Slots, ValueIndex } from './value-index.ts'

export class LabelIndex {
  readonly values: ValueIndex<string>

  constructor(memory: IndexMemory) {
    this.values = new ValueIndex(memory)
  }

  /** The slots that have the key; `is null`, `!=` and the `not` forms answer with the others (contract 8.5). */
  get presence(): Slots {
    throw new Error('not yet')
  }
}
