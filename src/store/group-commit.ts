// Group commit: one flush at a time, which takes everything that was staged during the previous one. There is no timer: an idle store
// commits at the end of the turn of the event loop, a busy one as soon as it can. A commit takes several groups, because each group becomes visible in a
// turn of its own.
import type { Change } from '../state/put.ts'
import type { Reached } from './crash-point.ts'
import { FencedError, StorageFullError } from './errors.ts'
import { type EncodedGroup, GroupWriter } from './journal/group.ts'
import type { Journal, JournalHold } from './journal/journal.ts'
import { encodeGroupBody } from './shared/group-body.ts'
import type { SharedJournal } from './shared/shared-journal.ts'

/**
 * Most changes in one group; later ones go into the next. A group is applied and answered in one turn of the event loop, unless it is a large change:
 * 32 reports hold it up for less than a millisecond, 500 held it up for ten.
 */
export const MAX_GROUP_CHANGES = 32
/** Bytes after which a group takes no further change. */
export const MAX_GROUP_BYTES = 120 * 1024

/** Changes after which a commit takes no further group. */
export const MAX_COMMIT_CHANGES = 500
/**
 * Bytes after which a commit takes no further group, and a group of a shared journal no further change. With its last change such a group has room in the
 * memory that a writer keeps, of 1 MiB, and in pieces of one page (see journal/pieces.ts), unless that change is a large one.
 */
export const MAX_COMMIT_BYTES = 960 * 1024

/** Most writers kept for later groups: enough for a commit in flight and the next one, and some to spare. */
const MAX_FREE_WRITERS = 40

/** The documents of a group: that of the first put of each change. */
export type GroupDocuments = readonly Buffer[]

/** Changes that become durable and visible together, and the promise that all their answers wait for. */
export class Group {
  /** Empty once they are applied, so that whatever still refers to the group does not keep their records alive. */
  changes: Change[] = []
  /** Has the memory of the group's value in the journal, and so of its bodies, until the group is applied. */
  readonly writer: GroupWriter
  /** Resolves when the group is durable and visible; rejects when it was dropped. */
  readonly done: Promise<GroupDocuments>
  #resolve: (documents: GroupDocuments) => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor(writer: GroupWriter) {
    this.writer = writer
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // The rejection of a dropped group counts as handled, even if nobody waits for it.
    this.done.catch(() => {})
  }

  /** The length of its value in the journal. 0 without changes. */
  get bytes(): number {
    return this.changes.length === 0 ? 0 : this.writer.bytes
  }

  /** Completes its value in the journal. None without changes. */
  seal(): EncodedGroup[] {
    const last = this.changes.at(-1)
    return last === undefined ? [] : [this.writer.seal(last.sequence, last.latestTime)]
  }

  resolve(documents: GroupDocuments): void {
    this.#resolve(documents)
    this.changes = []
  }

  reject(error: Error): void {
    this.#reject(error)
  }
}

/** Receives the outcome of group commits. Its methods must not throw. */
export interface CommitListener {
  /** The group is on disk. Makes it visible and returns its documents; then its promise resolves. */
  onDurable(group: Group): GroupDocuments | Promise<GroupDocuments>
  /** All groups of a commit are visible. The next flush begins afterwards. */
  onCommitted(changes: number, bytes: number): void
  /** The group is in the shared journal. Makes it visible, in this turn of the event loop unless it is a large change. */
  onShared(group: Group): GroupDocuments | Promise<GroupDocuments>
  /** There was no room. The dropped groups, both in flight and staged, will never be in the journal. */
  onFull(dropped: readonly Group[], error: StorageFullError): void
  /** Another server decides about writes, or the shared journal has no room. The groups that were dropped will never be in it. */
  onDropped(): void
  /** The content of the disk is unknown. No further commit begins, and pending promises stay pending. */
  onFatal(error: unknown): void
}

export interface CommitOptions {
  readonly monotonicMs: () => number
  /** Called when a group is on disk, before it is applied. Throws when the folder is not where the next start looks for it. */
  readonly assertInPlace: () => void
  /** Calls back in a later turn of the event loop. */
  readonly nextTurn: (callback: () => void) => void
  readonly listener: CommitListener
  readonly reached: Reached
}

/** The changes that are not durable yet. */
export interface StagedInfo {
  readonly changes: number
  readonly bytes: number
  /** Duration of the commit in flight so far; 0 when there is none. */
  readonly commitMs: number
}

export class GroupCommit {
  readonly #journal: Journal
  readonly #options: CommitOptions
  readonly #freeWriters: GroupWriter[] = []
  /** The journal that several servers share, and how to trim that of the folder then. */
  #shared: { readonly journal: SharedJournal<Group>; readonly trim: () => void } | undefined
  #open = new Group(new GroupWriter())
  /** Full groups, in the order of their commits. */
  readonly #full: Group[] = []
  /** The groups that are being flushed, and are not applied yet. */
  #inFlight: Group[] = []
  #isCommitting = false
  #isFlushing = false
  #isScheduled = false
  #isHalted = false
  #lastBatchSize = 0
  #lastFlushMs = 0
  #startMs = 0
  /** The documents of the group that was applied from the shared journal. */
  #documents: GroupDocuments = []

  constructor(journal: Journal, options: CommitOptions) {
    this.#journal = journal
    this.#options = options
  }

  /** The group that takes the next change. */
  get open(): Group {
    if (this.#isFull(this.#open)) {
      this.#full.push(this.#open)
      this.#open = this.#newGroup()
    }
    return this.#open
  }

  /** Bytes of all changes whose flush has not begun. */
  get waitingBytes(): number {
    return this.#full.reduce((sum, { bytes }) => sum + bytes, this.#open.bytes)
  }

  /** The newest group that holds a change and is not durable yet. */
  get newest(): Group | undefined {
    return this.#open.changes.length > 0 ? this.#open : (this.#full.at(-1) ?? this.#inFlight.at(-1))
  }

  get lastBatchSize(): number {
    return this.#lastBatchSize
  }

  get lastFlushMs(): number {
    return this.#lastFlushMs
  }

  /** The changes that are not durable yet, in flight or waiting. */
  get staged(): StagedInfo {
    const { changes, bytes } = sizeOf([this.#open, ...this.#full, ...this.#inFlight])
    return {
      changes,
      bytes,
      commitMs: this.#isFlushing ? this.#options.monotonicMs() - this.#startMs : 0,
    }
  }

  /** Adds a change, which its writer has already, to the open group. */
  add(change: Change): void {
    this.#open.changes.push(change)
    this.#schedule()
  }

  /** Adds a complete group behind everything that has been added. */
  append(group: Group): void {
    if (this.#open.changes.length > 0) {
      this.#full.push(this.#open)
      this.#open = this.#newGroup()
    }
    this.#full.push(group)
    this.#schedule()
  }

  /**
   * Makes groups durable in a journal that several servers share, from now on. That of the folder is written elsewhere.
   * @param trim removes old entries of the folder's journal
   */
  share(journal: SharedJournal<Group>, trim: () => void): void {
    this.#shared = { journal, trim }
  }

  /** Applies a group that the shared journal has, and that this process has appended to it. A large change takes several turns. */
  apply(group: Group): void | Promise<void> {
    const applied = this.#options.listener.onShared(group)
    if (!(applied instanceof Promise)) this.#documents = applied
    else
      return applied.then(documents => {
        this.#documents = documents
      })
  }

  /** Drops the groups that wait for their commit: they are certain not to be stored. */
  fence(error: Error = new FencedError()): void {
    const dropped = [...this.#full.splice(0), this.#open]
    this.#open = this.#newGroup()
    for (const each of dropped) each.reject(error)
  }

  /** Lets the journal remove entries up to `through`, with later commits or in a commit of its own. */
  trim(through: number): void {
    this.#journal.trim(through)
    this.#schedule()
  }

  /** Keeps journal entries from being removed until the release. */
  hold(from: number): JournalHold {
    const hold = this.#journal.hold(from)
    return {
      release: () => {
        hold.release()
        this.#schedule()
      },
    }
  }

  /** Resumes commits after a lack of room. */
  resume(): void {
    this.#isHalted = false
    this.#schedule()
  }

  /** Resolves when no commit is in flight or scheduled, including commits that only trim the journal. */
  async idle(): Promise<void> {
    while (this.#isCommitting || this.#isScheduled) {
      await (this.#inFlight[0] ?? this.#full[0] ?? this.#open).done.catch(() => {})
    }
  }

  /**
   * The next commit starts with setImmediate. By then all answers of the previous commit are sent, and the changes that their clients
   * stage next are included (64 writers: 342 thousand changes a second, 308 when started in a microtask).
   */
  #schedule(): void {
    if (this.#isScheduled || this.#isHalted || this.#isCommitting) return
    if (this.newest === undefined) {
      if (!this.#journal.trimPending) return
      if (this.#shared !== undefined) {
        this.#shared.trim()
        return
      }
    }
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      void this.#run()
    })
  }

  async #run(): Promise<void> {
    const groups = this.#next()
    this.#inFlight = [...groups]
    this.#isCommitting = true
    this.#isFlushing = true
    const { monotonicMs, assertInPlace, listener, reached } = this.#options
    this.#startMs = monotonicMs()
    reached('commit-begun')
    const [first] = groups
    if (this.#shared !== undefined && first !== undefined) {
      await this.#append(this.#shared.journal, first)
      return
    }
    try {
      await this.#journal.commit(groups.flatMap(group => group.seal()))
      assertInPlace()
    } catch (error) {
      this.#isFlushing = false
      this.#fail(error)
      return
    }
    this.#isFlushing = false
    reached('commit-durable')
    this.#lastFlushMs = monotonicMs() - this.#startMs
    try {
      await this.#publish(groups)
    } catch (error) {
      // A durable change could not be applied, so the state is wrong.
      listener.onFatal(error)
      return
    }
    this.#schedule()
  }

  /** Makes the groups of a commit visible, each in a turn of its own. */
  async #publish(groups: readonly Group[]): Promise<void> {
    const { nextTurn, listener, reached } = this.#options
    const { changes, bytes } = sizeOf(groups)
    this.#lastBatchSize = changes
    for (const [i, group] of groups.entries()) {
      if (i > 0) await new Promise<void>(resolve => nextTurn(resolve))
      const applied = listener.onDurable(group)
      const documents = applied instanceof Promise ? await applied : applied
      this.#inFlight.shift()
      this.#recycle(group.writer)
      reached('commit-applied')
      this.#isCommitting = this.#inFlight.length > 0
      if (!this.#isCommitting) listener.onCommitted(changes, bytes)
      group.resolve(documents)
    }
  }

  /** Appends a group to the shared journal. Once it is there it is applied, by `apply`, before this goes on. */
  async #append(shared: SharedJournal<Group>, group: Group): Promise<void> {
    const [encoded] = group.seal()
    const outcome = encoded === undefined ? 'stored' : await shared.append(encodeGroupBody(encoded), group)
    this.#inFlight = []
    this.#isCommitting = false
    this.#isFlushing = false
    if (outcome === 'stored') {
      this.#lastFlushMs = this.#options.monotonicMs() - this.#startMs
      this.#lastBatchSize = group.changes.length
      this.#options.listener.onCommitted(group.changes.length, group.bytes)
      const documents = this.#documents
      this.#documents = []
      this.#recycle(group.writer)
      group.resolve(documents)
    } else {
      const error = outcome === 'fenced' ? new FencedError() : new StorageFullError()
      group.reject(error)
      // Later groups were decided on this one.
      this.fence(error)
      this.#options.listener.onDropped()
    }
    this.#schedule()
  }

  #newGroup(): Group {
    return new Group(this.#freeWriters.pop() ?? new GroupWriter())
  }

  /** Reuses the memory of an applied group, never of a dropped one: a thread may still be writing it. */
  #recycle(writer: GroupWriter): void {
    if (this.#freeWriters.length >= MAX_FREE_WRITERS) return
    writer.begin()
    this.#freeWriters.push(writer)
  }

  /** True if the group takes no further change. In a shared journal each group is an entry of its own. */
  #isFull({ changes, bytes }: Group): boolean {
    const isShared = this.#shared !== undefined
    const maxChanges = isShared ? MAX_COMMIT_CHANGES : MAX_GROUP_CHANGES
    return changes.length >= maxChanges || bytes >= (isShared ? MAX_COMMIT_BYTES : MAX_GROUP_BYTES)
  }

  /** The groups of the next commit, at least one. A commit that only trims the journal has a group without changes. */
  #next(): readonly Group[] {
    const groups: Group[] = []
    let [changes, bytes] = [0, 0]
    for (const group of [...this.#full, this.#open]) {
      if (groups.length > 0 && group.changes.length === 0) break
      groups.push(group)
      changes += group.changes.length
      bytes += group.bytes
      if (this.#shared !== undefined || changes >= MAX_COMMIT_CHANGES || bytes >= MAX_COMMIT_BYTES) break
    }
    this.#full.splice(0, groups.length)
    if (groups.includes(this.#open)) this.#open = this.#newGroup()
    return groups
  }

  #fail(error: unknown): void {
    this.#isHalted = true
    if (!(error instanceof StorageFullError)) {
      this.#options.listener.onFatal(error)
      return
    }
    const dropped = [...this.#inFlight.splice(0), ...this.#full.splice(0), this.#open]
    this.#open = this.#newGroup()
    this.#isCommitting = false
    this.#options.listener.onFull(dropped, error)
    for (const each of dropped) each.reject(error)
  }
}

function sizeOf(groups: readonly Group[]): { readonly changes: number; readonly bytes: number } {
  let [changes, bytes] = [0, 0]
  for (const group of groups) {
    changes += group.changes.length
    bytes += group.bytes
  }
  return { changes, bytes }
}
