// Writes a copy into a new data folder. Every value is decoded first, so that damaged values are never copied. The bytes that wait to
// be written are bounded, so that a copy of any size needs the same memory.
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { unhandled } from '../../state/put.ts'
import { decodeSnapshotValue } from '../codec.ts'
import { LOCK_FILE } from '../folder/lock.ts'
import { decodeGroup, type EncodedGroup } from '../journal/group.ts'
import { type Journal, openJournal } from '../journal/journal.ts'
import { blockInCopy } from '../snapshot/removal-blocks.ts'
import { type Fold, type NewBlock, Snapshot, type Watermarks } from '../snapshot/snapshot.ts'
import type { CopyEnd, CopyPart } from './copy.ts'

/** Bounds of one transaction, apart from its last part. A flush for each slice would take most of the time. */
const MAX_WAITING_BYTES = 4 << 20
const MAX_WAITING_PARTS = 8192

/** Watermarks are known only at the end of a copy. */
const UNKNOWN: Watermarks = { latestTime: undefined, latestId: undefined }

export interface WriterOptions {
  readonly commitDeadlineMs: number
  /** Generates the name of the new store, so that its parts cannot be mixed with parts of the copied one. */
  readonly randomId: () => string
}

export class FolderWriter {
  readonly #snapshot: Snapshot
  readonly #journal: Journal
  readonly #folds: Fold[] = []
  readonly #groups: EncodedGroup[] = []
  readonly #blocks: NewBlock[] = []
  #waitingBytes = 0
  #folded: number | undefined
  #end: CopyEnd | undefined

  private constructor(snapshot: Snapshot, journal: Journal) {
    this.#snapshot = snapshot
    this.#journal = journal
  }

  /** Creates a new store in an empty folder. Throws StoreError. */
  static async create(path: string, { commitDeadlineMs, randomId }: WriterOptions): Promise<FolderWriter> {
    for (const part of ['snapshot', 'journal']) makePrivateFolder(join(path, part))
    // Readers of the folder need a lock file to keep writers out.
    closeSync(openSync(join(path, LOCK_FILE), 'a', PRIVATE_FILE))
    const journal = openJournal(join(path, 'journal'), commitDeadlineMs)
    const snapshot = new Snapshot(join(path, 'snapshot'), commitDeadlineMs)
    const identity = { store: randomId(), epoch: 1 }
    await journal.identify(identity)
    await snapshot.create(identity)
    return new FolderWriter(snapshot, journal)
  }

  /** Bytes taken and not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /**
   * Takes the next parts of a copy. Rejects with StoreError for a damaged part, with StorageFullError when there is no room.
   */
  async take(parts: readonly CopyPart[]): Promise<void> {
    for (const part of parts) {
      this.#take(part)
      if (this.#isDue()) await this.#flush()
    }
  }

  /** Writes the rest. The copy is then complete on disk. */
  async finish(): Promise<void> {
    if (this.#end === undefined || this.#folded === undefined) throw new Error('the copy has no end')
    await this.#flush()
    // A copy without its removals begins a history, so that no client resumes from before it.
    const { watermarks, removalsAfter = this.#folded } = this.#end
    await this.#snapshot.complete(this.#folded, { ...watermarks, removalsAfter })
    if (this.#end.cursor !== undefined) await this.#journal.setCursor(this.#end.cursor)
    this.#snapshot.sync()
    this.#journal.sync()
  }

  async close(): Promise<void> {
    await this.#journal.close()
    await this.#snapshot.close()
  }

  #take(part: CopyPart): void {
    if (this.#end !== undefined || (this.#folded === undefined) !== (part.kind === 'start'))
      throw new Error(`a copy has a part '${part.kind}' out of order`)
    switch (part.kind) {
      case 'start':
        this.#folded = part.folded
        return
      case 'record':
        this.#waitingBytes += part.value.length
        this.#folds.push(...foldsOf(part.key, part.value))
        return
      case 'group':
        decodeGroup(part)
        this.#waitingBytes += part.value.length
        this.#groups.push(part)
        return
      case 'removals':
        this.#waitingBytes += part.value.length
        this.#blocks.push(blockInCopy(part.key, part.value))
        return
      case 'end':
        this.#end = part
        return
      default:
        unhandled(part)
    }
  }

  #isDue(): boolean {
    const parts = this.#folds.length + this.#groups.length + this.#blocks.length
    return this.#waitingBytes >= MAX_WAITING_BYTES || parts >= MAX_WAITING_PARTS
  }

  async #flush(): Promise<void> {
    // The journal first: it must never end before the snapshot.
    if (this.#groups.length > 0) await this.#journal.commit(this.#groups.splice(0))
    if (this.#folds.length > 0) await this.#snapshot.fold(this.#folds.splice(0), UNKNOWN)
    for (const block of this.#blocks.splice(0))
      await this.#snapshot.erase([], block, { ...UNKNOWN, removalsAfter: 0 })
    this.#waitingBytes = 0
  }
}

/** A server of an older version sends a head and its conditions as one value. */
function foldsOf(key: string, value: Buffer): Fold[] {
  return decodeSnapshotValue(key, value).map(record => ({
    key: record.key,
    sequence: record.sequence,
    body: record.body,
    replaces: undefined,
  }))
}
