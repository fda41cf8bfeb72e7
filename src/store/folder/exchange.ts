// The exchange of a data folder for a restored one, beside each other under names that say what they are:
//
//     data                       the data folder
//     data.replaced-STAMP.new    the restored folder, whole and on disk
//     data.replaced-STAMP        the earlier folder
//
// Two renames make it: data → data.replaced-STAMP, then data.replaced-STAMP.new → data. Between them there is no data folder,
// and both of the others: that state alone says what is left to do, and whoever comes next does it.

import { existsSync, lstatSync, readdirSync, readlinkSync, realpathSync, renameSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'
import { hasEnvironment } from '../lmdb/creation.ts'
import { syncPath } from './guard.ts'
import { lockFolder } from './lock.ts'

/** What a file system puts into the root of a disk. */
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
 * Finishes an exchange that was cut off between its renames.
 * @returns what was exchanged; undefined when there was nothing to finish
 * @throws StoreError 'in-use' while the restore is at work, 'missing' when the exchange cannot be finished
 */
export async function finishExchange(path: string): Promise<Exchange | undefined> {
  const exchange = cutOff(path)
  if (exchange === undefined) return undefined
  const { target, aside, next } = exchange
  // The restore holds the lock of the earlier folder, wherever that is.
  const lock = await lockFolder(aside).catch(error => {
    throw atWork(target, error)
  })
  try {
    // It may have come to its end since.
    if (cutOff(path) === undefined) return undefined
    renameSync(next, target)
    syncPath(dirname(target))
    return exchange
  } catch (error) {
    const reason = reasonOf(error)
    throw new StoreError(
      'missing',
      `a restore to ${target} was cut off and cannot be finished (${reason}). Move ${next} to ${target}; the data folder of ` +
        `before is ${aside}.`,
      error,
    )
  } finally {
    lock.release()
  }
}

function atWork(target: string, error: unknown): unknown {
  if (!(error instanceof StoreError && error.kind === 'in-use')) return error
  return new StoreError('in-use', `a restore to ${target} is at work. Wait for its end.`, error)
}

/** Where the fleet of a data folder may be that is not there or empty, in words; undefined when there is no trace of one. */
export function whereMoved(path: string): string | undefined {
  const exchange = cutOff(path)
  if (exchange !== undefined)
    return (
      `a restore was cut off between its two renames. 'hyperfleet serve' and 'hyperfleet restore' finish it; or move ` +
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
    `a restore has moved fleets aside: ${fleets.join(', ')}. For one of them, move it to ${target}, as by ` +
    `'mv ${first} ${target}'; for a new one, move them to another folder`
  )
}

/** Whether there is a fleet in a folder, or a part of one. Throws the errors of `node:fs`. */
export function hasFleet(folder: string): boolean {
  return ['journal', 'snapshot'].some(part => hasEnvironment(join(folder, part)))
}

function mayHoldFleet(folder: string): boolean {
  try {
    return hasFleet(folder)
  } catch {
    // What may not be read may be one.
    return true
  }
}

/** The one exchange at this path that is between its renames. */
function cutOff(path: string): Exchange | undefined {
  const target = placeOf(path)
  if (target === undefined || !isFreeFolder(target)) return undefined
  const names = siblings(target)
  const exchanges = names
    .filter(name => STAMPED.test(name.slice(basename(target).length)) && names.includes(`${name}.new`))
    .map(name => exchangeOf(target, name.slice(`${basename(target)}.replaced-`.length)))
  // Of an earlier restore that did not come to its first rename there is no earlier folder.
  return exchanges.length === 1 ? exchanges[0] : undefined
}

/** What restores have left beside the data folder, as far as this user may see. */
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

/** Where a folder is or would be, also behind a link that leads to nothing; undefined when the folder above is not there. */
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

/** Whether there is nothing at a path, or an empty folder. */
function isFreeFolder(path: string): boolean {
  try {
    return readdirSync(path).every(name => NOT_CONTENT.has(name))
  } catch {
    return !existsSync(path)
  }
}
