// Whether a data folder can be where the settings say, seen without making or opening it.
import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * @throws Error whose message says why there can be no data folder: something else is there or above it, or it may not
 *   be used
 */
export function checkFolderPath(path: string): void {
  const told = `storage.path is ${JSON.stringify(path)}`
  if (path === '') throw new Error(`${told}: must be a folder`)
  const full = resolve(path)
  const nearest = nearestThere(full, told)
  const isItself = nearest.path === full
  if (!nearest.stats.isDirectory())
    throw new Error(`${told}: ${isItself ? 'it is' : `${nearest.path} is`} no folder`)
  try {
    accessSync(nearest.path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    // Anything else, such as a file system that is read-only for now, may pass: the start itself says it.
    if (codeOf(error) === 'EACCES')
      throw new Error(
        isItself
          ? `${told}: this user may not read and write it`
          : `${told}: there is no such folder, and this user may not make it in ${nearest.path}`,
      )
  }
}

/** What is there of a path: itself, or the nearest folder above it. */
function nearestThere(path: string, told: string): { path: string; stats: Stats } {
  try {
    return { path, stats: statSync(path) }
  } catch (error) {
    const code = codeOf(error)
    const above = dirname(path)
    if ((code === 'ENOENT' || code === 'ENOTDIR') && above !== path) return nearestThere(above, told)
    throw new Error(`${told}, which cannot be used: ${error instanceof Error ? error.message : code}`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
