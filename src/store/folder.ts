// The data folder: made when it is missing, checked, and locked for this process.
import { closeSync, fsyncSync, openSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { constants } from 'node:os'
import { dirname, resolve } from 'node:path'
import { StoreError } from './errors.ts'
import { errnoOf, isNoRoom } from './lmdb/room.ts'
import { type FolderLock, lockFolder } from './lock.ts'

/** Takes the folder into use. Throws StoreError with a clear word for everything that can be in the way. */
export async function takeFolder(path: string): Promise<FolderLock> {
  try {
    await mkdir(path, { recursive: true })
    if (!(await stat(path)).isDirectory()) throw notADirectory(path)
    const lock = await lockFolder(path)
    syncFolder(path)
    syncFolder(dirname(resolve(path)))
    return lock
  } catch (error) {
    throw folderError(path, error)
  }
}

/** Makes new names in a folder durable. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** What an error of using the folder is, in words for an operator. */
export function folderError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const errno = -errnoOf(error)
  const { EEXIST, ENOENT, ENOTDIR, EACCES, EPERM, EROFS } = constants.errno
  if (errno === EEXIST || errno === ENOTDIR) return notADirectory(path, error)
  // A recursive mkdir says ENOENT on a read-only file system.
  if ([EACCES, EPERM, EROFS, ENOENT].includes(errno)) {
    return new StoreError(
      'read-only',
      `the data folder ${path} cannot be written to. Give this user the right to, or choose another folder.`,
      error,
    )
  }
  if (isNoRoom(errno)) {
    return new StoreError('no-room', `there is no room for the data folder ${path}. Free some.`, error)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreError(
    'unreadable',
    `the data folder ${path} cannot be used: ${reason}. Mend that, or restore it from a backup.`,
    error,
  )
}

function notADirectory(path: string, cause?: unknown): StoreError {
  return new StoreError('not-a-directory', `${path} is not a directory. Choose another data folder.`, cause)
}
