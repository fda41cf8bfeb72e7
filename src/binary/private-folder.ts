// Folders for this user alone: made where they are missing, each folder above included.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Owner only: what this program keeps is guarded by authentication where it is served. */
export const PRIVATE_FOLDER = 0o700
export const PRIVATE_FILE = 0o600

/**
 * Makes a folder where nothing is at its path. Folders are made one by one: Node's own recursion never ends where the system
 * says of a name that cannot be made that the folder above is not there (/proc, autofs).
 * @throws the error of `node:fs`: ENOTDIR below a file, EEXIST for a link to nothing, ENOENT where no folder can be made
 */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makePrivateFolder(above)
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER })
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!existsSync(path)) throw error
  }
}
