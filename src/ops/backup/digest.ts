// Digest of a data folder: the number of records, and one hash over all of them. Folders with the same digest hold the
// same fleet, however it is divided between snapshot and journal.
import { createHash } from 'node:crypto'
import type { StoredRecord } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { countedAs } from '../../store/copy/copy.ts'

export class FolderDigest {
  readonly #hash = createHash('sha256')
  readonly #counts = { clusters: 0, nodepools: 0, statuses: 0 }

  /** Adds the next record, in the order in which a folder returns them. */
  add(record: StoredRecord): void {
    const { bytes, offset, length } = record.body
    this.#hash.update(`${record.key} ${length}\n`).update(bytes.subarray(offset, offset + length))
    this.#counts[countedAs(record)]++
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  /** Ends the digest and returns it. */
  sum(): string {
    return `sha256:${this.#hash.digest('hex')}`
  }
}
