// The journal: changes in the order in which they became durable, with rising sequence numbers without gaps. They are appended to an LMDB
// environment; only this file knows that.
import { decodeText, encodeText } from '../codec.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import { type Identity, parseIdentity } from '../folder/identity.ts'
import { type Access, Environment, type Write } from '../lmdb/environment.ts'

/**
 * Most old entries that one commit removes, a fraction of a millisecond of work. A commit that appends more than half as many removes
 * two for each, so that the journal gets shorter.
 */
const TRIM_PER_COMMIT = 256

/** The key of the identity. Entries begin with 1. */
const IDENTITY_KEY = 0
const IDENTITY = 'identity'

/** A change in its encoded form. */
export interface EncodedChange {
  readonly sequence: number
  readonly value: Buffer
}

export interface Journal {
  /** Undefined in a new journal and in one of format 1. */
  readonly identity: Identity | undefined
  /** The numbers of the oldest and the newest entry. Both are 0 if there is none. */
  readonly first: number
  readonly last: number
  /** True if the next commit has old entries to remove. */
  readonly trimPending: boolean
  /** Reads at most `limit` entries after the number `after`, and none only at the end. Throws StoreError 'gap' when one is missing. */
  read(after: number, limit: number): EncodedChange[]
  /**
   * Appends the changes, whose numbers follow `last` (in an empty journal they are free), and removes some trimmed entries, all in one
   * transaction. Resolves when it is on disk. Only one call at a time. Rejects with StorageFullError when there was no room; then none
   * of the changes is or ever will be in the journal. After any other error the process must end, because the content of the disk is
   * unknown.
   */
  commit(changes: readonly EncodedChange[]): Promise<void>
  /**
   * Lets later commits remove the entries up to `through`. The newest entry always stays, so that an empty journal beside a snapshot of
   * records is recognized as a lost one.
   */
  trim(through: number): void
  /**
   * Writes the identity, unless it is there already. Only one call at a time, and none during `commit`. Rejects with StorageFullError
   * when there was no room. After any other error the process must end.
   */
  identify(identity: Identity): Promise<void>
  /** Keeps the entries from the number `from` on from being trimmed until the release. */
  hold(from: number): JournalHold
  /** Reports whether there is now room for the commit that last found none. */
  hasRoom(): Promise<boolean>
  /** Flushes the files, including writes of an earlier process. */
  sync(): void
  /** Releases the memory that was used for reading. Rejects with StoreError. */
  unmap(): Promise<void>
  close(): Promise<void>
}

/** A hold on entries that a reader still needs. */
export interface JournalHold {
  release(): void
}

/** Opens the journal in the folder `path`, and creates it if necessary. Throws StoreError. */
export function openJournal(
  path: string,
  commitDeadlineMs: number,
  reached: Reached = () => {},
  access: Access = 'write',
): Journal {
  return new LmdbJournal(path, commitDeadlineMs, reached, access)
}

class LmdbJournal implements Journal {
  readonly #path: string
  readonly #environment: Environment
  readonly #reached: Reached
  #identity: Identity | undefined
  #first: number
  #last: number
  #trimThrough = 0
  readonly #holds = new Set<{ readonly from: number }>()

  constructor(path: string, commitDeadlineMs: number, reached: Reached, access: Access) {
    this.#path = path
    this.#reached = reached
    this.#environment = new Environment(path, commitDeadlineMs, { name: 'journal', reached }, access)
    try {
      this.#identity = this.#readIdentity()
      this.#first = this.#edge('first')
      this.#last = this.#edge('last')
    } catch (error) {
      void this.#environment.close()
      throw error
    }
  }

  get identity(): Identity | undefined {
    return this.#identity
  }

  get first(): number {
    return this.#first
  }

  get last(): number {
    return this.#last
  }

  get trimPending(): boolean {
    return this.#first > 0 && this.#first <= this.#trimEnd()
  }

  read(after: number, limit: number): EncodedChange[] {
    const changes: EncodedChange[] = []
    for (const { key, value } of this.#environment.read(after, limit)) {
      const sequence = after + changes.length + 1
      if (key !== sequence) throw this.#gap(sequence)
      changes.push({ sequence, value })
    }
    return changes
  }

  async commit(changes: readonly EncodedChange[]): Promise<void> {
    const writes: Write[] = changes.map(({ sequence, value }) => ({ kind: 'append', key: sequence, value }))
    const first = this.#addTrim(writes, Math.max(TRIM_PER_COMMIT, 2 * changes.length))
    const trims = first > this.#first
    if (trims) this.#reached('trim-begun')
    try {
      await this.#environment.commit(writes)
    } catch (error) {
      if (error instanceof StorageFullError) this.#assertNothingLanded()
      throw error
    }
    if (trims) this.#reached('trim-done')
    this.#last = changes.at(-1)?.sequence ?? this.#last
    this.#first = first === 0 ? (changes[0]?.sequence ?? 0) : first
  }

  async identify(identity: Identity): Promise<void> {
    const { store, epoch } = this.#identity ?? {}
    if (store === identity.store && epoch === identity.epoch) return
    const value = encodeText(IDENTITY, JSON.stringify(identity))
    try {
      await this.#environment.commit([{ kind: 'put', key: IDENTITY_KEY, value }])
    } finally {
      this.#identity = this.#readIdentity()
    }
  }

  trim(through: number): void {
    this.#trimThrough = Math.max(this.#trimThrough, Math.min(through, this.#last - 1))
  }

  hold(from: number): JournalHold {
    const hold = { from }
    this.#holds.add(hold)
    return { release: () => this.#holds.delete(hold) }
  }

  hasRoom(): Promise<boolean> {
    return this.#environment.hasRoom()
  }

  sync(): void {
    this.#environment.sync()
  }

  unmap(): Promise<void> {
    return this.#environment.unmap()
  }

  async close(): Promise<void> {
    await this.#environment.close()
  }

  /** Adds the removal of at most `limit` old entries. Returns the number of the first entry that stays. */
  #addTrim(writes: Write[], limit: number): number {
    if (!this.trimPending) return this.#first
    const end = Math.min(this.#trimEnd() + 1, this.#first + limit)
    for (let sequence = this.#first; sequence < end; sequence++)
      writes.push({ kind: 'remove', key: sequence })
    return end
  }

  /** The last entry that may be removed now. */
  #trimEnd(): number {
    let end = this.#trimThrough
    for (const { from } of this.#holds) end = Math.min(end, from - 1)
    return end
  }

  /** Checks that a refused change is not on disk, from where it would come back with a restart. */
  #assertNothingLanded(): void {
    const first = this.#edge('first')
    const last = this.#edge('last')
    if (first === this.#first && last === this.#last) return
    throw new StorageFailedError(
      'io',
      `a commit to ${this.#path} failed for lack of room, but the journal went from entries ` +
        `${this.#first}-${this.#last} to ${first}-${last}`,
    )
  }

  #readIdentity(): Identity | undefined {
    const value = this.#environment.get(IDENTITY_KEY)
    if (value === undefined) return undefined
    return parseIdentity(decodeText(IDENTITY, value, `the identity of the journal in ${this.#path}`))
  }

  #edge(edge: 'first' | 'last'): number {
    const key =
      (edge === 'first' ? this.#environment.keyAfter(IDENTITY_KEY) : this.#environment.edgeKey(edge)) ?? 0
    if (typeof key === 'number' && Number.isSafeInteger(key) && key >= 0) return key
    throw new StoreError(
      'damaged',
      `the journal in ${this.#path} holds the key ${JSON.stringify(key)}. Restore the data folder from a backup.`,
    )
  }

  #gap(sequence: number): StoreError {
    return new StoreError(
      'gap',
      `entry ${sequence} is missing from the journal in ${this.#path}. Restore the data folder from a backup.`,
    )
  }
}
