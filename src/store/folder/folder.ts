// The data folder: completes an interrupted restore, creates a missing folder, checks it, and locks it for this process.

import { existsSync, lstatSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, resolve } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'
import { errnoOf, isNoRoom } from '../lmdb/room.ts'
import { type Exchange, finishExchange, hasFleet, whereMoved } from './exchange.ts'
import { syncPath } from './guard.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { closeToOthers, type FolderAccess } from './privacy.ts'

/** A folder locked by this process, and the changes that were made to it. */
export interface TakenFolder {
  readonly lock: FolderLock
  readonly access: FolderAccess
  /** The interrupted restore that was completed. */
  readonly finished: Exchange | undefined
}

/**
 * Prepares and locks the folder. When it throws StoreError, it has created nothing.
 * @param mustExist refuses a folder without a fleet
 */
export async function takeFolder(path: string, mustExist: boolean): Promise<TakenFolder> {
  try {
    const finished = await finishExchange(path)
    assertExpected(path, mustExist)
    makePrivateFolder(path)
    if (!statSync(path).isDirectory()) throw notADirectory(path)
    const lock = await lockFolder(path)
    syncPath(path)
    syncPath(dirname(resolve(path)))
    return { lock, access: closeToOthers(path), finished }
  } catch (error) {
    throw folderError(path, error)
  }
}

/** Refuses a folder without a fleet that should have one. Its volume is not mounted, or a restore has moved the fleet. */
function assertExpected(path: string, mustExist: boolean): void {
  if (hasFleet(path)) return
  const moved = whereMoved(path)
  if (moved !== undefined)
    throw new StoreError('missing', `there is no fleet in the data folder ${path}: ${moved}.`)
  if (mustExist)
    throw new StoreError(
      'missing',
      `there is no fleet in the data folder ${path}, and one is expected. Check that its volume is mounted and that ` +
        'storage.path is right, or restore a backup. To begin a new fleet, set storage.mustExist to false and remove the ' +
        'file of storage.mustExistFile.',
    )
}

/** Turns an error in the use of the folder into one with a message for an operator. */
export function folderError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const errno = -errnoOf(error)
  const { EEXIST, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES, EPERM, EROFS } = constants.errno
  if ([EEXIST, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].includes(errno)) return notADirectory(path, error)
  if ([EACCES, EPERM, EROFS].includes(errno)) {
    return new StoreError(
      'read-only',
      `the data folder ${path} cannot be written to. Give this user permission to write, or choose another folder.`,
      error,
    )
  }
  if (isNoRoom(errno)) {
    return new StoreError('no-room', `there is no room for the data folder ${path}. Free some.`, error)
  }
  const reason = reasonOf(error)
  return new StoreError(
    'unreadable',
    `the data folder ${path} cannot be used: ${reason}. Fix that, or restore the folder from a backup.`,
    error,
  )
}

function notADirectory(path: string, cause?: unknown): StoreError {
  return new StoreError(
    'not-a-directory',
    `${path} ${whyNoDirectory(path, cause)}. Choose another data folder.`,
    cause,
  )
}

function whyNoDirectory(path: string, cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'ENAMETOOLONG') return 'is too long a path'
  const link = linkOf(path)
  if (link !== undefined && !existsSync(path)) return `is a link to ${link}, where nothing is`
  if (existsSync(path)) return 'is not a directory'
  if (code === 'ENOTDIR') return 'is below something that is not a directory'
  return `cannot be made: the system allows no folder there (${code})`
}

function linkOf(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
  } catch {
    return undefined
  }
}

/** Content of the marker of a first start, which is outside the data folder. With it, a start without a fleet does not begin a new one. */
const MARKER_TEXT = `The first start of hyperfleet made this file (storage.mustExistFile). As long as it is there, a start that finds no fleet in
the data folder is refused. Remove it to begin a new fleet.
`

/** Reports whether a first start left its marker. False if no file is configured. */
export function hadFirstStart(file: string): boolean {
  return file !== '' && existsSync(file)
}

/** Creates the marker of a first start, unless it exists or no file is configured. A failure does not stop the server. */
export function noteFirstStart(file: string, onError: (error: unknown) => void): void {
  if (file === '' || existsSync(file)) return
  try {
    makePrivateFolder(dirname(file))
    writeFileSync(file, MARKER_TEXT, { mode: PRIVATE_FILE })
    for (const path of [file, dirname(file)]) syncPath(path)
  } catch (error) {
    onError(error)
  }
}
