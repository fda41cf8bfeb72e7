// Writes a copy into a new data folder. Every value is decoded on the way, so that nothing unreadable is taken over, and
// what waits to be written is bounded: a copy of any size takes the same memory.
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { decodeJournalEntry, decodeSnapshotValue } from '../codec.ts'
import { LOCK_FILE } from '../folder/lock.ts'
import { type Journal, openJournal } from '../journal/journal.ts'
import { type Fold, Snapshot, type Watermarks } from '../snapshot/snapshot.ts'
import type { CopyEnd, CopyPart } from './copy.ts'

/** What one transaction takes at most, and one part: a flush for each slice of a copy would be most of the time. */
const MAX_WAITING_BYTES = 4 << 20
const MAX_WAITING_PARTS = 8192

/** They come with the end. */
const UNKNOWN: Watermarks = { latestTime: undefined, latestId: undefined }

export interface WriterOptions {
  readonly commitDeadlineMs: number
  /** Makes the name of the store: its parts cannot be mixed with those of the one that was copied. */
  readonly randomId: () => string
}

export class FolderWriter {
  readonly #snapshot: Snapshot
  readonly #journal: Journal
  readonly #folds: Fold[] = []
  readonly #entries: { readonly sequence: number; readonly value: Buffer }[] = []
  #waitingBytes = 0
  #folded: number | undefined
  #end: CopyEnd | undefined

  private constructor(snapshot: Snapshot, journal: Journal) {
    this.#snapshot = snapshot
    this.#journal = journal
  }

  /** Begins a data folder, a store of its own, in an empty folder. Throws StoreError. */
  static async create(path: string, { commitDeadlineMs, randomId }: WriterOptions): Promise<FolderWriter> {
    for (const part of ['snapshot', 'journal']) makePrivateFolder(join(path, part))
    // So that those who only read the folder can keep writers out.
    closeSync(openSync(join(path, LOCK_FILE), 'a', PRIVATE_FILE))
    const journal = openJournal(join(path, 'journal'), commitDeadlineMs)
    const snapshot = new Snapshot(join(path, 'snapshot'), commitDeadlineMs)
    const identity = { store: randomId(), epoch: 1 }
    await journal.identify(identity)
    await snapshot.create(identity)
    return new FolderWriter(snapshot, journal)
  }

  /** What has been taken and not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /**
   * Takes the next parts of a copy. Throws StoreError for a part that is damaged; rejects with StorageFullError when there
   * is no room.
   */
  async take(parts: readonly CopyPart[]): Promise<void> {
    for (const part of parts) {
      this.#take(part)
      if (this.#isDue()) await this.#flush()
    }
  }

  /** Writes what is left; then the copy is on disk, whole. */
  async finish(): Promise<void> {
    if (this.#end === undefined || this.#folded === undefined) throw new Error('the copy has no end')
    await this.#flush()
    await this.#snapshot.complete(this.#folded, this.#end.watermarks)
    this.#snapshot.sync()
    this.#journal.sync()
  }

  async close(): Promise<void> {
    await this.#journal.close()
    await this.#snapshot.close()
  }

  #take(part: CopyPart): void {
    if (this.#end !== undefined || (this.#folded === undefined) !== (part.kind === 'start'))
      throw new Error(`a copy has a part '${part.kind}' out of its place`)
    switch (part.kind) {
      case 'start':
        this.#folded = part.folded
        return
      case 'record':
        this.#waitingBytes += part.value.length
        this.#folds.push(foldOf(part.key, part.value))
        return
      case 'entry':
        decodeJournalEntry(part.sequence, part.value)
        this.#waitingBytes += part.value.length
        this.#entries.push(part)
        return
      case 'end':
        this.#end = part
    }
  }

  #isDue(): boolean {
    const parts = this.#folds.length + this.#entries.length
    return this.#waitingBytes >= MAX_WAITING_BYTES || parts >= MAX_WAITING_PARTS
  }

  async #flush(): Promise<void> {
    // The journal first: a snapshot is never on disk without a journal that reaches as far.
    if (this.#entries.length > 0) await this.#journal.commit(this.#entries.splice(0))
    if (this.#folds.length > 0) await this.#snapshot.fold(this.#folds.splice(0), UNKNOWN)
    this.#waitingBytes = 0
  }
}

function foldOf(key: string, value: Buffer): Fold {
  const { sequence, body } = decodeSnapshotValue(key, value)
  return { key, sequence, body, replaces: undefined }
}
