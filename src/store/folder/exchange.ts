// Exchanges a data folder for a restored one. Three names beside each other show the progress:
//
//     data                       the data folder
//     data.replaced-STAMP.new    the restored folder, complete and on disk
//     data.replaced-STAMP        the earlier folder
//
// Two renames do it: data → data.replaced-STAMP, then data.replaced-STAMP.new → data. Between them the data folder is missing and both
// other folders exist. The next start or restore recognizes this state and does the second rename.

import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, renameSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'
import { hasEnvironment } from '../lmdb/creation.ts'
import { syncPath } from './guard.ts'
import { lockFolder } from './lock.ts'

/** Entries that a file system creates in the root of a disk. */
const NOT_CONTENT: ReadonlySet<string> = new Set(['lost+found'])
const STAMPED = /^\.replaced-\d+$/
const MAX_LINKS = 40

export interface Exchange {
  /** The data folder. */
  readonly target: string
  /** The earlier folder, moved aside. */
  readonly aside: string
  /** The restored folder. */
  readonly next: string
}

/** @param stamp digits */
export function exchangeOf(target: string, stamp: string): Exchange {
  const aside = `${target}.replaced-${stamp}`
  return { target, aside, next: `${aside}.new` }
}

/**
 * Completes an exchange that was interrupted between its renames.
 * @returns the exchange; undefined when there was none to complete
 * @throws StoreError 'in-use' while the restore is running, 'missing' when the exchange cannot be completed
 */
export async function finishExchange(path: string): Promise<Exchange | undefined> {
  const exchange = cutOff(path)
  if (exchange === undefined) return undefined
  const { target, aside, next } = exchange
  // A running restore holds the lock of the earlier folder, which moves with it.
  const lock = await lockFolder(aside).catch(error => {
    throw atWork(target, error)
  })
  try {
    // The restore may have ended meanwhile.
    if (cutOff(path) === undefined) return undefined
    renameSync(next, target)
    syncPath(dirname(target))
    return exchange
  } catch (error) {
    const reason = reasonOf(error)
    throw new StoreError(
      'missing',
      `a restore to ${target} was interrupted and cannot be completed (${reason}). Move ${next} to ${target}; the earlier ` +
        `data folder is ${aside}.`,
      error,
    )
  } finally {
    lock.release()
  }
}

function atWork(target: string, error: unknown): unknown {
  if (!(error instanceof StoreError && error.kind === 'in-use')) return error
  return new StoreError('in-use', `a restore to ${target} is running. Wait for its end.`, error)
}

/** Message with the place to which a restore moved the fleet of a missing or empty data folder; undefined if there is no trace. */
export function whereMoved(path: string): string | undefined {
  const exchange = cutOff(path)
  if (exchange !== undefined)
    return (
      `a restore was interrupted between its two renames. 'hyperfleet serve' and 'hyperfleet restore' complete it; or move ` +
      `${exchange.next} to ${exchange.target}, or for the earlier fleet ${exchange.aside}`
    )
  const target = placeOf(path)
  if (target === undefined || !isFreeFolder(target)) return undefined
  const fleets = siblings(target)
    .map(name => join(dirname(target), name))
    .filter(mayHoldFleet)
  const [first] = fleets
  if (first === undefined) return undefined
  return (
    `a restore has moved fleets aside: ${fleets.join(', ')}. To use one of them, move it to ${target}, as by ` +
    `'mv ${first} ${target}'; for a new fleet, move them to another folder`
  )
}

/** Reports whether a folder has a fleet or a part of one. Throws the errors of `node:fs`. */
export function hasFleet(folder: string): boolean {
  return ['journal', 'snapshot'].some(part => hasEnvironment(join(folder, part)))
}

function mayHoldFleet(folder: string): boolean {
  try {
    return hasFleet(folder)
  } catch {
    // An unreadable folder may have a fleet.
    return true
  }
}

/** The exchange at this path that is between its renames, if there is exactly one. */
function cutOff(path: string): Exchange | undefined {
  const target = placeOf(path)
  if (target === undefined || !isFreeFolder(target)) return undefined
  const names = siblings(target)
  const exchanges = names
    .filter(name => STAMPED.test(name.slice(basename(target).length)) && names.includes(`${name}.new`))
    .map(name => exchangeOf(target, name.slice(`${basename(target)}.replaced-`.length)))
  // A restore that did not reach its first rename has no earlier folder, so it is not among them.
  return exchanges.length === 1 ? exchanges[0] : undefined
}

/** Names that restores have left beside the data folder. Empty if this user may not read the parent folder. */
function siblings(target: string): string[] {
  const prefix = `${basename(target)}.replaced-`
  try {
    return readdirSync(dirname(target))
      .filter(name => name.startsWith(prefix))
      .sort()
  } catch {
    return []
  }
}

/** The real path of a folder, which may be missing, even behind a dangling link. Undefined when its parent is missing. */
function placeOf(path: string): string | undefined {
  let place = resolve(path)
  for (let links = 0; links < MAX_LINKS && !existsSync(place) && isLink(place); links++)
    place = resolve(dirname(place), readlinkSync(place))
  if (existsSync(place)) return realpathSync(place)
  return existsSync(dirname(place)) ? join(realpathSync(dirname(place)), basename(place)) : undefined
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

/** Reports whether a path is free: missing, or an empty folder. */
function isFreeFolder(path: string): boolean {
  try {
    return readdirSync(path).every(name => NOT_CONTENT.has(name))
  } catch {
    return !existsSync(path)
  }
}
