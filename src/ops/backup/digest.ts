// Digest of a data folder: the number of records, and one hash over all of them. Folders with the same digest hold the
// same fleet, however it is divided between snapshot and journal.
import { createHash } from 'node:crypto'
import { bytesIn } from '../../state/layout.ts'
import type { WholeRecord } from '../../state/put.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { countedAs } from '../../store/copy/copy.ts'

export class FolderDigest {
  readonly #hash = createHash('sha256')
  readonly #counts = { clusters: 0, nodepools: 0, statuses: 0 }

  /** Adds the next resource or status, in the order in which a folder returns them. It does not matter in how many records it is stored. */
  add(whole: WholeRecord): void {
    const length = whole.records.reduce((sum, { body }) => sum + body.length, 0)
    this.#hash.update(`${whole.key} ${length}\n`)
    for (const { body } of whole.records) this.#hash.update(bytesIn(body))
    this.#counts[countedAs(whole)]++
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  /** Ends the digest and returns it. */
  sum(): string {
    return `sha256:${this.#hash.digest('hex')}`
  }
}
