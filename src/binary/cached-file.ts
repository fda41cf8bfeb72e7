// Content-addressed files: an existing one is compared byte for byte before use. A new one appears whole or not at all,
// even if several processes write it at once.
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '../wire/text.ts'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'

/**
 * Returns the path of a file with these bytes. Writes it if it is missing or different.
 * @param randomId temporary name; never the same twice
 * @throws CacheError if it cannot be written
 */
export function cachedFile(folder: string, name: string, bytes: Buffer, randomId: () => string): string {
  const digest = createHash('sha256').update(bytes).digest('hex')
  const path = join(folder, `${digest}-${name}`)
  if (holds(path, bytes)) return path
  const unfinished = join(folder, `.${randomId()}.unfinished`)
  try {
    writeFileSync(unfinished, bytes, { flag: 'wx', mode: 0o500 })
    renameSync(unfinished, path)
    return path
  } catch (error) {
    rmSync(unfinished, { force: true })
    const reason = reasonOf(error)
    throw new CacheError(
      `cannot write a native module to the cache folder ${folder} (${reason}). Free space there, or set ${CACHE_VARIABLE} to another folder.`,
    )
  }
}

function holds(path: string, bytes: Buffer): boolean {
  try {
    return readFileSync(path).equals(bytes)
  } catch {
    return false
  }
}
