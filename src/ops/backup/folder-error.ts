// Errors of the file system about a folder, with advice.
import { existsSync } from 'node:fs'
import { StorageFullError } from '../../store/errors.ts'

/** A folder cannot be used; the message is for the user. */
export class FolderError extends Error {
  override readonly name = 'FolderError'
}

/** Translates an error of the file system; returns any other error unchanged. */
export function folderError(path: string, error: unknown): unknown {
  if (error instanceof StorageFullError) return noRoom(path, error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return noRoom(path, error)
    case 'ENOENT':
      return new FolderError(
        existsSync(path)
          ? `cannot create anything in ${path}: choose another folder.`
          : `the folder ${path} does not exist: create it first, or name another.`,
        { cause: error },
      )
    case 'ENAMETOOLONG':
      return new FolderError(`the path ${path} is too long: choose another.`, { cause: error })
    case 'ELOOP':
      return new FolderError(`${path} contains a loop of symbolic links.`, { cause: error })
    case 'ENOTDIR':
      return new FolderError(`${path} is not a folder, or a part of its path is not.`, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FolderError(`this user may not use ${path}: change its permissions, or choose another.`, {
        cause: error,
      })
    case 'ENOTEMPTY':
    case 'EEXIST':
    case 'EBUSY':
    case 'EXDEV':
      return new FolderError(`${path} cannot be replaced (${code}): it is in use, or no longer empty.`, {
        cause: error,
      })
    default:
      return error
  }
}

function noRoom(path: string, cause: unknown): FolderError {
  return new FolderError(`not enough space for ${path}: free some, or choose another disk.`, { cause })
}
