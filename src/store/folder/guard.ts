// Knows the data folder again: its path leads to the folder that was opened, and in that are the files that were opened. A
// folder that was removed, moved or covered by a mount takes writes like any other, and the next start finds none of them.
import { closeSync, openSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { StorageFailedError } from '../errors.ts'
import { DATA_FILE } from '../lmdb/creation.ts'
import { withDeadline } from '../lmdb/deadline.ts'
import { type FileId, fileIdOf, whyElsewhere, whyElsewhereLater } from './files.ts'
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
