// Ceiling of durable writes: an LMDB environment with the store's settings and appended values of one size. Like the
// store's group commit, each commit takes everything that has arrived. It does nothing else.
import { rm } from 'node:fs/promises'
import { open, type RootDatabase } from 'lmdb'
import { ENVIRONMENT_OPTIONS } from '../../../src/store/lmdb/environment.ts'

/** lmdb accepts the put options where its types have only a version number. */
const APPEND = { append: true } as unknown as number

export class BareJournal {
  readonly #path: string
  readonly #database: RootDatabase<Buffer, number>
  readonly #value: Buffer
  #last = 0
  #waiting: (() => void)[] = []
  #isCommitting = false

  /** Opens a journal in a new folder. */
  constructor(path: string, entryBytes: number) {
    this.#path = path
    this.#database = open<Buffer, number>({ ...ENVIRONMENT_OPTIONS, path })
    this.#value = Buffer.alloc(entryBytes, 'x')
  }

  /** Calls back when an entry is on disk. */
  append(onDisk: () => void): void {
    this.#waiting.push(onDisk)
    this.#schedule()
  }

  /** Removes the journal; no append may be pending. */
  async remove(): Promise<void> {
    await this.#database.close()
    await rm(this.#path, { recursive: true, force: true })
  }

  #schedule(): void {
    if (this.#isCommitting || this.#waiting.length === 0) return
    this.#isCommitting = true
    setImmediate(() => this.#commit())
  }

  async #commit(): Promise<void> {
    const group = this.#waiting
    this.#waiting = []
    const database = this.#database
    await database.batch(() => {
      for (let i = 0; i < group.length; i++) void database.put(++this.#last, this.#value, APPEND)
    })
    await database.flushed
    for (const onDisk of group) onDisk()
    this.#isCommitting = false
    this.#schedule()
  }
}
