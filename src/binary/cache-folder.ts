// Chooses the folder that native modules are loaded from. Only this user may be able to write to it, because its
// content becomes part of the process.
import { accessSync, constants, existsSync, lstatSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { reasonOf } from '../wire/text.ts'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'
import { makePrivateFolder } from './private-folder.ts'

/** Owner of the process and candidate places. */
export interface CachePlaces {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly homeFolder: string | undefined
  readonly temporaryFolder: string
  readonly userId: number
}

const WRITABLE_BY_OTHERS = 0o022

/**
 * Returns the cache folder, creating it if necessary. HYPERFLEET_CACHE_DIR decides if set. Otherwise it is the first
 * writable one of `$XDG_CACHE_HOME/hyperfleet`, `~/.cache/hyperfleet` and a folder among the temporary files. Throws
 * CacheError, also if others could write to the folder.
 */
export function cacheFolder(places: CachePlaces): string {
  const named = places.environment[CACHE_VARIABLE]
  if (named !== undefined && named !== '') return namedFolder(resolve(named), places.userId)
  const reasons: string[] = []
  for (const path of candidates(places)) {
    const reason = whyNoFolder(path)
    if (reason === undefined) return ownFolder(path, places.userId)
    reasons.push(reason)
  }
  throw new CacheError(
    `found no folder for the native modules: set ${CACHE_VARIABLE} to a folder that this program may create and write to (${reasons.join('; ')})`,
  )
}

function namedFolder(path: string, userId: number): string {
  const reason = whyNoFolder(path)
  // A read-only folder is fine if it already has the files.
  if (reason === undefined || existsSync(path)) return ownFolder(path, userId)
  throw new CacheError(`the folder in ${CACHE_VARIABLE} cannot be created: ${reason}`)
}

function candidates({ environment, homeFolder, temporaryFolder, userId }: CachePlaces): string[] {
  const { XDG_CACHE_HOME: cacheHome = '' } = environment
  const shared = join(temporaryFolder, `hyperfleet-${userId}`)
  if (isAbsolute(cacheHome)) return [join(cacheHome, 'hyperfleet'), shared]
  if (homeFolder !== undefined) return [join(homeFolder, '.cache', 'hyperfleet'), shared]
  return [shared]
}

/** Creates the folder if necessary. Returns the reason if it cannot be created or written to. */
function whyNoFolder(path: string): string | undefined {
  try {
    makePrivateFolder(path)
    accessSync(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return reasonOf(error)
  }
}

/** Refuses links too: a link could be redirected after the check. */
function ownFolder(path: string, userId: number): string {
  const status = lstatSync(path)
  const mode = status.mode & 0o7777
  if (!status.isDirectory()) throw refused(path, 'is not a folder')
  if (status.uid !== userId) throw refused(path, `belongs to user ${status.uid}, and this is user ${userId}`)
  if ((mode & WRITABLE_BY_OTHERS) !== 0)
    throw refused(path, `can be written to by others (its mode is 0${mode.toString(8)})`)
  return path
}

function refused(path: string, reason: string): CacheError {
  return new CacheError(
    `refusing to load native modules from ${path}: it ${reason}. Set ${CACHE_VARIABLE} to a folder that does not exist yet; it is created for this user only.`,
  )
}
