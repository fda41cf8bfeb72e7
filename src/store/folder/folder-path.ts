// Checks the path of the data folder in the settings without creating or opening the folder.
import { accessSync, constants, type Stats, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * @throws Error when the path cannot be a data folder: something else is there or above it, or this user may not use it
 */
export function checkFolderPath(path: string): void {
  const setting = `storage.path is ${JSON.stringify(path)}`
  if (path === '') throw new Error(`${setting}: must be a folder`)
  const full = resolve(path)
  const nearest = nearestThere(full, setting)
  const isItself = nearest.path === full
  if (!nearest.stats.isDirectory())
    throw new Error(`${setting}: ${isItself ? 'it is' : `${nearest.path} is`} not a folder`)
  try {
    accessSync(nearest.path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    // Other faults, such as a file system that is read-only, may be temporary; the start itself reports them.
    if (codeOf(error) === 'EACCES')
      throw new Error(
        isItself
          ? `${setting}: this user may not read and write it`
          : `${setting}: there is no such folder, and this user may not create it in ${nearest.path}`,
      )
  }
}

/** The existing part of a path: itself, or the nearest folder above it. */
function nearestThere(path: string, setting: string): { path: string; stats: Stats } {
  try {
    return { path, stats: statSync(path) }
  } catch (error) {
    const code = codeOf(error)
    const above = dirname(path)
    if ((code === 'ENOENT' || code === 'ENOTDIR') && above !== path) return nearestThere(above, setting)
    throw new Error(`${setting}, which cannot be used: ${error instanceof Error ? error.message : code}`)
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
