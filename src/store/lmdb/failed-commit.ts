// The note that a commit to an environment failed. When LMDB cannot write a meta page it puts the old transaction number back
// and leaves the new trees beside it: a page that looks just like one with a flipped bit, unless one knows.
import { closeSync, existsSync, fsyncSync, openSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'

const NOTE_FILE = 'failed'

/** Leaves the note in the folder of the environment. */
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
    // The disk has failed once already. Without the note the next start may refuse the folder, which is the safe side.
  }
}

/** Whether the last commit, perhaps of an earlier process, failed. */
export function hasFailedCommit(folder: string): boolean {
  return existsSync(join(folder, NOTE_FILE))
}

/** After a commit that succeeded: it has written the page anew. */
export function forgetFailedCommit(folder: string): void {
  rmSync(join(folder, NOTE_FILE), { force: true })
}
