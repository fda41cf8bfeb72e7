// Data file of an LMDB environment, read with plain reads. An unreadable sector and a truncated file are errors here.
// LMDB reads through a memory map, where they are a SIGBUS.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'

export class DataFile {
  readonly path: string
  readonly sizeBytes: number
  readonly #file: number

  /** Throws the errors of `node:fs`. */
  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, 'r')
    this.sizeBytes = fstatSync(this.#file).size
  }

  /** Fills `into` from `position` on. Throws StoreError if that cannot be read, or is beyond the end. */
  read(position: number, into: Buffer): void {
    for (let done = 0; done < into.length; ) {
      const count = this.#read(position + done, into.subarray(done))
      if (count === 0) throw this.damaged(`it ends at byte ${this.sizeBytes}, and what it holds does not`)
      done += count
    }
  }

  /** Error for the operator; `why` describes the damage. */
  damaged(why: string): StoreError {
    return new StoreError(
      'damaged',
      `${this.path} is damaged: ${why}. Restore the data folder from a backup.`,
    )
  }

  close(): void {
    closeSync(this.#file)
  }

  #read(position: number, into: Buffer): number {
    try {
      return readSync(this.#file, into, 0, into.length, position)
    } catch (error) {
      const reason = reasonOf(error)
      throw new StoreError(
        'unreadable',
        `${this.path} cannot be read at byte ${position} (${reason}). Check the disk, and restore the data folder ` +
          'from a backup.',
        error,
      )
    }
  }
}
