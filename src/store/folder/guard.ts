// The guard of the data folder: it checks that the paths of the folder and of its files still lead to what this process opened. A
// folder that was removed, moved or covered by a mount takes writes like any other, and the next start finds none of them. The
// functions below it make files durable, recognize them, and limit the time for an answer.
import { closeSync, fsyncSync, openSync, type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { StorageFailedError } from '../errors.ts'
import { DATA_FILE } from '../lmdb/creation.ts'
import { LOCK_FILE } from './lock.ts'

/**
 * Paths that must stay in place. LMDB's lock files are not among them: no other process opens the environments while this one holds
 * the lock, and a missing one is created again.
 */
const PARTS = ['', LOCK_FILE, join('journal', DATA_FILE), join('snapshot', DATA_FILE)]

/** Time between two looks of an idle store. */
const WATCH_INTERVAL_MS = 1000

interface Part {
  readonly path: string
  readonly file: FileId
}

export class FolderGuard {
  readonly #parts: readonly Part[]
  readonly #deadlineMs: number
  /** Keeps the inode of the folder in use, so that no other folder gets it. */
  readonly #descriptor: number
  #watch: NodeJS.Timeout | undefined

  /**
   * Notes the present identity of the folder and of its files, which this process has open.
   * @param deadlineMs time within which the file system must answer
   * @throws the errors of `node:fs`
   */
  constructor(folder: string, deadlineMs: number) {
    // The working directory may move too.
    const path = resolve(folder)
    this.#deadlineMs = deadlineMs
    this.#parts = PARTS.map(part => ({ path: join(path, part), file: fileIdOf(join(path, part)) }))
    this.#descriptor = openSync(path, 'r')
  }

  /**
   * Throws StorageFailedError 'gone' when anything is not in place. It blocks the event loop for some microseconds, a third of the
   * time of `checkLater`. It is meant for the moment after a commit, when the file system has just answered.
   */
  check(): void {
    for (const { path, file } of this.#parts) assertNone(path, whyElsewhere(path, file))
  }

  /** Checks like `check`, without blocking the event loop. Rejects with StorageFailedError 'deadline' when there is no answer in time. */
  async checkLater(): Promise<void> {
    await withDeadline(this.#look(), this.#deadlineMs, 'a look at the data folder')
  }

  /** Looks once a second, even when nothing is written. Calls `onGone` at most once, with a StorageFailedError. */
  watch(onGone: (error: unknown) => void): void {
    const look = () => {
      this.#look().then(
        () => {
          if (this.#watch !== undefined) this.#wait(look)
        },
        error => {
          if (this.#watch !== undefined) onGone(error)
        },
      )
    }
    this.#wait(look)
  }

  close(): void {
    clearTimeout(this.#watch)
    this.#watch = undefined
    closeSync(this.#descriptor)
  }

  #wait(look: () => void): void {
    this.#watch = setTimeout(look, WATCH_INTERVAL_MS).unref()
  }

  async #look(): Promise<void> {
    for (const { path, file } of this.#parts) assertNone(path, await whyElsewhereLater(path, file))
  }
}

function assertNone(path: string, reason: string | undefined): void {
  if (reason !== undefined)
    throw new StorageFailedError('gone', `the data folder has been taken away: ${path} ${reason}`)
}

/** Flushes the content of a file, or the names in a folder. Throws the errors of `node:fs`. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Device and inode number. They are unique while the file is open. */
export interface FileId {
  readonly dev: number
  readonly ino: number
}

/** Identity of the file at a path. Links are followed. Throws the errors of `node:fs`. */
export function fileIdOf(path: string): FileId {
  const { dev, ino } = statSync(path)
  return { dev, ino }
}

/** Reason why a path no longer leads to a file; undefined if it does. */
export function whyElsewhere(path: string, file: FileId): string | undefined {
  try {
    return difference(statSync(path), file)
  } catch (error) {
    return reasonOf(error)
  }
}

/** Like `whyElsewhere`, without blocking the event loop. */
export async function whyElsewhereLater(path: string, file: FileId): Promise<string | undefined> {
  try {
    return difference(await stat(path), file)
  } catch (error) {
    return reasonOf(error)
  }
}

function difference(found: Stats, { dev, ino }: FileId): string | undefined {
  return found.dev === dev && found.ino === ino ? undefined : 'is not the one that was opened'
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return ['ENOENT', 'ENOTDIR'].includes(code) ? 'no longer exists' : `cannot be examined (${code})`
}

/**
 * Settles like `work`, or rejects with StorageFailedError 'deadline' after `deadlineMs`. Work that was done during a pause of the whole
 * process (a suspended machine, a long collection) still counts.
 */
export async function withDeadline<T>(work: Promise<T>, deadlineMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    const expire = () => {
      reject(new StorageFailedError('deadline', `${what} is not done after ${deadlineMs} ms`))
    }
    // Timers run before completed work is noticed, so give it one full turn and the next.
    timer = setTimeout(() => setImmediate(() => setImmediate(expire)), deadlineMs)
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    clearTimeout(timer)
  }
}
