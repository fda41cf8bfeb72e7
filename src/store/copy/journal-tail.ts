// The tail of the journal of a data folder at rest: the entries that follow its snapshot. A folder is read in the order of its keys, so that
// the records of the tail are wanted in any order. Their places are kept, but not their bytes.
import { isRemoval, type StoredRecord } from '../../state/put.ts'
import { decodeJournalRecord, formatOf } from '../codec.ts'
import type { EncodedGroup, JournalEntry } from '../journal/group.ts'
import type { Journal } from '../journal/journal.ts'

/** Most bytes of groups that are kept, for the next records of the same groups. */
const MAX_KEPT_BYTES = 64 << 20

/** The newest versions of the records in the tail. */
export interface JournalTail {
  /** By record, the place of its newest version. */
  readonly newest: ReadonlyMap<string, Place>
  /** By resource, its creation number. */
  readonly numbers: ReadonlyMap<string, number>
  /** The keys of the removed resources. An id is never used again. */
  readonly removed: ReadonlySet<string>
}

/** The place of a record in the journal. */
export interface Place {
  /** The number of its entry, and of the last entry of the same group. */
  readonly sequence: number
  readonly groupEnd: number
  /** The key and the place of its body in the value of the group. The key is that of the head for conditions that are in one record with it. */
  readonly key: string
  readonly offset: number
  readonly length: number
}

/** The place of a record of an entry, by its number among them. */
export function placeOf({ sequence, groupEnd, encoded }: JournalEntry, record: number): Place {
  const source = encoded[record]
  if (source === undefined) throw new Error(`journal entry ${sequence} has no record ${record}`)
  const { key, body } = source
  return { sequence, groupEnd, key, offset: body.offset, length: body.length }
}

/** Reads records whose places were found by a GroupReader, which has checked their groups. */
export class PlacedRecords {
  readonly #journal: Journal
  /** By the number of the last entry, in the order of their last use. */
  readonly #groups = new Map<number, EncodedGroup>()
  #keptBytes = 0

  constructor(journal: Journal) {
    this.#journal = journal
  }

  read(key: string, place: Place): StoredRecord {
    const { sequence, groupEnd, offset, length } = place
    const { value: bytes } = this.#group(groupEnd)
    const body = { bytes, offset, length }
    const where = `entry ${sequence} of the journal`
    const records = decodeJournalRecord({ key: place.key, sequence, body, format: formatOf(bytes), where })
    for (const record of records) if (record.key === key && !isRemoval(record)) return record
    throw new Error(`${where} has no ${key}`)
  }

  #group(end: number): EncodedGroup {
    const kept = this.#groups.get(end)
    const group = kept ?? this.#journal.read(end - 1, 1)[0]
    if (group === undefined) throw new Error(`journal entry ${end} is gone`)
    if (kept !== undefined) this.#groups.delete(end)
    else this.#makeRoom(group.value.length)
    this.#groups.set(end, group)
    return group
  }

  #makeRoom(bytes: number): void {
    this.#keptBytes += bytes
    for (const [end, { value }] of this.#groups) {
      if (this.#keptBytes <= MAX_KEPT_BYTES) return
      this.#groups.delete(end)
      this.#keptBytes -= value.length
    }
  }
}
