// A folder in the place of another one, which is moved aside and never removed.
import { existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from '../store/folder.ts'
import { lockFolder } from '../store/lock.ts'
import { FolderError, folderError } from './folder-error.ts'
import { buildFolder, type FreshFolder, isFree, placeOf } from './fresh-folder.ts'

export interface Replaced<T> {
  readonly result: T
  /** Where the old folder is now; undefined when there was none. */
  readonly aside: string | undefined
}

/**
 * Builds a folder as `buildFolder` does, and then puts it in the place of the one that is there.
 * @param suffix what the name of the old folder gets
 * @throws StoreError when the old folder is in use
 */
export async function replaceFolder<T>(
  fresh: FreshFolder,
  suffix: string,
  build: (temporary: string) => Promise<T>,
): Promise<Replaced<T>> {
  const target = await placeOf(fresh.path)
  if (await isFree(target)) return { result: await buildFolder(fresh, build), aside: undefined }
  if (!['snapshot', 'journal'].some(part => existsSync(join(target, part))))
    throw new FolderError(`${fresh.path} is no data folder: it is not replaced.`)
  const aside = `${target}${suffix}`
  const next = `${aside}.new`
  const lock = await lockFolder(target)
  try {
    const result = await buildFolder({ ...fresh, path: next }, build)
    await rename(target, aside)
    await rename(next, target)
    syncFolder(dirname(target))
    return { result, aside }
  } catch (error) {
    throw folderError(target, error)
  } finally {
    lock.release()
  }
}
