// Chooses the folder that native modules are loaded from: one that nobody but this user can write to, because what is in
// it becomes a part of the process.
import { accessSync, constants, existsSync, lstatSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { CACHE_VARIABLE, CacheError } from './cache-error.ts'
import { makePrivateFolder } from './private-folder.ts'

/** Whose process it is, and what it knows of its places. */
export interface CachePlaces {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly homeFolder: string | undefined
  readonly temporaryFolder: string
  readonly userId: number
}

const WRITABLE_BY_OTHERS = 0o022

/**
 * The cache folder, which is made where it is missing: the one that HYPERFLEET_CACHE_DIR names and no other; otherwise the
 * first of `$XDG_CACHE_HOME/hyperfleet`, `~/.cache/hyperfleet` and one in the folder for temporary files that can be
 * written to. Throws CacheError, also when others could write to the folder.
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
    `there is no folder for the native modules of this program: set ${CACHE_VARIABLE} to one that it may make and write to (${reasons.join('; ')})`,
  )
}

function namedFolder(path: string, userId: number): string {
  const reason = whyNoFolder(path)
  // One that cannot be written to may hold all that is needed.
  if (reason === undefined || existsSync(path)) return ownFolder(path, userId)
  throw new CacheError(`the folder that ${CACHE_VARIABLE} names cannot be made: ${reason}`)
}

function candidates({ environment, homeFolder, temporaryFolder, userId }: CachePlaces): string[] {
  const { XDG_CACHE_HOME: cacheHome = '' } = environment
  const shared = join(temporaryFolder, `hyperfleet-${userId}`)
  if (isAbsolute(cacheHome)) return [join(cacheHome, 'hyperfleet'), shared]
  if (homeFolder !== undefined) return [join(homeFolder, '.cache', 'hyperfleet'), shared]
  return [shared]
}

/** Makes the folder where it is missing; gives the reason when it cannot be made or written to. */
function whyNoFolder(path: string): string | undefined {
  try {
    makePrivateFolder(path)
    accessSync(path, constants.W_OK | constants.X_OK)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A link could be turned to another place after it was looked at, so it is refused too. */
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
    `native modules are not loaded from ${path}: it ${reason}. Set ${CACHE_VARIABLE} to a folder that does not exist yet: it is made for this user alone.`,
  )
}
