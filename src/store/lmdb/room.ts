// Whether the file system of the data folder has room. Asked by writing, because only that sees quotas, reserved
// blocks and thin provisioning.
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'

const PROBE_FILE = 'room'
/** A longer probe would tell no more: what a failed commit had written already stays allocated. */
const MAX_PROBE_BYTES = 1 << 20

/** Error numbers that say there is no room; lmdb gives them as they are, `node:fs` with the sign turned. */
export function isNoRoom(errno: number): boolean {
  const { ENOSPC, EDQUOT } = constants.errno
  return Math.abs(errno) === ENOSPC || Math.abs(errno) === EDQUOT
}

/**
 * Whether a file of about `bytes` can be written in `folder` and flushed. Rejects with the error of `node:fs` for
 * any fault but a lack of room.
 */
export async function hasRoom(folder: string, bytes: number): Promise<boolean> {
  try {
    await writeProbe(join(folder, PROBE_FILE), Math.min(bytes, MAX_PROBE_BYTES))
    return true
  } catch (error) {
    if (isNoRoom(errnoOf(error))) return false
    throw error
  } finally {
    removeProbe(folder)
  }
}

/** Removes the probe that a process killed in the middle of one left behind. */
export function removeProbe(folder: string): void {
  rmSync(join(folder, PROBE_FILE), { force: true })
}

/** The error number of an error of `node:fs`, negative; 0 when it has none. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
}

async function writeProbe(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', PRIVATE_FILE)
  try {
    // Not zeros: some file systems store none of those.
    const content = Buffer.alloc(bytes, 'room')
    for (let written = 0; written < bytes; ) {
      written += (await file.write(content, written)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}
