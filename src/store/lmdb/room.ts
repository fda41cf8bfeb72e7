// Free space on the file system of the data folder. It is probed by writing, because only that sees quotas, reserved
// blocks and thin provisioning. While there is none, an `Outage` repeats the probe.
import { rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'

const PROBE_FILE = 'room'
/** Largest probe. A larger one would show no more: blocks that a failed commit has written stay allocated. */
const MAX_PROBE_BYTES = 1 << 20

/** Recognizes error numbers for a full disk: positive from lmdb, negative from `node:fs`. */
export function isNoRoom(errno: number): boolean {
  const { ENOSPC, EDQUOT } = constants.errno
  return Math.abs(errno) === ENOSPC || Math.abs(errno) === EDQUOT
}

/**
 * Reports whether a file of about `bytes` can be written in `folder` and flushed. Rejects with the error of `node:fs`
 * for any fault but a full disk.
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

/** Removes a probe that a killed process left. */
export function removeProbe(folder: string): void {
  rmSync(join(folder, PROBE_FILE), { force: true })
}

/** Error number of an error of `node:fs`, negative; 0 if it has none. */
export function errnoOf(error: unknown): number {
  return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
}

async function writeProbe(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w', PRIVATE_FILE)
  try {
    // Not zeros: some file systems do not store them.
    const content = Buffer.alloc(bytes, 'room')
    for (let written = 0; written < bytes; ) {
      written += (await file.write(content, written)).bytesWritten
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Time between two probes of an outage. */
const PROBE_INTERVAL_MS = 1000

export interface OutageParts {
  readonly hasRoom: () => Promise<boolean>
  readonly onRoom: () => void
  readonly onFatal: (error: unknown) => void
}

/** The time during which storage has no room: probes until there is some. */
export class Outage {
  readonly #parts: OutageParts
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(parts: OutageParts) {
    this.#parts = parts
    this.#wait()
  }

  /** Stops probing. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_INTERVAL_MS)
  }

  async #probe(): Promise<void> {
    const hasRoom = await this.#parts.hasRoom().catch(error => this.#parts.onFatal(error))
    if (this.#isOver || hasRoom === undefined) return
    if (!hasRoom) {
      this.#wait()
      return
    }
    this.end()
    this.#parts.onRoom()
  }
}
