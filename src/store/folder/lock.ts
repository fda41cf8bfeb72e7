// The lock on the data folder. An open file holds it, so that the kernel releases it however the process ends.

import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'

export interface FolderLock {
  release(): void
}

export const LOCK_FILE = 'lock'

/**
 * Locks the folder for this process. Throws StoreError: 'in-use' when another process (or another store of this one)
 * holds the lock, 'lock-unavailable' when this platform cannot lock. There is no weaker fallback: two writers would destroy the folder
 * unnoticed.
 */
export function lockFolder(folder: string): Promise<FolderLock> {
  return lockFile(join(folder, LOCK_FILE))
}

/** Locks a file like `lockFolder`. */
export async function lockFile(path: string): Promise<FolderLock> {
  const tryLock = await loadTryLock()
  const file = openSync(path, 'a+', PRIVATE_FILE)
  try {
    if (!tryLock(file)) throw inUse(dirname(path))
  } catch (error) {
    closeSync(file)
    throw error instanceof StoreError ? error : unavailable(error)
  }
  return { release: () => closeSync(file) }
}

/**
 * Locks writers out of the folder, and admits other readers. It writes nothing: a folder without a lock file was never locked and has
 * no writer. Throws StoreError like `lockFolder`.
 */
export async function shareFolder(folder: string): Promise<FolderLock> {
  const tryLock = await loadTryLock()
  const path = join(folder, LOCK_FILE)
  if (!existsSync(path)) return { release: () => {} }
  const file = openSync(path, 'r')
  try {
    if (!tryLock(file, { shared: true })) throw inUse(folder)
  } catch (error) {
    closeSync(file)
    throw error instanceof StoreError ? error : unavailable(error)
  }
  return { release: () => closeSync(file) }
}

async function loadTryLock(): Promise<typeof import('fs-native-extensions').tryLock> {
  try {
    return (await import('fs-native-extensions')).tryLock
  } catch (error) {
    throw unavailable(error)
  }
}

function inUse(folder: string): StoreError {
  return new StoreError(
    'in-use',
    `the data folder ${folder} is in use by another process. Stop that one, or choose another folder.`,
  )
}

function unavailable(cause: unknown): StoreError {
  const reason = reasonOf(cause)
  return new StoreError(
    'lock-unavailable',
    `the data folder cannot be locked on this platform or file system, and is not safe without a lock (${reason}).`,
    cause,
  )
}
