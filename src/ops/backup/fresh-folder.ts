// Folders that come into being whole or not at all: built under a temporary name, flushed, and then given their own. They are
// for their user alone: a copy of a fleet holds all that the API guards with authentication.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { type FolderLock, lockFile } from '../../store/lock.ts'
import { syncPath } from '../../store/sync.ts'
import { FolderError, folderError } from './folder-error.ts'

/** What a file system puts into the root of a disk. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['lost+found'])

/** Locked while a folder is unfinished. */
const WORK_FILE = '.unfinished'

export interface FreshFolder {
  readonly path: string
  /** A folder that the new one must not lie in, because it is read or would be moved. */
  readonly outside?: string
}

/**
 * Builds a folder, which must not be there or be empty. When `build` fails, nothing is left of it.
 * @param build fills the temporary folder and flushes what it writes to the files in it
 * @returns what `build` gives
 * @throws FolderError with words for the user, or what `build` throws
 */
export async function buildFolder<T>(
  fresh: FreshFolder,
  build: (temporary: string) => Promise<T>,
): Promise<T> {
  await assertFree(fresh)
  const target = await placeOf(fresh.path)
  // The root of a disk or a volume cannot be replaced: it is filled.
  const isDisk = await isMountPoint(target)
  const beside = isDisk ? target : dirname(target)
  const prefix = `.${basename(target)}.partial-`
  await removeAbandoned(beside, prefix)
  const temporary = await makeTemporary(beside, prefix)
  const work = await beginWork(temporary)
  try {
    const result = await build(temporary)
    await rm(join(temporary, WORK_FILE))
    if (isDisk) await moveContent(temporary, target)
    else await moveWhole(temporary, target)
    syncPath(beside)
    return result
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw folderError(target, error)
  } finally {
    work.release()
  }
}

/** @throws FolderError when a folder cannot be built there */
export async function assertFree({ path, outside }: FreshFolder): Promise<void> {
  const target = await placeOf(path)
  if (outside !== undefined && isWithin(target, await realFolder(outside)))
    throw new FolderError(`${path} lies in ${outside}, or is it: choose a folder outside of it.`)
  if (!(await isFree(target)))
    throw new FolderError(`${path} is there already and is no empty folder: choose another, or remove it.`)
}

/** Whether there is nothing at a path, or an empty folder. */
export async function isFree(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).every(name => NOT_CONTENT.has(name))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return true
    if (code === 'ENOTDIR' && existsSync(path)) return false
    throw folderError(path, error)
  }
}

/** Where a folder is or would be, links followed. */
export async function placeOf(path: string): Promise<string> {
  const target = resolve(path)
  return existsSync(target) ? realFolder(target) : join(await realFolder(dirname(target)), basename(target))
}

async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    throw folderError(path, error)
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

async function isMountPoint(path: string): Promise<boolean> {
  const device = async (folder: string) => (await stat(folder).catch(() => undefined))?.dev
  const own = await device(path)
  return own !== undefined && own !== (await device(dirname(path)))
}

async function makeTemporary(folder: string, prefix: string): Promise<string> {
  try {
    return await mkdtemp(join(folder, prefix))
  } catch (error) {
    throw folderError(folder, error)
  }
}

/** Holds a lock in an unfinished folder, so that one whose process was killed is known. */
async function beginWork(temporary: string): Promise<FolderLock> {
  try {
    return await lockFile(join(temporary, WORK_FILE))
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

/** Removes what a killed process has left of the same folder: nobody holds its lock any more. */
async function removeAbandoned(folder: string, prefix: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const work = join(folder, name, WORK_FILE)
    if (!name.startsWith(prefix) || !existsSync(work)) continue
    const lock = await lockFile(work).catch(() => undefined)
    if (lock === undefined) continue
    await rm(join(folder, name), { recursive: true, force: true })
    lock.release()
  }
}

async function moveWhole(from: string, to: string): Promise<void> {
  syncPath(from)
  await rename(from, to)
}

/** A part of a data folder without the others is refused by every reader: a half move is never taken for a whole one. */
async function moveContent(from: string, to: string): Promise<void> {
  const moved: string[] = []
  try {
    for (const name of await readdir(from)) {
      await rename(join(from, name), join(to, name))
      moved.push(name)
    }
    await rm(from, { recursive: true })
  } catch (error) {
    for (const name of moved) await rm(join(to, name), { recursive: true, force: true })
    throw error
  }
}
