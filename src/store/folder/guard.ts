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
 * What has to stay in its place. Not LMDB's lock files: nobody else opens the environments while this process holds the lock,
 * and a missing one is made again.
 */
const PARTS = ['', LOCK_FILE, join('journal', DATA_FILE), join('snapshot', DATA_FILE)]

/** How often an idle store looks. */
const WATCH_INTERVAL_MS = 1000

interface Part {
  readonly path: string
  readonly file: FileId
}

export class FolderGuard {
  readonly #parts: readonly Part[]
  readonly #deadlineMs: number
  /** Keeps the inode of the folder from being used for another one. */
  readonly #descriptor: number
  #watch: NodeJS.Timeout | undefined

  /**
   * Takes down what the folder and its files are now: this process has them open.
   * @param deadlineMs time in which a file system must answer
   * @throws the errors of `node:fs`
   */
  constructor(folder: string, deadlineMs: number) {
    // The working folder may be moved as well.
    const path = resolve(folder)
    this.#deadlineMs = deadlineMs
    this.#parts = PARTS.map(part => ({ path: join(path, part), file: fileIdOf(join(path, part)) }))
    this.#descriptor = openSync(path, 'r')
  }

  /**
   * Throws StorageFailedError 'gone' when anything is not in its place. Takes some microseconds of the event loop, a third of
   * what `checkLater` takes; so it is for the moment after a commit, in which the file system has just answered.
   */
  check(): void {
    for (const { path, file } of this.#parts) assertNone(path, whyElsewhere(path, file))
  }

  /** As `check`, and the event loop goes on. Rejects with StorageFailedError 'deadline' when there is no answer in time. */
  async checkLater(): Promise<void> {
    await withDeadline(this.#look(), this.#deadlineMs, 'a look at the data folder')
  }

  /** Looks once a second, also when nothing is written; calls `onGone` at most once, with a StorageFailedError. */
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

/** Makes the content of a file durable, or the names in a folder. Throws the errors of `node:fs`. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The device and the number of its inode: one file alone has both, as long as somebody has it open. */
export interface FileId {
  readonly dev: number
  readonly ino: number
}

/** What a path leads to, links followed. Throws the errors of `node:fs`. */
export function fileIdOf(path: string): FileId {
  const { dev, ino } = statSync(path)
  return { dev, ino }
}

/** Says why a path does not lead to a file any more; undefined when it does. */
export function whyElsewhere(path: string, file: FileId): string | undefined {
  try {
    return difference(statSync(path), file)
  } catch (error) {
    return reasonOf(error)
  }
}

/** As `whyElsewhere`, and the event loop goes on while the file system does not answer. */
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
  return ['ENOENT', 'ENOTDIR'].includes(code) ? 'is not there any more' : `cannot be looked at (${code})`
}

/**
 * Settles like `work`, or rejects with StorageFailedError 'deadline' after `deadlineMs`. After a pause of the whole
 * process (a suspended machine, a long collection), work that is done by then still counts.
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
