// The store: keeps the fleet in memory, makes every change durable in the journal before readers see it, and restores the same state
// after a restart. It runs on one thread; LMDB writes on its own thread.

import type { FleetState } from '../state/fleet-state.ts'
import type { Put } from '../state/put.ts'
import { RESOURCE_KINDS } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { reasonOf } from '../wire/text.ts'
import { type CopyPart, liveCopy } from './copy/copy.ts'
import type { Reached } from './crash-point.ts'
import { FencedError, StorageBusyError, StorageFailedError, StorageFullError } from './errors.ts'
import type { Exchange } from './folder/exchange.ts'
import { takeFolder } from './folder/folder.ts'
import type { FolderLock } from './folder/lock.ts'
import type { FolderAccess } from './folder/privacy.ts'
import type { Group, StagedInfo } from './group-commit.ts'
import { Outage } from './lmdb/room.ts'
import { type Opened, openFolder } from './opening.ts'
import type { RecoveryProgress } from './recovery.ts'
import { encodeFolderCursor, parseFolderCursor } from './shared/folder-cursor.ts'
import { groupInBody, isLargeChange } from './shared/group-body.ts'
import { OwnJournal } from './shared/own-journal.ts'
import type { SharedJournal, SharedPlace, SharedStore } from './shared/shared-journal.ts'
import { type CheckpointEvent, Checkpointer, type CheckpointLimits } from './snapshot/checkpoint.ts'
import type { Newest } from './staged.ts'
import { type ApplicationOptions, WritePath } from './write-path.ts'

/** Most bytes that may wait for the next group commit. Further writes are refused with StorageBusyError. */
const MAX_STAGED_BYTES = 64 << 20

/** An event for the log, the metrics and the readiness. */
export type StoreEvent =
  /** A restore that was interrupted between its renames has been completed. */
  | { readonly kind: 'restore-finished'; readonly exchange: Exchange }
  /** Other users had access to the folder. */
  | { readonly kind: 'folder-was-open'; readonly access: FolderAccess }
  /** The folder had no fleet. */
  | { readonly kind: 'fleet-begun'; readonly path: string }
  | { readonly kind: 'recovery-progress'; readonly progress: RecoveryProgress }
  | { readonly kind: 'recovered'; readonly durationMs: number }
  | { readonly kind: 'storage-full' }
  | { readonly kind: 'storage-back' }
  | {
      readonly kind: 'committed'
      readonly changes: number
      readonly bytes: number
      readonly durationMs: number
    }
  | CheckpointEvent

export interface StoreOptions {
  /** The data folder. It is created if it is missing. */
  readonly path: string
  /** Refuses a folder without a fleet. Otherwise a new fleet begins there. */
  readonly mustExist?: boolean | undefined
  /** A longer commit ends the process (contract 9.2). */
  readonly commitDeadlineMs: number
  readonly checkpoint: CheckpointLimits
  /** Removals that the state retains for watches. By default `RETAINED_REMOVALS`. */
  readonly retainedRemovals?: number | undefined
  /** A monotonic clock, for durations. */
  readonly monotonicMs: () => number
  /** Generates the name of a new store, which its parts share. */
  readonly randomId: () => string
  /**
   * Called once, when the content of the disk is no longer known. The caller must log the error and end the process; after 'deadline'
   * by a signal (SIGKILL), because a thread may be stuck in a write and `process.exit` waits for it.
   */
  readonly onFatal: (error: StorageFailedError) => void
  readonly onEvent?: (event: StoreEvent) => void
  /** Lets a test end the process at a named moment. */
  readonly reached?: Reached | undefined
  readonly application?: ApplicationOptions
}

export type StoreHealth =
  | { readonly kind: 'ok' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly error: StorageFailedError }

export interface JournalInfo {
  /** Entries that the snapshot does not contain, and their bytes. A restart replays them. */
  readonly entries: number
  readonly bytes: number
  /** Size and duration of the last group commit. */
  readonly lastBatchSize: number
  readonly lastFlushMs: number
}

/**
 * A change of a cluster and its nodepools that is put together over many turns of the event loop, and then committed, or forgotten. All that its
 * puts are about must be durable, and must not be staged before the change is visible. It is applied over several turns, too.
 */
export interface PreparedChange {
  /** Adds a put of a resource that is there, or of its removal. It is encoded at once. */
  add(put: Put): void
  /** Commits the change. Resolves with its number when it is on disk and visible. Rejects like `Store.stage`. */
  commit(): Promise<number>
}

export interface Store {
  /** The state for readers: durable records only (contract 4.8). */
  readonly state: FleetState
  /** The newest versions, staged or durable, for decisions on writes. */
  readonly newest: Newest
  /**
   * The name of the history that the numbers of changes are of. It stays across restarts; a restored copy has another (contract 12.4, 12.10).
   */
  readonly history: string
  /** The place of a journal that several servers share up to which this folder has it, as text. Undefined if it follows none. */
  readonly cursor: string | undefined
  /** The number of the newest staged change. That of the state if nothing is staged. */
  readonly stagedSequence: number
  /** The cluster of the large change that is being applied. The newest versions of its nodepools may be those before or after it. */
  readonly beingApplied: string | undefined
  /** The greatest server time and resource id ever staged, including before a restart (contract 3.2, 3.4). */
  readonly latestTime: Instant | undefined
  readonly latestId: string | undefined
  readonly health: StoreHealth
  readonly journalInfo: JournalInfo
  readonly staged: StagedInfo
  /**
   * Stages puts that become durable and visible together (contract 5.7), each of a different record. Records, names and owners must be
   * valid.
   *
   * Resolves when the change is on disk and visible, with the document of its first put as served. Rejects when the change was refused
   * for good: with StorageFullError, with StorageBusyError or, after a fatal fault, with StorageFailedError. A write that is pending at a
   * fatal fault never settles, because it may be on disk.
   */
  stage(puts: readonly Put[]): Promise<Buffer>
  /** Begins a change of a cluster and its nodepools that is put together over many turns of the event loop. */
  prepare(clusterId: string): PreparedChange
  /**
   * Settles when the newest version of this resource and its statuses is durable (contract 4.8). Rejects like the write that staged
   * it. Undefined if it is durable already.
   */
  pending(resourceId: string): Promise<unknown> | undefined
  /**
   * The number of a change after which the newest version of this resource and its statuses is the present one. It is durable once `pending`
   * settles.
   */
  sequenceOf(resourceId: string): number
  /** Settles with the newest change staged so far. */
  settled(): Promise<unknown>
  /**
   * Makes a copy as of one journal sequence while the store works on. It contains everything that is durable now. The caller must
   * read it to its end, or end it with `return`, before the store is closed.
   * @param withRemovals adds the retained removals, for a server on which watches resume
   */
  copy(withRemovals?: boolean): AsyncGenerator<CopyPart[], void>
  /**
   * Makes changes durable in a journal that several servers share, from now on. Called once, before anything is staged.
   * @param position the newest entry of it that is in the folder
   */
  share(journal: SharedJournal<Group>, position: number): SharedStore<Group>
  /** Notes the place of a shared journal that this folder has, before it is followed; undefined to follow none. */
  setCursor(place: string | undefined): Promise<void>
  /** Commits what is staged, runs a checkpoint and releases the folder. Nothing may be staged afterwards. */
  close(): Promise<void>
}

/**
 * Locks a folder, opens the store in it and loads the fleet. Throws StoreError with a message for an operator when the folder cannot
 * be used, or anything in it is damaged or missing.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, commitDeadlineMs, retainedRemovals, randomId, monotonicMs } = options
  const { onEvent = () => {}, reached = () => {} } = options
  const { lock, access, finished } = await takeFolder(path, options.mustExist ?? false)
  reached('folder-locked')
  if (finished !== undefined) onEvent({ kind: 'restore-finished', exchange: finished })
  if (access.closed.length > 0 || access.open.length > 0) onEvent({ kind: 'folder-was-open', access })
  try {
    const startMs = monotonicMs()
    const onProgress = (progress: RecoveryProgress) => onEvent({ kind: 'recovery-progress', progress })
    const opened = await openFolder({
      path,
      commitDeadlineMs,
      retainedRemovals,
      randomId,
      onProgress,
      reached,
    })
    onEvent({ kind: 'recovered', durationMs: monotonicMs() - startMs })
    if (opened.isNew) onEvent({ kind: 'fleet-begun', path })
    return new FleetStore(options, { lock, ...opened })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Parts extends Opened {
  readonly lock: FolderLock
}

class FleetStore implements Store {
  readonly #options: StoreOptions
  readonly #parts: Parts
  readonly #reached: Reached
  readonly #writes: WritePath
  readonly #checkpointer: Checkpointer
  #health: StoreHealth = { kind: 'ok' }
  #outage: Outage | undefined
  #shared: { readonly journal: SharedJournal<Group>; readonly own: OwnJournal } | undefined
  /** The folder's cursor as of the present state, which may not be on disk yet. */
  #cursor: string | undefined
  /** The application of a large change of the shared journal. */
  #applying: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(options: StoreOptions, parts: Parts) {
    const { state, snapshot, journal, recovered, guard } = parts
    const { watermarks, blocks } = recovered
    const { monotonicMs, checkpoint: limits, onEvent = () => {}, reached = () => {} } = options
    const onFatal = (error: unknown) => this.#onFatal(error)
    this.#options = options
    this.#parts = parts
    this.#reached = reached
    this.#writes = new WritePath({
      state,
      journal,
      watermarks,
      monotonicMs,
      assertInPlace: () => guard.check(),
      listener: {
        onApplied: ({ changes, bytes }, marks) => this.#checkpointer.grow(changes.length, bytes, marks),
        onCommitted: (changes, bytes) => this.#onCommitted(changes, bytes),
        onFull: () => this.#onFull(() => this.#writes.commits.resume()),
        onFatal,
      },
      reached,
      application: options.application,
    })
    const { commits } = this.#writes
    const folded = snapshot.summary?.folded ?? 0
    this.#checkpointer = new Checkpointer(
      {
        state,
        snapshot,
        blocks,
        commits,
        limits,
        assertInPlace: () => guard.checkLater(),
        monotonicMs,
        onEvent,
        onFatal,
        reached,
      },
      {
        sequence: journal.last,
        entries: journal.last - folded,
        bytes: recovered.tailBytes,
        watermarks,
      },
    )
    commits.trim(folded)
    guard.watch(onFatal)
  }

  get state(): FleetState {
    return this.#parts.state
  }

  get newest(): Newest {
    return this.#writes.newest
  }

  get history(): string {
    return this.#parts.identity.store
  }

  get cursor(): string | undefined {
    const { cursor } = this.#parts.journal
    return cursor && parseFolderCursor(cursor).place
  }

  get stagedSequence(): number {
    return this.#writes.stagedSequence
  }

  get beingApplied(): string | undefined {
    return this.#parts.state.application?.clusterId
  }

  get latestTime(): Instant | undefined {
    return this.#writes.watermarks.latestTime
  }

  get latestId(): string | undefined {
    return this.#writes.watermarks.latestId
  }

  get health(): StoreHealth {
    return this.#health
  }

  get journalInfo(): JournalInfo {
    const { entries, bytes } = this.#checkpointer.tail
    const { lastBatchSize, lastFlushMs } = this.#writes.commits
    return { entries, bytes, lastBatchSize, lastFlushMs }
  }

  get staged(): StagedInfo {
    return this.#writes.commits.staged
  }

  stage(puts: readonly Put[]): Promise<Buffer> {
    if (this.#closed !== undefined) throw new Error('the store is closed')
    const refusal = this.#refusal()
    const durable = refusal === undefined ? this.#writes.stage(puts) : Promise.reject(refusal)
    // The rejection counts as handled, even if nobody waits for the write.
    durable.catch(() => {})
    return durable
  }

  prepare(clusterId: string): PreparedChange {
    const change = this.#writes.prepare(clusterId)
    return {
      add: put => change.add(put),
      commit: async () => {
        if (this.#closed !== undefined) throw new Error('the store is closed')
        const refusal = this.#refusal()
        if (refusal !== undefined) throw refusal
        const sequence = change.append()
        await change.group.done
        return sequence
      },
    }
  }

  pending(resourceId: string): Promise<unknown> | undefined {
    const durable = this.#writes.pending(resourceId)
    return this.#shared === undefined ? durable : this.#confirmed(this.#shared.journal, durable)
  }

  sequenceOf(resourceId: string): number {
    return this.#writes.sequenceOf(resourceId)
  }

  settled(): Promise<unknown> {
    const durable = this.#writes.settled()
    return this.#shared === undefined ? durable : (this.#confirmed(this.#shared.journal, durable) ?? durable)
  }

  copy(withRemovals = false): AsyncGenerator<CopyPart[], void> {
    const { state, journal } = this.#parts
    const { own } = this.#shared ?? {}
    return liveCopy({
      state,
      journal,
      commits: this.#writes.commits,
      tail: () => this.#checkpointer.tail,
      cursor: () => this.#cursor ?? journal.cursor,
      journaled: own && (() => own.settled()),
      withRemovals,
    })
  }

  async setCursor(place: string | undefined): Promise<void> {
    await this.#parts.journal.setCursor(place && this.#folderCursor(place))
  }

  share(shared: SharedJournal<Group>, position: number): SharedStore<Group> {
    if (this.#shared !== undefined) throw new Error('the store shares a journal already')
    const { state, journal, snapshot, guard } = this.#parts
    if (journal.cursor !== undefined) {
      const { nextNumbers } = parseFolderCursor(journal.cursor)
      for (const kind of RESOURCE_KINDS) state.raiseNextNumber(kind, nextNumbers[kind])
      // Decisions give the same numbers.
      this.#writes.fence()
    }
    const own = new OwnJournal({
      journal,
      position,
      assertInPlace: () => guard.check(),
      onFull: hasRoom => this.#onFull(hasRoom),
      onFatal: error => this.#onFatal(error),
    })
    this.#shared = { journal: shared, own }
    snapshot.commitAfter(() => own.settled())
    this.#writes.commits.share(shared, () => own.run())
    return {
      get positionOnDisk() {
        return own.positionOnDisk
      },
      apply: (place, body, group) => this.#applyShared(own, place, body, group),
      fence: () => this.#writes.fence(),
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #refusal(): Error | undefined {
    if (this.#health.kind === 'failed') return this.#health.error
    // Its own disk hinders no write of a server that shares a journal (contract 14.10).
    if (this.#shared !== undefined && !this.#shared.journal.isLeading) return new FencedError()
    if (this.#shared === undefined && this.#health.kind === 'full') return new StorageFullError()
    return this.#writes.commits.waitingBytes >= MAX_STAGED_BYTES ? new StorageBusyError() : undefined
  }

  /** Settles when an answer that stores nothing may be given: what it depends on is durable, and no other server decides (contract 14.4). */
  #confirmed(
    shared: SharedJournal<Group>,
    durable: Promise<unknown> | undefined,
  ): Promise<unknown> | undefined {
    if (durable === undefined && shared.hasLease) return undefined
    const confirm = async () => {
      await durable
      if (shared.hasLease || (await shared.confirm()) === 'stored') return
      throw new FencedError()
    }
    const confirmed = confirm()
    // The rejection counts as handled, even if nobody waits for it.
    confirmed.catch(() => {})
    return confirmed
  }

  #applyShared(
    own: OwnJournal,
    place: SharedPlace,
    body: Buffer | undefined,
    ours: Group | undefined,
  ): void | Promise<void> {
    const group = body && groupInBody(body)
    const note = () => {
      this.#cursor = this.#folderCursor(place.text)
      own.add({ position: place.position, text: this.#cursor }, group)
    }
    // A large change is on its way to the folder's journal before it is visible as a whole: a checkpoint meanwhile may write records of it to the
    // snapshot. It has no new resource, so the creation numbers are the same before and after it.
    if (ours !== undefined && this.#writes.isLarge(ours)) {
      note()
      return this.#applyInTurns(this.#writes.commits.apply(ours))
    }
    if (ours === undefined && group !== undefined && isLargeChange(group))
      return this.#applyInTurns(this.#writes.applyLargeShared(group, note))
    if (ours !== undefined) void this.#writes.commits.apply(ours)
    else if (group !== undefined) this.#writes.applyShared(group)
    note()
  }

  #applyInTurns(applied: void | Promise<void>): void | Promise<void> {
    this.#applying = applied
      ?.catch(() => {})
      .finally(() => {
        this.#applying = undefined
      })
    return applied
  }

  /** The cursor of a place whose changes are in the state. */
  #folderCursor(place: string): string {
    const { state } = this.#parts
    const nextNumbers = { Cluster: state.nextNumber('Cluster'), NodePool: state.nextNumber('NodePool') }
    return encodeFolderCursor({ place, nextNumbers })
  }

  #onCommitted(changes: number, bytes: number): void {
    const durationMs = this.#writes.commits.lastFlushMs
    // A commit without changes only trims the journal.
    if (changes > 0) this.#options.onEvent?.({ kind: 'committed', changes, bytes, durationMs })
  }

  #onFull(hasRoom: () => void): void {
    this.#health = { kind: 'full' }
    this.#reached('storage-full')
    this.#options.onEvent?.({ kind: 'storage-full' })
    this.#outage = new Outage({
      hasRoom: () => this.#parts.journal.hasRoom(),
      onRoom: () => this.#onRoom(hasRoom),
      onFatal: error => this.#onFatal(error),
    })
  }

  #onRoom(hasRoom: () => void): void {
    this.#outage = undefined
    this.#health = { kind: 'ok' }
    this.#reached('storage-back')
    this.#options.onEvent?.({ kind: 'storage-back' })
    hasRoom()
  }

  #onFatal(error: unknown): void {
    if (this.#isFailed()) return
    this.#outage?.end()
    this.#checkpointer.end()
    const failure = asFailure(error)
    this.#health = { kind: 'failed', error: failure }
    this.#options.onFatal(failure)
  }

  async #close(): Promise<void> {
    const { journal, snapshot, lock, guard } = this.#parts
    // After a fault the folder stays locked until the process ends, because a stuck commit may still reach the disk.
    if (this.#isFailed()) return
    this.#reached('close-begun')
    // A group without an outcome is not in the folder, and may never be stored. One that is being applied is on its way there.
    await this.#applying
    if (this.#shared === undefined) await this.#writes.commits.idle()
    else await this.#shared.own.end()
    this.#reached('close-settled')
    await this.#checkpointer.run()
    this.#checkpointer.end()
    this.#reached('close-checkpointed')
    // The outage ends before the last wait; later it could start a commit in a closed journal.
    this.#outage?.end()
    if (this.#shared === undefined) await this.#writes.commits.idle()
    else await this.#shared.own.end()
    // The last commit, which trims the journal, may have met a full disk too.
    this.#outage?.end()
    if (this.#isFailed()) return
    await journal.close()
    this.#reached('journal-closed')
    await snapshot.close()
    this.#reached('snapshot-closed')
    guard.close()
    lock.release()
  }

  #isFailed(): boolean {
    return this.#health.kind === 'failed'
  }
}

function asFailure(error: unknown): StorageFailedError {
  if (error instanceof StorageFailedError) return error
  const reason = reasonOf(error)
  return new StorageFailedError('invariant', `the store is broken: ${reason}`, error)
}
