// The journal: changes in the order in which they became durable, with rising sequence numbers without gaps. An entry is one change. The
// entries of a group commit are one value of an LMDB environment, under the number of the last; only this file knows that.
import { decodeText, encodeText } from '../codec.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import { type Identity, parseIdentity } from '../folder/identity.ts'
import { type Access, Environment, type EnvironmentKey, type Write } from '../lmdb/environment.ts'
import { type EncodedGroup, groupOf, isReadable } from './group.ts'

/** Most groups that one commit removes, a fraction of a millisecond of work. */
const TRIMMED_GROUPS = 256
/**
 * Most entries in them, unless the oldest group alone has more: the disk space of some megabytes. They are more than a commit appends, so
 * that the journal gets shorter.
 */
const TRIMMED_ENTRIES = 2048

/** The key of the identity. Entries begin with 1. */
const IDENTITY_KEY = 0
const IDENTITY = 'identity'

export interface Journal {
  /** Undefined in a new journal and in one of format 1. */
  readonly identity: Identity | undefined
  /** The numbers of the oldest and the newest entry. Both are 0 if there is none. */
  readonly first: number
  readonly last: number
  /** True if the next commit has old groups to remove. */
  readonly trimPending: boolean
  /**
   * Reads at most `limit` groups, from the one that holds the entry after the number `after`. That group may begin earlier. Returns none
   * only at the end. Throws StoreError 'gap' when an entry is missing. The groups are not checked yet (see GroupReader).
   */
  read(after: number, limit: number): EncodedGroup[]
  /**
   * Appends the groups, whose entries follow `last` (in an empty journal their numbers are free), and removes some trimmed groups, all in one
   * transaction. Resolves when it is on disk. Only one call at a time. Rejects with StorageFullError when there was no room; then none
   * of the changes is or ever will be in the journal. After any other error the process must end, because the content of the disk is
   * unknown.
   */
  commit(groups: readonly EncodedGroup[]): Promise<void>
  /**
   * Lets later commits remove the groups that end at `through` or before. The newest group always stays, so that an empty journal beside a
   * snapshot of records is recognized as a lost one.
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
  /** The last entry of the group that begins with `#first`. */
  #firstEnd: number
  #last: number
  #trimThrough = 0
  readonly #holds = new Set<{ readonly from: number }>()

  constructor(path: string, commitDeadlineMs: number, reached: Reached, access: Access) {
    this.#path = path
    this.#reached = reached
    this.#environment = new Environment(path, commitDeadlineMs, { name: 'journal', reached }, access)
    try {
      this.#identity = this.#readIdentity()
      this.#firstEnd = this.#edge('first')
      this.#last = this.#edge('last')
      this.#first = this.#beginningOf(this.#firstEnd)
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
    return this.#first > 0 && this.#firstEnd <= this.#trimEnd()
  }

  read(after: number, limit: number): EncodedGroup[] {
    const groups: EncodedGroup[] = []
    let next = after + 1
    for (const { key, value } of this.#environment.read(after, limit)) {
      const group = groupOf(this.#number(key), value)
      const isNext = group.first === next || (groups.length === 0 && group.first < next && isReadable(group))
      if (!isNext && isReadable(group)) throw this.#gap(next)
      // A damaged value has wrong numbers. Its reader finds out, and names the entries that are lost.
      groups.push(isNext ? group : { first: next, last: group.last, value })
      next = group.last + 1
    }
    return groups
  }

  async commit(groups: readonly EncodedGroup[]): Promise<void> {
    const writes: Write[] = groups.map(({ last, value }) => ({ kind: 'append', key: last, value }))
    const oldest = this.#addTrim(writes)
    if (oldest !== undefined) this.#reached('trim-begun')
    try {
      await this.#environment.commit(writes)
    } catch (error) {
      if (error instanceof StorageFullError) this.#assertNothingLanded()
      throw error
    }
    if (oldest !== undefined) {
      this.#reached('trim-done')
      this.#first = oldest.first
      this.#firstEnd = oldest.last
    }
    const [begin, end] = [groups[0], groups.at(-1)]
    if (begin === undefined || end === undefined) return
    this.#last = end.last
    if (this.#first > 0) return
    this.#first = begin.first
    this.#firstEnd = begin.last
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

  /**
   * Adds the removal of some old groups. Returns the numbers of the oldest group that stays, or undefined if none is removed. A removed group
   * need not be read: the next one begins behind it.
   */
  #addTrim(writes: Write[]): Pick<EncodedGroup, 'first' | 'last'> | undefined {
    if (!this.trimPending) return undefined
    const end = this.#trimEnd()
    const most = this.#first + TRIMMED_ENTRIES
    const keys = this.#environment.keysAfter(this.#first - 1, TRIMMED_GROUPS + 1)
    let removed = 0
    for (const [i, key] of keys.entries()) {
      const last = this.#number(key)
      if (last > end || i === TRIMMED_GROUPS || (i > 0 && last >= most)) return { first: removed + 1, last }
      writes.push({ kind: 'remove', key: last })
      removed = last
    }
    throw new Error(`${this.#path} has no group that stays`)
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
    if (first === this.#firstEnd && last === this.#last) return
    throw new StorageFailedError(
      'io',
      `a commit to ${this.#path} failed for lack of room, but the journal went from the groups that end with entries ` +
        `${this.#firstEnd}-${this.#last} to ${first}-${last}`,
    )
  }

  #readIdentity(): Identity | undefined {
    const value = this.#environment.get(IDENTITY_KEY)
    if (value === undefined) return undefined
    return parseIdentity(decodeText(IDENTITY, value, `the identity of the journal in ${this.#path}`))
  }

  /** The last entry of the first group or of the last one. 0 if there is none. */
  #edge(edge: 'first' | 'last'): number {
    const environment = this.#environment
    const key = edge === 'first' ? environment.keysAfter(IDENTITY_KEY, 1)[0] : environment.edgeKey(edge)
    return this.#number(key ?? 0)
  }

  /**
   * The first entry of the group that ends with this one. That of a damaged group is unknown, and 1 stands for it: a reader of the group
   * finds out.
   */
  #beginningOf(last: number): number {
    const value = last === 0 ? undefined : this.#environment.get(last)
    if (value === undefined) return last
    const group = groupOf(last, value)
    return isReadable(group) ? group.first : 1
  }

  #number(key: EnvironmentKey): number {
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
