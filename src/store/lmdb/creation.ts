// Creation of an LMDB environment's files, before LMDB opens them: private to their owner, and free of what a power cut
// during the very first start leaves. LMDB flushes its first two pages only with its first commit, so either may be
// missing from a file that never held anything.
import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { META_BYTES, META_MAGIC, PAGE_HEADER_BYTES, readU64 } from './page-layout.ts'

/** Possible positions of a meta page: the start, and after one page of any size that machines have. */
const META_POSITIONS = [0, 4096, 16_384, 65_536]

export const DATA_FILE = 'data.mdb'

/** Larger than the table of readers that lmdb-js asks for by default. */
const LOCK_FILE_BYTES = 16 * 1024

/** Reports whether the folder has an environment that was completely created. Opening it creates one. */
export function hasEnvironment(path: string): boolean {
  const file = join(path, DATA_FILE)
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return size > 0 && !isUnfinished(file)
}

/** Creates the folder and the data file if they are missing. Throws the errors of `node:fs`. */
export function prepareFiles(path: string): void {
  makePrivateFolder(path)
  clearUnfinished(path)
  closeSync(openSync(join(path, DATA_FILE), 'a', PRIVATE_FILE))
}

/** Removes an environment whose creation was interrupted: LMDB would refuse it. */
function clearUnfinished(path: string): void {
  const file = join(path, DATA_FILE)
  if (!hasEnvironment(path) && statSync(file, { throwIfNoEntry: false }) !== undefined) truncateSync(file)
}

/** Fills the lock file. LMDB reads a longer file as one with room for more readers. */
export function fillLockFile(path: string): void {
  const file = openSync(join(path, 'lock.mdb'), 'a', PRIVATE_FILE)
  try {
    const missing = Buffer.alloc(Math.max(0, LOCK_FILE_BYTES - fstatSync(file).size))
    for (let written = 0; written < missing.length; ) written += writeSync(file, missing, written)
  } finally {
    closeSync(file)
  }
}

/**
 * Reports whether LMDB was interrupted while it created this file, which is then empty of data. Throws the errors of
 * `node:fs`.
 */
export function isUnfinished(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const metas = META_POSITIONS.map(position => kindOfMeta(file, position))
    const isWhole = metas[0] === 'first' && metas.slice(1).includes('first')
    return !metas.includes('later') && metas[0] !== 'other' && !isWhole
  } finally {
    closeSync(file)
  }
}

/** Kind of the meta page at this position: as LMDB first creates it, from a later commit, missing, or anything else. */
function kindOfMeta(file: number, position: number): 'first' | 'later' | 'nothing' | 'other' {
  const page = Buffer.alloc(PAGE_HEADER_BYTES + META_BYTES)
  const count = readSync(file, page, 0, page.length, position)
  if (count < page.length || page.every(byte => byte === 0)) return 'nothing'
  if (page.readUInt32LE(PAGE_HEADER_BYTES) !== META_MAGIC) return 'other'
  if (readU64(page, PAGE_HEADER_BYTES + 128) > 0) return 'later'
  // Its first sector may exist without the others.
  const end = position + page.readUInt32LE(PAGE_HEADER_BYTES + 24)
  return end > fstatSync(file).size ? 'nothing' : 'first'
}
