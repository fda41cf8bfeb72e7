// The journal of a server's own folder, when several servers share another one: written in the background, after changes are visible. It lets
// the folder be verified, backed up, and started alone. The cursor goes with the groups, so a restart goes on where the folder ends.
import { StorageFailedError, StorageFullError } from '../errors.ts'
import type { EncodedGroup } from '../journal/group.ts'
import type { Journal } from '../journal/journal.ts'
import type { SharedPlace } from './shared-journal.ts'

/** Bytes after which a commit takes no further group. */
const MAX_COMMIT_BYTES = 4 << 20
/** Most bytes that wait for the disk. Beyond them the process ends; other servers go on. */
const MAX_WAITING_BYTES = 512 << 20
/** Time after a commit without groups: a cursor alone may be late. */
const CURSOR_MS = 1000

export interface OwnJournalParts {
  readonly journal: Journal
  /** The newest entry that is on disk already. */
  readonly position: number
  /** Called when groups are on disk. Throws when the folder is not where the next start looks for it. */
  readonly assertInPlace: () => void
  /** There is no room. `hasRoom` is called when there is. */
  readonly onFull: (hasRoom: () => void) => void
  readonly onFatal: (error: unknown) => void
}

interface Waiting {
  readonly group: EncodedGroup | undefined
  readonly place: SharedPlace
}

export class OwnJournal {
  readonly #parts: OwnJournalParts
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  #position: number
  #isRunning = false
  #isFull = false
  #isFailed = false
  /** Called after each commit, and when there is no room. */
  #listeners: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #isEnded = false

  constructor(parts: OwnJournalParts) {
    this.#parts = parts
    this.#position = parts.position
  }

  get positionOnDisk(): number {
    return this.#position
  }

  /** Adds an entry of the shared journal, in order. The memory of its group must not change. */
  add(place: SharedPlace, group: EncodedGroup | undefined): void {
    if (this.#isEnded) return
    this.#waiting.push({ place, group })
    this.#waitingBytes += group?.value.length ?? 0
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      const reason = `the data folder has had no room for ${MAX_WAITING_BYTES >> 20} MiB of changes`
      this.#parts.onFatal(new StorageFailedError('io', reason))
      return
    }
    if (group === undefined) this.#timer ??= setTimeout(() => this.run(), CURSOR_MS)
    else this.run()
  }

  /** Begins to write what waits, or to trim. */
  run(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#isRunning) void this.#run()
  }

  /** Resolves when everything that was added so far is on disk. Rejects with StorageFullError when there is no room. */
  async settled(): Promise<void> {
    const until = this.#waiting.at(-1)?.place.position ?? 0
    while (this.#position < until) {
      this.run()
      if (this.#isFull) throw new StorageFullError()
      await new Promise<void>(resolve => this.#listeners.push(resolve))
    }
  }

  /** Takes no further entries. Resolves when those that wait are on disk, or when there is no room for them. */
  async end(): Promise<void> {
    this.#isEnded = true
    await this.settled().catch(() => {})
    clearTimeout(this.#timer)
    while (this.#isRunning && !this.#isFull && !this.#isFailed)
      await new Promise<void>(resolve => this.#listeners.push(resolve))
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    // In a later turn: the groups of one turn go into one commit.
    await new Promise(setImmediate)
    try {
      while (this.#waiting.length > 0 || this.#parts.journal.trimPending) await this.#commit()
    } catch (error) {
      // Nobody hears from this journal any more: the process is about to end.
      this.#isFailed = true
      this.#parts.onFatal(error)
      return
    }
    this.#isRunning = false
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners.splice(0)) listener()
  }

  async #commit(): Promise<void> {
    const { journal, assertInPlace } = this.#parts
    let count = 0
    let bytes = 0
    for (; count < this.#waiting.length && bytes < MAX_COMMIT_BYTES; count++)
      bytes += this.#waiting[count]?.group?.value.length ?? 0
    const taken = this.#waiting.slice(0, count)
    const place = taken.at(-1)?.place
    const groups = taken.flatMap(({ group }) => (group === undefined ? [] : [group]))
    try {
      await journal.commit(groups, place?.text)
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      this.#isFull = true
      this.#tell()
      await new Promise<void>(resolve => this.#parts.onFull(resolve))
      this.#isFull = false
      return
    }
    assertInPlace()
    this.#waiting.splice(0, count)
    this.#waitingBytes -= bytes
    if (place !== undefined) this.#position = place.position
    this.#tell()
  }
}
