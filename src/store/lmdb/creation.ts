// The files of an LMDB environment before LMDB opens them: made with the permissions of their owner only, and cleared of what
// a power cut during the very first start leaves. LMDB flushes its first two pages only with its first commit, so either may
// be missing, and nothing was ever in the file.
import { closeSync, fstatSync, openSync, readSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { META_BYTES, META_MAGIC, PAGE_HEADER_BYTES, readU64 } from './page-layout.ts'

/** Where a meta page may begin: at the start, and after one page of the sizes that machines have. */
const META_POSITIONS = [0, 4096, 16_384, 65_536]

export const DATA_FILE = 'data.mdb'

/** Room for the readers that lmdb-js asks for by default, and more. */
const LOCK_FILE_BYTES = 16 * 1024

/** Whether there is an environment in the folder `path`, whose making was finished; opening it makes one. */
export function hasEnvironment(path: string): boolean {
  const file = join(path, DATA_FILE)
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return size > 0 && !isUnfinished(file)
}

/** Makes the folder and the data file where they are missing. Throws the errors of `node:fs`. */
export function prepareFiles(path: string): void {
  makePrivateFolder(path)
  clearUnfinished(path)
  closeSync(openSync(join(path, DATA_FILE), 'a', PRIVATE_FILE))
}

/** Removes what the interrupted making of an environment left, which LMDB would refuse. */
function clearUnfinished(path: string): void {
  const file = join(path, DATA_FILE)
  if (!hasEnvironment(path) && statSync(file, { throwIfNoEntry: false }) !== undefined) truncateSync(file)
}

/** LMDB takes a longer lock file for one with room for more readers. */
export function fillLockFile(path: string): void {
  const file = openSync(join(path, 'lock.mdb'), 'a', PRIVATE_FILE)
  try {
    const missing = Buffer.alloc(Math.max(0, LOCK_FILE_BYTES - fstatSync(file).size))
    for (let written = 0; written < missing.length; ) written += writeSync(file, missing, written)
  } finally {
    closeSync(file)
  }
}

/** Whether LMDB was interrupted while it made this file, which holds nothing then. Throws the errors of `node:fs`. */
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

/** Whether a meta page as LMDB makes it at first lies here, or one of a commit, or nothing yet, or anything else. */
function kindOfMeta(file: number, position: number): 'first' | 'later' | 'nothing' | 'other' {
  const page = Buffer.alloc(PAGE_HEADER_BYTES + META_BYTES)
  const count = readSync(file, page, 0, page.length, position)
  if (count < page.length || page.every(byte => byte === 0)) return 'nothing'
  if (page.readUInt32LE(PAGE_HEADER_BYTES) !== META_MAGIC) return 'other'
  if (readU64(page, PAGE_HEADER_BYTES + 128) > 0) return 'later'
  // Its first sector may be there without the others.
  const end = position + page.readUInt32LE(PAGE_HEADER_BYTES + 24)
  return end > fstatSync(file).size ? 'nothing' : 'first'
}
