// What a data folder comes to: how many records there are, and one number over all of them. Two folders with the same digest
// hold the same fleet, whatever way it is spread over their snapshots and journals.
import { createHash } from 'node:crypto'
import type { StoredRecord } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { countedAs } from '../../store/copy/rest-copy.ts'

export class FolderDigest {
  readonly #hash = createHash('sha256')
  readonly #counts = { clusters: 0, nodepools: 0, statuses: 0 }

  /** Takes in the next record, in the order in which a folder gives them. */
  add(record: StoredRecord): void {
    const { bytes, offset, length } = record.body
    this.#hash.update(`${record.key} ${length}\n`).update(bytes.subarray(offset, offset + length))
    this.#counts[countedAs(record)]++
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  /** Ends the digest. */
  sum(): string {
    return `sha256:${this.#hash.digest('hex')}`
  }
}
