// The store: keeps the fleet in memory, makes every change durable in the journal before anyone can see it, and brings
// the same state back after a restart. Everything in it runs on one thread; LMDB writes on its own.

import type { FleetState } from '../state/fleet-state.ts'
import type { Put } from '../state/put.ts'
import type { Instant } from '../wire/instant.ts'
import { reasonOf } from '../wire/text.ts'
import { type CopyPart, liveCopy } from './copy/copy.ts'
import type { Reached } from './crash-point.ts'
import { StorageBusyError, StorageFailedError, StorageFullError } from './errors.ts'
import type { Exchange } from './folder/exchange.ts'
import { takeFolder } from './folder/folder.ts'
import type { FolderLock } from './folder/lock.ts'
import type { FolderAccess } from './folder/privacy.ts'
import type { Group, StagedInfo } from './group-commit.ts'
import { Outage } from './lmdb/room.ts'
import { type Opened, openFolder } from './opening.ts'
import type { RecoveryProgress } from './recovery.ts'
import { type CheckpointEvent, Checkpointer, type CheckpointLimits } from './snapshot/checkpoint.ts'
import type { Watermarks } from './snapshot/snapshot.ts'
import type { Newest } from './staged.ts'
import { WritePath } from './write-path.ts'

/** Bytes that may wait for the next group commit; what is staged beyond is refused with StorageBusyError. */
const MAX_STAGED_BYTES = 64 << 20

/** An event for the log, the metrics and the readiness. */
export type StoreEvent =
  /** A restore that was cut off between its renames. */
  | { readonly kind: 'restore-finished'; readonly exchange: Exchange }
  /** Other users could get at the folder. */
  | { readonly kind: 'folder-was-open'; readonly access: FolderAccess }
  /** There was no fleet in the folder. */
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
  /** The data folder; made when it is missing. */
  readonly path: string
  /** Whether a folder without a fleet is refused, in place of beginning a new one. */
  readonly mustExist?: boolean | undefined
  /** A commit that takes longer ends the process (contract 9.2). */
  readonly commitDeadlineMs: number
  readonly checkpoint: CheckpointLimits
  /** A clock that never goes back, for durations. */
  readonly monotonicMs: () => number
  /** Makes the name of a new store, by which its parts know each other. */
  readonly randomId: () => string
  /**
   * Called once, when it is no longer known what is on disk: log and end the process. After an error of kind 'deadline'
   * end it by a signal (SIGKILL): a thread may be stuck in a write, and `process.exit` waits for it.
   */
  readonly onFatal: (error: StorageFailedError) => void
  readonly onEvent?: (event: StoreEvent) => void
  /** Lets a test end the process at a named moment. */
  readonly reached?: Reached | undefined
}

export type StoreHealth =
  | { readonly kind: 'ok' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly error: StorageFailedError }

export interface JournalInfo {
  /** Entries that the snapshot does not contain, and their bytes: what a restart would replay. */
  readonly entries: number
  readonly bytes: number
  /** The last group commit. */
  readonly lastBatchSize: number
  readonly lastFlushMs: number
}

export interface Store {
  /** What readers see: durable records only (contract 4.8). */
  readonly state: FleetState
  /** What writes are decided against: staged records included. */
  readonly newest: Newest
  /** The greatest server time and resource id ever staged, also before a restart (contract 3.2, 3.4). */
  readonly latestTime: Instant | undefined
  readonly latestId: string | undefined
  readonly health: StoreHealth
  readonly journalInfo: JournalInfo
  readonly staged: StagedInfo
  /**
   * Stages puts that become durable and visible together (contract 5.7), each of another record. Records, names and owners must be
   * sound.
   *
   * Resolves when the change is on disk and visible, with the document of each put as served. Rejects when the change was not made
   * and never will be: with StorageFullError, with StorageBusyError or, after a fatal fault, with StorageFailedError. A write that
   * a fatal fault met does not settle: it may be on disk.
   */
  stage(puts: readonly Put[]): Promise<readonly Buffer[]>
  /**
   * Settles an answer that rests on the newest version of this resource or its statuses (contract 4.8); undefined when that version
   * is durable. Rejects as the write it rests on.
   */
  pending(resourceId: string): Promise<unknown> | undefined
  /** Settles with everything that is staged now. */
  settled(): Promise<unknown>
  /**
   * A copy as of one journal sequence, made while the store goes on; all that is durable now is in it. It has to be taken to
   * its end or ended with `return` before the store is closed.
   */
  copy(): AsyncGenerator<CopyPart[], void>
  /** Finishes what is staged, does a checkpoint and lets go of the folder. Nothing may be staged any more. */
  close(): Promise<void>
}

/**
 * Opens the store in a folder, which it locks, and loads what is there. Throws StoreError with words for an
 * operator when the folder cannot be used or anything in it is damaged or missing.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, commitDeadlineMs, randomId, monotonicMs, onEvent = () => {}, reached = () => {} } = options
  const { lock, access, finished } = await takeFolder(path, options.mustExist ?? false)
  reached('folder-locked')
  if (finished !== undefined) onEvent({ kind: 'restore-finished', exchange: finished })
  if (access.closed.length > 0 || access.open.length > 0) onEvent({ kind: 'folder-was-open', access })
  try {
    const startMs = monotonicMs()
    const onProgress = (progress: RecoveryProgress) => onEvent({ kind: 'recovery-progress', progress })
    const opened = await openFolder({ path, commitDeadlineMs, randomId, onProgress, reached })
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
  #closed: Promise<void> | undefined

  constructor(options: StoreOptions, parts: Parts) {
    const { state, snapshot, journal, recovered, guard } = parts
    const { watermarks } = recovered
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
        onApplied: (group, marks) => this.#onApplied(group, marks),
        onFull: () => this.#onFull(),
        onFatal,
      },
      reached,
    })
    const { commits } = this.#writes
    const folded = snapshot.summary?.folded ?? 0
    this.#checkpointer = new Checkpointer(
      {
        state,
        snapshot,
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

  stage(puts: readonly Put[]): Promise<readonly Buffer[]> {
    if (this.#closed !== undefined) throw new Error('the store is closed')
    const refusal = this.#refusal()
    const durable = refusal === undefined ? this.#writes.stage(puts) : Promise.reject(refusal)
    // A write that no one waits for is no unhandled failure.
    durable.catch(() => {})
    return durable
  }

  pending(resourceId: string): Promise<unknown> | undefined {
    return this.#writes.pending(resourceId)
  }

  settled(): Promise<unknown> {
    return this.#writes.settled()
  }

  copy(): AsyncGenerator<CopyPart[], void> {
    const { state, journal } = this.#parts
    return liveCopy({ state, journal, commits: this.#writes.commits, tail: () => this.#checkpointer.tail })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #refusal(): Error | undefined {
    if (this.#health.kind === 'failed') return this.#health.error
    if (this.#health.kind === 'full') return new StorageFullError()
    return this.#writes.commits.waitingBytes >= MAX_STAGED_BYTES ? new StorageBusyError() : undefined
  }

  #onApplied({ changes, bytes }: Group, watermarks: Watermarks): void {
    const durationMs = this.#writes.commits.lastFlushMs
    // A commit without changes only trims the journal.
    if (changes.length > 0)
      this.#options.onEvent?.({ kind: 'committed', changes: changes.length, bytes, durationMs })
    this.#checkpointer.grow(changes.length, bytes, watermarks)
  }

  #onFull(): void {
    this.#health = { kind: 'full' }
    this.#reached('storage-full')
    this.#options.onEvent?.({ kind: 'storage-full' })
    this.#outage = new Outage({
      hasRoom: () => this.#parts.journal.hasRoom(),
      onRoom: () => this.#onRoom(),
      onFatal: error => this.#onFatal(error),
    })
  }

  #onRoom(): void {
    this.#outage = undefined
    this.#health = { kind: 'ok' }
    this.#reached('storage-back')
    this.#options.onEvent?.({ kind: 'storage-back' })
    this.#writes.commits.resume()
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
    // After a fault the folder stays locked until the process ends: a stuck commit may still land.
    if (this.#isFailed()) return
    this.#reached('close-begun')
    await this.#writes.commits.idle()
    this.#reached('close-settled')
    await this.#checkpointer.run()
    this.#checkpointer.end()
    this.#reached('close-checkpointed')
    // Before the last wait: an outage that ended after it would start a commit in a closed journal.
    this.#outage?.end()
    await this.#writes.commits.idle()
    // The last commit, which trims the journal, may have met a full disk itself.
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
