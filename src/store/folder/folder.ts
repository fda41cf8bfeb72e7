// The data folder: found where a restore was cut off, made when it is missing, checked, and locked for this process.

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

/** A folder in use by this process, and what was done to it on the way. */
export interface TakenFolder {
  readonly lock: FolderLock
  readonly access: FolderAccess
  /** The cut-off restore that was finished. */
  readonly finished: Exchange | undefined
}

/**
 * Takes the folder into use. Throws StoreError with a clear word for everything that can be in the way, and makes nothing
 * then.
 * @param mustExist whether a folder without a fleet is refused
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

/** A folder without a fleet, where there should be one, is the folder below a mount, or what somebody left of a restore. */
function assertExpected(path: string, mustExist: boolean): void {
  if (hasFleet(path)) return
  const moved = whereMoved(path)
  if (moved !== undefined)
    throw new StoreError('missing', `there is no fleet in the data folder ${path}: ${moved}.`)
  if (mustExist)
    throw new StoreError(
      'missing',
      `there is no fleet in the data folder ${path}, and one is expected. Look whether its volume is mounted and ` +
        'storage.path is right, or restore a backup. To begin a new fleet, set storage.mustExist to false and remove the ' +
        'file of storage.mustExistFile.',
    )
}

/** What an error of using the folder is, in words for an operator. */
export function folderError(path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const errno = -errnoOf(error)
  const { EEXIST, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG, EACCES, EPERM, EROFS } = constants.errno
  if ([EEXIST, ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG].includes(errno)) return notADirectory(path, error)
  if ([EACCES, EPERM, EROFS].includes(errno)) {
    return new StoreError(
      'read-only',
      `the data folder ${path} cannot be written to. Give this user the right to, or choose another folder.`,
      error,
    )
  }
  if (isNoRoom(errno)) {
    return new StoreError('no-room', `there is no room for the data folder ${path}. Free some.`, error)
  }
  const reason = reasonOf(error)
  return new StoreError(
    'unreadable',
    `the data folder ${path} cannot be used: ${reason}. Mend that, or restore it from a backup.`,
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

/** The content of the file outside of the data folder that marks a first start: a later start that finds no fleet does not begin another. */
const MARKER_TEXT = `The first start of hyperfleet made this file (storage.mustExistFile). As long as it is there, a start that finds no fleet in
the data folder is refused. Remove it to begin a new fleet.
`

/** Tells whether a first start left its marker; false when no file is configured. */
export function hadFirstStart(file: string): boolean {
  return file !== '' && existsSync(file)
}

/** Leaves the marker of a first start, unless it is there or no file is configured. A server without the marker still serves. */
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
