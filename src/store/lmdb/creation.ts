// What a power cut during the very first start leaves of an LMDB file: LMDB flushes its first two pages only with its first
// commit, so either may be missing, and nothing was ever in the file.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { META_BYTES, META_MAGIC, PAGE_HEADER_BYTES, readU64 } from './page-layout.ts'

/** Where a meta page may begin: at the start, and after one page of the sizes that machines have. */
const META_POSITIONS = [0, 4096, 16_384, 65_536]

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
