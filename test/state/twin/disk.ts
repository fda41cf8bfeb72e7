// The disk that a store would have: the records of the snapshot, which may be of different moments, and the tail of the journal. The tail
// begins at the last completed checkpoint, or earlier, so a load meets older versions of what the snapshot has.
//
// Some records are as formats 1 to 3 have them: a resource is one record with its conditions.
import type { Random } from '../../harness/random.ts'
import { keyOfPut } from './documents.ts'
import type { ErasureView, FoldView, Model, PartPut, Stored, Write, Writes } from './model.ts'
import type { Twin } from './twin.ts'

/** One of so many journal entries, and of so many resources of the snapshot, is of an earlier format. */
const EARLIER_ENTRIES = 5
const EARLIER_RESOURCES = 4

interface Folded {
  readonly record: Stored<PartPut>
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
    this.#journal.push(writes.flatMap(write => journalRecords(write, sequence, twin)))
  }

  /** The present version of the record to fold. It becomes part of the snapshot later, unless the process is killed before. */
  fold({ key, number, sequence }: FoldView, put: PartPut, checksum: number): void {
    this.#snapshot.set(key, { record: { key, put, number, sequence, isWhole: false }, checksum })
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

  /** Makes some resources of the snapshot as an earlier version would have left them. */
  age(): void {
    for (const { record, checksum } of [...this.#snapshot.values()]) {
      const { key, put, sequence } = record
      const conditions = this.#snapshot.get(`${key}/`)?.record
      if (put.kind !== 'resource' || conditions?.put.kind !== 'conditions') continue
      if (conditions.sequence !== sequence || sequence % EARLIER_RESOURCES > 0) continue
      this.#snapshot.delete(`${key}/`)
      this.#snapshot.set(key, { record: { ...record, isWhole: true }, checksum })
    }
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

/** A resource has two records, of which a report writes one. An earlier version wrote the whole resource with each. */
function journalRecords({ put, number }: Write, sequence: number, twin: Twin): Stored[] {
  const key = keyOfPut(put)
  const common = { number, sequence, isWhole: false }
  if (put.kind === 'status' || put.kind === 'removal') return [{ key, put, ...common }]
  const record = put.kind === 'resource' ? put.record : twin.record(put.resource.id)
  if (sequence % EARLIER_ENTRIES === 0)
    return [{ key, put: { kind: 'resource', record }, ...common, isWhole: true }]
  const { kind, id } = record
  const conditions = { kind: 'conditions', resource: { kind, id }, conditions: record.conditions } as const
  const own = { key: `${key}/`, put: conditions, ...common }
  return put.kind === 'conditions' ? [own] : [{ key, put, ...common }, own]
}
