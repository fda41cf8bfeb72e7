// Loads the native modules embedded in the one file. The system loads them only from files, hence the cache folder.
import { randomUUID } from 'node:crypto'
import { homedir, tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'
import { cacheFolder } from './cache-folder.ts'
import { cachedFile } from './cached-file.ts'
import { embeddedFile } from './embedded.ts'

/** Errors of the system's loader for a file that it may not map as a program. */
const NOT_EXECUTABLE = /failed to map segment|operation not permitted/i

/**
 * Returns the exports of an embedded native module; undefined if the program runs from its folder.
 * @throws CacheError if there is no folder to load it from, and the loader's own error if it does not fit this machine
 */
export function embeddedNative(name: string): unknown {
  const bytes = embeddedFile(name)
  if (bytes === undefined) return undefined
  const folder = cacheFolder({
    environment: process.env,
    homeFolder: homeFolder(),
    temporaryFolder: tmpdir(),
    userId: process.getuid?.() ?? -1,
  })
  return loadNative(cachedFile(folder, name, bytes, randomUUID))
}

/** Throws CacheError if the file is on a file system without execute permission. */
export function loadNative(path: string): unknown {
  const loaded = { exports: {} }
  try {
    process.dlopen(loaded, path)
  } catch (error) {
    if (!(error instanceof Error && NOT_EXECUTABLE.test(error.message))) throw error
    throw new CacheError(
      `cannot execute native modules in the cache folder ${dirname(path)}: it seems to be mounted with noexec. Set ${CACHE_VARIABLE} to a folder on another file system (${error.message}).`,
    )
  }
  return loaded.exports
}

/** Home of the user; undefined if the system does not know the user. */
function homeFolder(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
