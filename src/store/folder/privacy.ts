// Closes a data folder to other users: one that an earlier version made, or that somebody copied, may be open to them. What is
// made now is closed from the start.
import { chmodSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { LOCK_FILE } from './lock.ts'

const OTHERS = 0o077
/** Owner, and the bits that are no permissions. */
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
/** What may be in a folder that is for this program alone. */
const OWN_NAMES = new Set(['journal', 'snapshot', LOCK_FILE, 'control.sock', 'manifest.json', 'lost+found'])

/** What was found of a folder that other users could get at. */
export interface FolderAccess {
  /** Paths that were open to others, and are not any more. */
  readonly closed: readonly string[]
  /** Paths that still are: this user may not change that, or there are files of others in the folder. */
  readonly open: readonly string[]
}

/**
 * Takes the permissions of group and others from the files of a data folder, and from the folder unless it holds anything
 * else: `/tmp` or a home folder stays as it is.
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

/** Links aside: they have no permissions, and what they lead to may be another's. */
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
