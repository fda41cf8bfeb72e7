// The journal: changes in the order in which they became durable, with rising sequence numbers without gaps. An entry is one change. The
// entries of a group commit are one group, in one or several values of an LMDB environment; only this folder knows that.
import { decodeText, encodeText } from '../codec.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import { type Identity, parseIdentity } from '../folder/identity.ts'
import { type Access, Environment, type EnvironmentKey, type Write } from '../lmdb/environment.ts'
import { type EncodedGroup, groupOf, isReadable } from './group.ts'
import { endsGroup, groupEndOf, joined, MAX_PIECES, piecesOf } from './pieces.ts'

/**
 * Pieces after which one commit removes no further group, a fraction of a millisecond of work. A commit that appends more than half as many
 * removes two for each, so that the journal gets shorter.
 */
const TRIM_PER_COMMIT = 256

/** The key of the identity. Entries begin with 1. */
const IDENTITY_KEY = 0
/** The key of the cursor. It is before the others, so a version that knows no cursor does not meet it. */
const CURSOR_KEY = -1
const IDENTITY = 'identity'
const CURSOR = 'cursor'

export interface Journal {
  /** Undefined in a new journal and in one of format 1. */
  readonly identity: Identity | undefined
  /** The place of the newest entry in a journal that several servers share, as text. Undefined in a folder that follows none. */
  readonly cursor: string | undefined
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
   * unknown. A cursor replaces the present one in the same transaction.
   */
  commit(groups: readonly EncodedGroup[], cursor?: string): Promise<void>
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
  /** Replaces the cursor, or removes it. Like `identify`. */
  setCursor(cursor: string | undefined): Promise<void>
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
  #cursor: string | undefined
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
      this.#cursor = this.#readCursor()
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

  get cursor(): string | undefined {
    return this.#cursor
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
    for (const { last, value } of this.#readValues(after, limit)) {
      const group = groupOf(last, value)
      const isNext = group.first === next || (groups.length === 0 && group.first < next && isReadable(group))
      if (!isNext && isReadable(group)) throw this.#gap(next)
      // A damaged value has wrong numbers. Its reader finds out, and names the entries that are lost.
      groups.push(isNext ? group : { first: next, last, value })
      next = last + 1
    }
    return groups
  }

  async commit(groups: readonly EncodedGroup[], cursor?: string): Promise<void> {
    const writes: Write[] = cursor === undefined ? [] : [cursorWrite(cursor)]
    for (const group of groups) for (const piece of piecesOf(group)) writes.push(piece)
    const oldest = this.#addTrim(writes)
    if (oldest !== undefined) this.#reached('trim-begun')
    try {
      await this.#environment.commit(writes)
    } catch (error) {
      if (error instanceof StorageFullError) this.#assertNothingLanded()
      throw error
    }
    if (cursor !== undefined) this.#cursor = cursor
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

  async setCursor(cursor: string | undefined): Promise<void> {
    await this.#environment.commit([
      cursor === undefined ? { kind: 'remove', key: CURSOR_KEY } : cursorWrite(cursor),
    ])
    this.#cursor = cursor
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

  /** Reads the values of groups, each put together from its pieces. */
  #readValues(after: number, limit: number): Omit<EncodedGroup, 'first'>[] {
    const groups: Omit<EncodedGroup, 'first'>[] = []
    let [at, left, pieces] = [after, limit, [] as Buffer[]]
    const isLast = (key: EnvironmentKey) => endsGroup(this.#key(key)) && --left === 0
    // A read may end within a group. Then another one reads the rest of it.
    for (; groups.length === 0 || pieces.length > 0; left = 1) {
      const entries = this.#environment.read(at, limit * MAX_PIECES, isLast)
      for (const { key, value } of entries) {
        at = this.#key(key)
        pieces.push(value)
        if (!endsGroup(at)) continue
        groups.push({ last: at, value: joined(pieces) })
        pieces = []
      }
      if (entries.length > 0) continue
      if (pieces.length > 0) throw this.#gap((groups.at(-1)?.last ?? after) + 1)
      break
    }
    return groups
  }

  /**
   * Adds the removal of some old groups. Returns the numbers of the oldest group that stays, or undefined if none is removed. A removed group
   * need not be read: the next one begins behind it.
   */
  #addTrim(writes: Write[]): Pick<EncodedGroup, 'first' | 'last'> | undefined {
    if (!this.trimPending) return undefined
    const end = this.#trimEnd()
    const enough = Math.max(TRIM_PER_COMMIT, 2 * writes.length)
    const removals: Write[] = []
    let removed = 0
    let whole = 0
    for (const each of this.#environment.keysAfter(this.#first - 1, enough + 2 * MAX_PIECES)) {
      const key = this.#key(each)
      removals.push({ kind: 'remove', key })
      if (!endsGroup(key)) continue
      if (key > end || whole >= enough) {
        writes.push(...removals.slice(0, whole))
        return { first: removed + 1, last: key }
      }
      removed = key
      whole = removals.length
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

  #readCursor(): string | undefined {
    const value = this.#environment.get(CURSOR_KEY)
    return value && decodeText(CURSOR, value, `the cursor of the journal in ${this.#path}`)
  }

  /** The last entry of the first group or of the last one. 0 if there is none. */
  #edge(edge: 'first' | 'last'): number {
    const environment = this.#environment
    const key = edge === 'first' ? environment.keysAfter(IDENTITY_KEY, 1)[0] : environment.edgeKey(edge)
    return groupEndOf(this.#key(key === CURSOR_KEY ? 0 : (key ?? 0)))
  }

  /**
   * The first entry of the group that ends with this one. That of a damaged group is unknown, and 1 stands for it: a reader of the group
   * finds out.
   */
  #beginningOf(last: number): number {
    const [group] = last === 0 ? [] : this.#readValues(last - 1, 1)
    if (group === undefined) return last
    const { first, value } = groupOf(group.last, group.value)
    return isReadable({ first, last, value }) ? first : 1
  }

  #key(key: EnvironmentKey): number {
    if (typeof key === 'number' && key >= 0 && key <= Number.MAX_SAFE_INTEGER) return key
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

function cursorWrite(cursor: string): Write {
  return { kind: 'put', key: CURSOR_KEY, value: encodeText(CURSOR, cursor) }
}
