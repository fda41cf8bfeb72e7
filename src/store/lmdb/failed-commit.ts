// Marker that a commit to an environment failed. When LMDB cannot write a meta page, it restores the old transaction
// number but leaves the new trees. Without the marker such a page looks like one with a flipped bit.
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'

const NOTE_FILE = 'failed'

/** Creates the marker in the folder of the environment. */
export function noteFailedCommit(folder: string): void {
  try {
    for (const [path, flags] of [
      [join(folder, NOTE_FILE), 'w'],
      [folder, 'r'],
    ] as const) {
      const file = openSync(path, flags, PRIVATE_FILE)
      fsyncSync(file)
      closeSync(file)
    }
  } catch {
    // The disk has failed before. Without the marker, the next start may refuse the folder, which is the safe outcome.
  }
}

/** Reports whether the last commit failed, perhaps in an earlier process. */
export function hasFailedCommit(folder: string): boolean {
  return existsSync(join(folder, NOTE_FILE))
}

/** Removes the marker after a successful commit, which has rewritten the page. */
export function forgetFailedCommit(folder: string): void {
  rmSync(join(folder, NOTE_FILE), { force: true })
}
