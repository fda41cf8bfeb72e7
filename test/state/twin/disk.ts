// The disk that a store would have: the records of the snapshot, which may be of different moments, and the tail of the journal. The tail
// begins at the last completed checkpoint, or earlier, so a load meets older versions of what the snapshot has.
import { keyOf } from '../../../src/state/document.ts'
import type { RecordPut } from '../../../src/state/put.ts'
import type { Random } from '../../harness/random.ts'
import type { ErasureView, FoldView, Model, Stored, Write, Writes } from './model.ts'
import type { Twin } from './twin.ts'

interface Folded {
  readonly record: Stored<RecordPut>
  readonly checksum: number
}

export class Disk {
  readonly #snapshot = new Map<string, Folded>()
  #journal: (readonly Stored[])[] = []
  /** The entry before the first of the journal. */
  #trimmed = 0
  #completed = 0

  /** The number of the last journal entry. */
  get sequence(): number {
    return this.#trimmed + this.#journal.length
  }

  /** Appends a change that the twin has applied. */
  append({ sequence, writes }: Writes, twin: Twin): void {
    this.#journal.push(writes.map(write => journalRecord(write, sequence, twin)))
  }

  /** The present version of the record to fold. It becomes part of the snapshot later, unless the process is killed before. */
  fold({ key, number, sequence }: FoldView, put: RecordPut, checksum: number): void {
    this.#snapshot.set(key, { record: { key, put, number, sequence }, checksum })
  }

  erase({ key }: ErasureView): void {
    this.#snapshot.delete(key)
  }

  checksumOf(key: string): number | undefined {
    return this.#snapshot.get(key)?.checksum
  }

  /** Notes a checkpoint of all changes up to this one, and trims the journal to it or to the one before. */
  complete(sequence: number, random: Random): void {
    const trimmed = random.chance(0.5) ? sequence : this.#completed
    this.#completed = sequence
    if (trimmed <= this.#trimmed) return
    this.#journal = this.#journal.slice(trimmed - this.#trimmed)
    this.#trimmed = trimmed
  }

  /** Loads the snapshot in key order and the tail, except for one key. Returns the first missing record. */
  load(model: Model, except?: string): string | undefined {
    const keys = [...this.#snapshot.keys()].sort()
    for (const key of keys) {
      const folded = this.#snapshot.get(key)
      if (folded !== undefined && key !== except) model.load(folded.record, folded.checksum)
    }
    for (const records of this.#journal) for (const record of records) model.load(record)
    return model.finishLoad()
  }

  /** A key of the snapshot that the tail does not have. */
  someFolded(random: Random): string | undefined {
    const inTail = new Set(this.#journal.flat().map(({ key }) => key))
    const keys = [...this.#snapshot.keys()].filter(key => !inTail.has(key))
    return keys[random.below(keys.length)]
  }
}

/** The journal has whole records, whichever put wrote them. */
function journalRecord({ put, number }: Write, sequence: number, twin: Twin): Stored {
  const key = keyOf(put)
  if (put.kind !== 'conditions') return { key, put, number, sequence }
  return { key, put: { kind: 'resource', record: twin.record(put.resource.id) }, number, sequence }
}
