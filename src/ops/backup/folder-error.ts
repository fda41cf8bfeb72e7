// What the file system has against a folder, in words that say what to do.
import { existsSync } from 'node:fs'
import { StorageFullError } from '../../store/errors.ts'

/** A folder cannot be used; the message is for the user. */
export class FolderError extends Error {
  override readonly name = 'FolderError'
}

/** The error itself unless it comes from the file system. */
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
          ? `nothing can be made in ${path}: choose another folder.`
          : `there is no folder ${path}: make it first, or name another.`,
        { cause: error },
      )
    case 'ENAMETOOLONG':
      return new FolderError(`${path} is too long a path: choose another.`, { cause: error })
    case 'ELOOP':
      return new FolderError(`${path} leads through links that lead to themselves.`, { cause: error })
    case 'ENOTDIR':
      return new FolderError(`${path} is no folder, or is below something that is none.`, { cause: error })
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new FolderError(`${path} may not be used: give this user the right to, or choose another.`, {
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
  return new FolderError(`there is no room for ${path}: free some, or choose another disk.`, { cause })
}
