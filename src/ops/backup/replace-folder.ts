// Replaces a folder by another one. The old folder is moved aside and never removed. An error or a crash loses neither:
// src/store/folder/exchange.ts describes the state after each step, and finishes it.

import { existsSync } from 'node:fs'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ReplacementPoint } from '../../store/crash-point.ts'
import { type Exchange, exchangeOf } from '../../store/folder/exchange.ts'
import { syncPath } from '../../store/folder/guard.ts'
import { lockFolder } from '../../store/folder/lock.ts'
import { reasonOf } from '../../wire/text.ts'
import { FolderError, folderError } from './folder-error.ts'
import { buildFolder, type FreshFolder, isFree, placeOf, removeAbandoned } from './fresh-folder.ts'

export interface Replaced<T> {
  readonly result: T
  /** Place of the old folder; undefined if there was none. */
  readonly aside: string | undefined
}

export interface Replacement {
  /** Digits that identify this replacement. */
  readonly stamp: string
  /** Lets a test end the process at a named moment. */
  readonly reached?: (point: ReplacementPoint) => void
  /** Renames a folder, as `rename` of `node:fs`. */
  readonly move?: (from: string, to: string) => Promise<void>
}

/**
 * Builds a folder like `buildFolder`, then puts it in the place of the existing one.
 * @throws StoreError if the old folder is in use, FolderError if one of them cannot be moved
 */
export async function replaceFolder<T>(
  fresh: FreshFolder,
  replacement: Replacement,
  build: (temporary: string) => Promise<T>,
): Promise<Replaced<T>> {
  const target = await placeOf(fresh.path)
  if (await isFree(target)) return { result: await buildFolder(fresh, build), aside: undefined }
  if (!['snapshot', 'journal'].some(part => existsSync(join(target, part))))
    throw new FolderError(`${fresh.path} is not a data folder: refusing to replace it.`)
  const exchange = exchangeOf(target, replacement.stamp)
  const lock = await lockFolder(target)
  try {
    await removeUnused(target)
    const result = await buildFolder({ ...fresh, path: exchange.next }, build)
    replacement.reached?.('replacement-built')
    await exchangeFolders(exchange, replacement)
    return { result, aside: exchange.aside }
  } catch (error) {
    throw folderError(target, error)
  } finally {
    lock.release()
  }
}

/** Removes folders that earlier replacements began to build, or built and never used: a crash came before their first rename. */
async function removeUnused(target: string): Promise<void> {
  const folder = dirname(target)
  const names = await readdir(folder)
  const prefix = `${basename(target)}.replaced-`
  await removeAbandoned(folder, `.${prefix}`)
  for (const name of names) {
    const [, aside] = /^(.+)\.new$/.exec(name) ?? []
    if (aside === undefined || !/^\d+$/.test(aside.replace(prefix, '')) || names.includes(aside)) continue
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

async function exchangeFolders(exchange: Exchange, replacement: Replacement): Promise<void> {
  const { target, aside, next } = exchange
  const { move = rename, reached } = replacement
  let isAside = false
  try {
    await move(target, aside)
    isAside = true
    // The first rename is on disk before the second begins, so a power cut leaves a known state.
    syncPath(dirname(target))
    reached?.('old-moved-aside')
    await move(next, target)
  } catch (error) {
    if (isAside) await moveBack(exchange, move, error)
    await rm(next, { recursive: true, force: true })
    throw new FolderError(`${target} was not replaced and is unchanged: ${reasonOf(error)}`, { cause: error })
  }
  reached?.('replacement-moved-in')
  syncPath(dirname(target))
}

/** @throws FolderError that names both folders if the old one cannot be moved back */
async function moveBack(
  { target, aside, next }: Exchange,
  move: (from: string, to: string) => Promise<void>,
  cause: unknown,
): Promise<void> {
  try {
    await move(aside, target)
    syncPath(dirname(target))
  } catch (error) {
    throw new FolderError(
      `${next} could not be moved to ${target} (${reasonOf(cause)}), nor the earlier folder back (${reasonOf(error)}). ` +
        `Nothing is lost: the restored folder is ${next}, the earlier one ${aside}. 'hyperfleet serve' and ` +
        `'hyperfleet restore' finish the restore; for the earlier fleet, move ${aside} to ${target}.`,
      { cause },
    )
  }
}
