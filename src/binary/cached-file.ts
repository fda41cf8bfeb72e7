// Files under the name of their content: one that is there is compared byte for byte before it is used, and a new one
// appears whole or not at all, however many processes write it at once.
import { createHash } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'

/**
 * The path of a file with these bytes in the folder; it is written where it is missing or another.
 * @param randomId names the file while it is written; never twice the same
 * @throws CacheError when it cannot be written
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
    const reason = error instanceof Error ? error.message : String(error)
    throw new CacheError(
      `a native module cannot be written to the cache folder ${folder} (${reason}). Make room there, or set ${CACHE_VARIABLE} to another folder.`,
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
