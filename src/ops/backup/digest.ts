// What a data folder comes to: how many records there are, and one number over all of them. Two folders with the same digest
// hold the same fleet, whatever way it is spread over their snapshots and journals.
import { createHash } from 'node:crypto'
import { bodyOf } from '../../state/body.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { countedAs } from '../../store/copy/rest-copy.ts'
import type { StoredVersion } from '../../store/copy/stored-folder.ts'

export class FolderDigest {
  readonly #hash = createHash('sha256')
  readonly #counts = { clusters: 0, nodepools: 0, statuses: 0 }

  /** Takes in the next record, in the order in which a folder gives them. */
  add(version: StoredVersion): void {
    const body = bodyOf(version.json)
    this.#hash.update(`${version.key} ${body.length}\n`).update(body)
    this.#counts[countedAs(version)]++
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  /** Ends the digest. */
  sum(): string {
    return `sha256:${this.#hash.digest('hex')}`
  }
}
