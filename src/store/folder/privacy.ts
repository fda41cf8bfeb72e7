// Closes a data folder to other users. Folders of earlier versions and copied folders may be open to them. New folders and files are
// private from the start.
import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LOCK_FILE } from './lock.ts'

const OTHERS = 0o077
/** Permissions of the owner, and the special bits. */
const KEPT = 0o7700

const PARTS = [
  LOCK_FILE,
  'journal',
  'journal/data.mdb',
  'journal/lock.mdb',
  'journal/failed',
  'snapshot',
  'snapshot/data.mdb',
  'snapshot/lock.mdb',
  'snapshot/failed',
]
/** Names in a folder that only this program uses. */
const OWN_NAMES = new Set(['journal', 'snapshot', LOCK_FILE, 'control.sock', 'manifest.json', 'lost+found'])

/** Paths of a data folder to which other users had access. */
export interface FolderAccess {
  /** Paths that were open to others and have been closed. */
  readonly closed: readonly string[]
  /** Paths that are still open: this user may not close them, or the folder has other files. */
  readonly open: readonly string[]
}

/**
 * Removes the permissions of group and others from the files of a data folder. The folder itself keeps them if it has other files,
 * because it may be `/tmp` or a home directory.
 */
export function closeToOthers(folder: string): FolderAccess {
  const closed: string[] = []
  const open: string[] = []
  const isOwn = readdirSync(folder).every(name => OWN_NAMES.has(name))
  for (const path of [folder, ...PARTS.map(part => join(folder, part))]) {
    const mode = modeOf(path)
    if (mode === undefined || (mode & OTHERS) === 0) continue
    const isClosed = (path !== folder || isOwn) && tryClose(path, mode)
    ;(isClosed ? closed : open).push(path)
  }
  return { closed, open }
}

/** Mode of a file. Undefined for a link, which has no permissions and may lead to a file of another user. */
function modeOf(path: string): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found === undefined || found.isSymbolicLink() ? undefined : found.mode
}

function tryClose(path: string, mode: number): boolean {
  try {
    chmodSync(path, mode & KEPT)
    return true
  } catch {
    // Another user owns it, or the file system has no permissions.
    return false
  }
}
