// Loads the native modules that the one file carries. The system can load them only from files, hence the cache folder.
import { randomUUID } from 'node:crypto'
import { homedir, tmpdir } from 'node:os'
import { dirname } from 'node:path'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'
import { cacheFolder } from './cache-folder.ts'
import { cachedFile } from './cached-file.ts'
import { embeddedFile } from './embedded.ts'

/** What the system's loader says of a file that it may not map as a program. */
const NOT_EXECUTABLE = /failed to map segment|operation not permitted/i

/**
 * The exports of an embedded native module; undefined when the program runs from its folder.
 * @throws CacheError when there is no folder to load it from, and the loader's own error when it does not fit this machine
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

/** Throws CacheError when the file lies where nothing may be executed. */
export function loadNative(path: string): unknown {
  const loaded = { exports: {} }
  try {
    process.dlopen(loaded, path)
  } catch (error) {
    if (!(error instanceof Error && NOT_EXECUTABLE.test(error.message))) throw error
    throw new CacheError(
      `the native modules in the cache folder ${dirname(path)} may not be executed: it is mounted with noexec, it seems. Set ${CACHE_VARIABLE} to a folder on another file system (${error.message}).`,
    )
  }
  return loaded.exports
}

/** A user that the system does not know has none. */
function homeFolder(): string | undefined {
  try {
    return homedir()
  } catch {
    return undefined
  }
}
