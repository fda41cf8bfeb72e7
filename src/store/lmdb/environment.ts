// One LMDB environment, with what lmdb-js leaves to its user: when a commit counts, what kind of failure one met, and
// a state that is known again after it.
//
// What lmdb 3.5.6 does, as read in its source and tried:
// - Without `overlappingSync` a commit is plain LMDB: pages written, fdatasync, then the meta page through a descriptor
//   that syncs. `put` resolves after all of it. With it, the flush comes after the commit is visible, a failure
//   to write the flushed meta page is reported as success, and an environment opened after a crash takes an unflushed
//   commit for flushed. One commit at a time gains nothing from it (64 writers: 342 thousand puts a second without, 282
//   with), so it is off.
// - The operations of one `batch` are one transaction. A failed one rejects every promise made in it with an error whose
//   `commitError` rejects with the cause; with `eventTurnBatching` there would be one that nobody holds, hence it is off.
// - A write that the disk cuts short comes back as EIO, so EIO may mean a full disk.
// - After an aborted transaction the list of free pages in memory is not to be trusted: the environment is reopened.
// - LMDB writes to its lock file through a memory map, and makes it with holes: on a full disk that is a SIGBUS. So the lock
//   file is filled before LMDB sees it.
// - When a transaction cannot begin (MDB_PANIC, a writer stuck in the kernel) nothing ever settles, hence the deadline.
import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { reasonOf } from '../../wire/text.ts'
import { Arena } from '../arena.ts'
import './mended-lmdb.ts'
import { open, type RootDatabase } from 'lmdb'
import type { Reached } from '../crash-point.ts'
import { StorageFailedError, StorageFullError, StoreError } from '../errors.ts'
import { type FileId, fileIdOf, syncPath, whyElsewhere, withDeadline } from '../folder/guard.ts'
import { DATA_FILE, fillLockFile, prepareFiles } from './creation.ts'
import { forgetFailedCommit, hasFailedCommit, noteFailedCommit } from './failed-commit.ts'
import { checkPages, type PageProgress } from './page-check.ts'
import { errnoOf, hasRoom, isNoRoom, removeProbe } from './room.ts'

export type EnvironmentKey = number | string

/** The writes of one transaction, in order. */
export type Write =
  | { readonly kind: 'append'; readonly key: EnvironmentKey; readonly value: Buffer }
  | { readonly kind: 'put'; readonly key: EnvironmentKey; readonly value: Buffer }
  | { readonly kind: 'remove'; readonly key: EnvironmentKey }

export interface Entry {
  readonly key: EnvironmentKey
  readonly value: Buffer
}

/** Crash points of a test, and the prefix of their names. */
export interface Watched {
  readonly name: 'journal' | 'snapshot'
  readonly reached: Reached
}

/**
 * LMDB's errors for pages that are not as it left them: MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_INVALID, MDB_CURSOR_FULL,
 * MDB_PAGE_FULL, MDB_BAD_TXN and MDB_PROBLEM.
 */
const DAMAGE_CODES = new Set([-30_797, -30_796, -30_793, -30_787, -30_786, -30_782, -30_779])

/** Most bytes that one read returns, unless a single entry is larger: decoding them blocks the event loop. */
const MAX_READ_BYTES = 1 << 20

/** Options of LMDB, shared with benchmarks that open bare environments. */
export const ENVIRONMENT_OPTIONS = {
  noSubdir: false,
  encoding: 'binary',
  compression: false,
  cache: false,
  overlappingSync: false,
  eventTurnBatching: false,
  maxDbs: 1,
} as const

/** Extra room for a commit: the pages of the tree that it copies. */
const TREE_BYTES = 256 * 1024

/** Kind of access. An environment that is only read must exist, and its data file is never written to. */
export type Access = 'write' | 'read'

/** Checks everything that LMDB follows without checking. Throws StoreError. */
export async function checkEnvironment(path: string, onProgress?: PageProgress): Promise<void> {
  await checkPages(join(path, DATA_FILE), hasFailedCommit(path), onProgress)
}

export class Environment {
  readonly #path: string
  readonly #deadlineMs: number
  readonly #watched: Watched
  readonly #access: Access
  readonly #values = new ValueCodec()
  #database: RootDatabase<Buffer, EnvironmentKey>
  /** Identity of the data file, which must not change while the environment is in use. */
  readonly #file: FileId
  /** True if the last commit failed, perhaps in an earlier process. */
  #hasFailed: boolean
  #isReopening = false
  /** Room needed by the last commit that found the disk full. */
  #wantedBytes = TREE_BYTES

  /** Opens the environment in the folder `path` and creates it if necessary. Throws StoreError. */
  constructor(
    path: string,
    deadlineMs: number,
    watched: Watched = { name: 'journal', reached: () => {} },
    access: Access = 'write',
  ) {
    this.#path = path
    this.#deadlineMs = deadlineMs
    this.#watched = watched
    this.#access = access
    if (access === 'write') prepared(path)
    this.#hasFailed = hasFailedCommit(path)
    this.#database = this.#open()
    this.#file = fileIdOf(join(path, DATA_FILE))
    removeProbe(path)
  }

  get(key: EnvironmentKey): Buffer | undefined {
    return this.#database.get(key)
  }

  edgeKey(edge: 'first' | 'last'): EnvironmentKey | undefined {
    const [key] = this.#database.getKeys({ reverse: edge === 'last', limit: 1 })
    return key
  }

  /** At most `limit` keys, from behind this one. */
  keysAfter(key: EnvironmentKey, limit: number): EnvironmentKey[] {
    return [...this.#database.getKeys({ start: key, exclusiveStart: true, limit })]
  }

  /**
   * Reads entries in key order, starting behind `after` or at the start. Returns at most `limit` entries, or up to the one that
   * `isLast` returns true for, and none only at the end.
   */
  read(
    after: EnvironmentKey | undefined,
    limit: number,
    isLast: (key: EnvironmentKey) => boolean = () => false,
  ): Entry[] {
    const entries: Entry[] = []
    this.#walk(after, limit, (key, value) => {
      entries.push({ key, value })
      return isLast(key)
    })
    return entries
  }

  /** Visits entries as `read` would return them. Values are valid only during `visit`, because their memory is reused. */
  visit(
    after: EnvironmentKey | undefined,
    limit: number,
    visit: (key: EnvironmentKey, value: Buffer) => void,
  ): void {
    this.#values.lend(() =>
      this.#walk(after, limit, (key, value) => {
        visit(key, value)
        return false
      }),
    )
  }

  /**
   * Applies the writes in one transaction and resolves when they are on disk. Rejects with StorageFullError if the disk
   * is full. Then the environment has been reopened and flushed: it holds what a restart would find, and the caller
   * must check that. Rejects with StorageFailedError for any other failure, and at the deadline.
   */
  async commit(writes: readonly Write[]): Promise<void> {
    await withDeadline(this.#commit(writes), this.#deadlineMs, `a commit to ${this.#path}`)
  }

  /** Reports whether there is now room for the commit that last found the disk full. Rejects with StorageFailedError. */
  async hasRoom(): Promise<boolean> {
    return await hasRoom(this.#path, this.#wantedBytes).catch(error => {
      throw new StorageFailedError('io', `writing to ${this.#path} failed`, error)
    })
  }

  /** Flushes the files, including writes of an earlier process. */
  sync(): void {
    for (const path of [join(this.#path, DATA_FILE), this.#path, dirname(this.#path)]) syncPath(path)
  }

  /**
   * Reopens the environment to release the mapped pages, which after a load are the size of everything loaded. Rejects
   * with StoreError, or with StorageFailedError if the data file was replaced: LMDB would create a new one.
   */
  async unmap(): Promise<void> {
    this.#assertInPlace()
    // An open file keeps its inode, so no other file can get it.
    const file = openSync(join(this.#path, DATA_FILE), 'r')
    try {
      this.#isReopening = true
      await this.#database.close()
      this.#assertInPlace()
      this.#database = this.#open()
      this.#assertInPlace()
      this.#isReopening = false
    } finally {
      closeSync(file)
    }
  }

  async close(): Promise<void> {
    await this.#database.close()
  }

  #open(): RootDatabase<Buffer, EnvironmentKey> {
    return openDatabase(this.#path, this.#access, this.#values)
  }

  #assertInPlace(): void {
    const path = join(this.#path, DATA_FILE)
    const reason = whyElsewhere(path, this.#file)
    if (reason !== undefined)
      throw new StorageFailedError('gone', `the data folder has been taken away: ${path} ${reason}`)
  }

  /** Visits entries until `visit` returns true. */
  #walk(
    after: EnvironmentKey | undefined,
    limit: number,
    visit: (key: EnvironmentKey, value: Buffer) => boolean,
  ): void {
    if (this.#isReopening) throw new Error(`${this.#path} is being reopened and cannot be read`)
    const from = after === undefined ? {} : { start: after, exclusiveStart: true }
    let bytes = 0
    for (const { key, value } of this.#database.getRange({ ...from, limit })) {
      bytes += value.length
      if (visit(key, value) || bytes >= MAX_READ_BYTES) break
    }
  }

  async #commit(writes: readonly Write[]): Promise<void> {
    const code = await this.#write(writes)
    if (code === 0) {
      if (this.#hasFailed) forgetFailedCommit(this.#path)
      this.#hasFailed = false
      return
    }
    noteFailedCommit(this.#path)
    this.#hasFailed = true
    const bytes = writes.reduce((sum, write) => sum + (write.kind === 'remove' ? 0 : write.value.length), 0)
    this.#wantedBytes = 2 * bytes + TREE_BYTES
    if (DAMAGE_CODES.has(code)) throw this.#damaged(code)
    if (!(await this.#isFull(code)))
      throw new StorageFailedError('io', `a commit to ${this.#path} failed with error ${code}`)
    await this.#reopen()
    throw new StorageFullError()
  }

  /** Returns zero, or the error number of the failed transaction. */
  async #write(writes: readonly Write[]): Promise<number> {
    const database = this.#database
    const appended: { readonly key: EnvironmentKey; readonly done: Promise<boolean> }[] = []
    // The writes of a batch have no promise of their own, except appends.
    const batch = database.batch(() => {
      for (const write of writes) {
        const done = apply(database, write)
        if (write.kind === 'append') appended.push({ key: write.key, done })
      }
    })
    const { name, reached } = this.#watched
    reached(`${name}-handed-over`)
    const outcomes = await Promise.allSettled([batch, ...appended.map(({ done }) => done)])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') return commitErrorCode(outcome.reason)
    }
    // An append below the last key is refused without failing the transaction.
    for (const { key, done } of appended) {
      if (!(await done))
        throw new StorageFailedError('invariant', `key ${key} is not beyond the end of ${this.#path}`)
    }
    reached(`${name}-committed`)
    await database.flushed
    return 0
  }

  async #isFull(code: number): Promise<boolean> {
    if (isNoRoom(code)) return true
    return code === constants.errno.EIO && !(await this.hasRoom())
  }

  #damaged(code: number): StorageFailedError {
    return new StorageFailedError(
      'damaged',
      `${this.#path} is damaged: a commit failed with error ${code}. Restore the data folder from a backup.`,
    )
  }

  async #reopen(): Promise<void> {
    const { name, reached } = this.#watched
    reached(`${name}-reopening`)
    try {
      await this.unmap()
      this.sync()
      reached(`${name}-reopened`)
    } catch (error) {
      if (error instanceof StorageFailedError) throw error
      throw new StorageFailedError(
        'io',
        `${this.#path} cannot be reopened after a commit met a full disk`,
        error,
      )
    }
  }
}

/**
 * Codec for raw values. lmdb reads values into one buffer that its next read overwrites. So they are copied, or lent to a caller
 * that finishes before that.
 */
class ValueCodec {
  readonly #arena = new Arena()
  #isLending = false

  encode(value: Buffer): Buffer {
    return value
  }

  decode(read: Buffer): Buffer {
    // lmdb changes the length of the Buffer; its memory keeps the length of the whole buffer.
    const lent = read.subarray(0, read.length)
    if (this.#isLending) return lent
    const value = this.#arena.allocate(lent.length)
    value.set(lent)
    return value
  }

  /** Values read while `use` runs are lent, valid until the next read. */
  lend(use: () => void): void {
    this.#isLending = true
    try {
      use()
    } finally {
      this.#isLending = false
    }
  }
}

function apply(database: RootDatabase<Buffer, EnvironmentKey>, write: Write): Promise<boolean> {
  switch (write.kind) {
    case 'append':
      return database.put(write.key, write.value, APPEND)
    case 'put':
      return database.put(write.key, write.value)
    case 'remove':
      return database.remove(write.key)
  }
}

/** lmdb accepts the put options where its types have only a version number. */
const APPEND = { append: true } as unknown as number

function prepared(path: string): void {
  try {
    prepareFiles(path)
  } catch (error) {
    throw openError(path, error)
  }
}

function openDatabase(
  path: string,
  access: Access,
  encoder: ValueCodec,
): RootDatabase<Buffer, EnvironmentKey> {
  try {
    fillLockFile(path)
    const options = { ...ENVIRONMENT_OPTIONS, path, readOnly: access === 'read', encoder }
    return open<Buffer, EnvironmentKey>(options)
  } catch (error) {
    throw openError(path, error)
  }
}

function openError(path: string, error: unknown): StoreError {
  const code = Math.abs(numericCode(error) === -1 ? errnoOf(error) : numericCode(error))
  const { EACCES, EPERM, EROFS } = constants.errno
  if (code === EACCES || code === EPERM || code === EROFS) {
    return new StoreError(
      'read-only',
      `${path} cannot be written to. Give this user permission to write.`,
      error,
    )
  }
  if (isNoRoom(code)) return new StoreError('no-room', `there is no room to open ${path}. Free some.`, error)
  const reason = reasonOf(error)
  return new StoreError(
    'unreadable',
    `${path} cannot be opened as an LMDB environment (${reason}). Restore the data folder from a backup.`,
    error,
  )
}

/** Error code of a failed commit: positive from the system, negative from LMDB, -1 if there is none. */
async function commitErrorCode(reason: unknown): Promise<number> {
  if (!(reason instanceof Error) || !('commitError' in reason)) return numericCode(reason)
  try {
    await reason.commitError
    return -1
  } catch (cause) {
    return numericCode(cause)
  }
}

function numericCode(error: unknown): number {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : -1
}
