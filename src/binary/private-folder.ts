// Private folders: created if missing, with all parents, for this user only.
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Owner only: these files hold what authentication guards in the API. */
export const PRIVATE_FOLDER = 0o700
export const PRIVATE_FILE = 0o600

/**
 * Creates a folder if nothing is at its path. Creates the parents one by one: Node's own recursion never ends if the
 * system reports ENOENT for a name that cannot be created (/proc, autofs).
 * @throws the error of `node:fs`: ENOTDIR below a file, EEXIST for a link to nothing, ENOENT where no folder can be
 * created
 */
export function makePrivateFolder(path: string): void {
  if (existsSync(path)) return
  const above = dirname(path)
  if (above !== path) makePrivateFolder(above)
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER })
  } catch (error) {
    // Another process may have created it meanwhile.
    if (!existsSync(path)) throw error
  }
}
