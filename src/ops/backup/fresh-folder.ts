// Folders that appear whole or not at all: built under a temporary name, flushed, then renamed. They are private to
// their user, because a copy of a fleet holds everything that the API guards with authentication.
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { syncPath } from '../../store/folder/guard.ts'
import { type FolderLock, lockFile } from '../../store/folder/lock.ts'
import { FolderError, folderError } from './folder-error.ts'

/** Entries that a file system itself puts into the root of a disk. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['lost+found'])

/** Locked while a folder is unfinished. */
const WORK_FILE = '.unfinished'

export interface FreshFolder {
  readonly path: string
  /** Folder that must not contain the new one, because it is read or would be moved. */
  readonly outside?: string
}

/**
 * Builds a folder, which must be absent or empty. If `build` fails, nothing remains.
 * @param build fills the temporary folder and flushes its files
 * @returns the result of `build`
 * @throws FolderError with a message for the user, or the error of `build`
 */
export async function buildFolder<T>(
  fresh: FreshFolder,
  build: (temporary: string) => Promise<T>,
): Promise<T> {
  await assertFree(fresh)
  const target = await placeOf(fresh.path)
  // The root of a disk or volume cannot be renamed over, so its content is moved.
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

/** @throws FolderError if no folder can be built there */
export async function assertFree({ path, outside }: FreshFolder): Promise<void> {
  const target = await placeOf(path)
  if (outside !== undefined && isWithin(target, await realFolder(outside)))
    throw new FolderError(`${path} is ${outside} or within it: choose a folder outside of it.`)
  if (!(await isFree(target)))
    throw new FolderError(`${path} already exists and is not an empty folder: choose another, or remove it.`)
}

/** Reports whether a path is absent or an empty folder. */
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

/** Real path of a folder that exists or is about to, with links resolved. */
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

/** Locks an unfinished folder. A lock that nobody holds shows that its process was killed. */
async function beginWork(temporary: string): Promise<FolderLock> {
  try {
    return await lockFile(join(temporary, WORK_FILE))
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

/** Removes unfinished versions of a folder, by the beginning of their names, whose process was killed: nobody holds their lock. */
export async function removeAbandoned(folder: string, prefix: string): Promise<void> {
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

/**
 * Moves the entries one by one. A crash in between leaves a part that every reader refuses, so it cannot pass for a
 * whole folder.
 */
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
