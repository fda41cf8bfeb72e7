// Opens a data folder at rest without writing to it. LMDB gets links to the files in a temporary folder, and writes its lock files
// there. Writers are locked out meanwhile.
import { existsSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reasonOf } from '../../wire/text.ts'
import { StoreError } from '../errors.ts'
import { whereMoved } from '../folder/exchange.ts'
import { nextIdentity } from '../folder/identity.ts'
import { shareFolder } from '../folder/lock.ts'
import { type Journal, openJournal } from '../journal/journal.ts'
import { DATA_FILE, hasEnvironment } from '../lmdb/creation.ts'
import { checkEnvironment } from '../lmdb/environment.ts'
import { Snapshot, type Summary } from '../snapshot/snapshot.ts'

const PARTS = ['snapshot', 'journal'] as const

export interface FolderView {
  readonly snapshot: Snapshot
  readonly journal: Journal
  readonly summary: Summary
  /** Turns an error of reading into one about the folder itself. */
  inItsWords(error: unknown): StoreError
  close(): Promise<void>
}

/** Opens a folder. Throws StoreError when it is not a data folder, is in use, is incomplete or cannot be read. */
export async function openView(path: string, commitDeadlineMs: number): Promise<FolderView> {
  assertFolder(path)
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const each of closers.splice(0).reverse()) await each()
  }
  let inItsWords = (error: unknown) => storeError(error, path, path)
  try {
    const lock = await shareFolder(path)
    closers.push(() => lock.release())
    assertDataFolder(path)
    for (const part of PARTS) await checkEnvironment(join(path, part))
    const view = await mkdtemp(join(tmpdir(), 'hyperfleet-view-'))
    closers.push(() => rm(view, { recursive: true, force: true }))
    inItsWords = error => storeError(error, view, path)
    for (const part of PARTS) await link(path, view, part)
    const snapshot = new Snapshot(join(view, 'snapshot'), commitDeadlineMs, undefined, 'read')
    closers.push(() => snapshot.close())
    const journal = openJournal(join(view, 'journal'), commitDeadlineMs, undefined, 'read')
    closers.push(() => journal.close())
    const { summary } = snapshot
    if (summary === undefined) throw missing(path, 'the summary of its snapshot')
    // Only checks that the two belong together; nothing is written.
    nextIdentity(journal.identity, summary.identity, () => '')
    return { snapshot, journal, summary, inItsWords, close }
  } catch (error) {
    await close()
    throw inItsWords(error)
  }
}

function assertFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new StoreError('not-a-directory', `there is no folder ${path}${hint(path)}.`)
  if (!found.isDirectory()) throw new StoreError('not-a-directory', `${path} is not a folder.`)
}

function assertDataFolder(path: string): void {
  const lacking = PARTS.filter(part => !hasEnvironment(join(path, part)))
  if (lacking.length === 0) return
  if (PARTS.some(part => existsSync(join(path, part))))
    throw missing(path, `its ${lacking.join(' and its ')}`)
  throw new StoreError(
    'not-a-directory',
    `${path} is not a data folder: it has neither a snapshot nor a journal${hint(path)}.`,
  )
}

/** The place where a restore has left the fleet, as part of a message; empty if it has not. */
function hint(path: string): string {
  const moved = whereMoved(path)
  return moved === undefined ? '' : `: ${moved}`
}

async function link(path: string, view: string, part: string): Promise<void> {
  await mkdir(join(view, part))
  symlinkSync(realpathSync(join(path, part, DATA_FILE)), join(view, part, DATA_FILE))
}

function missing(path: string, what: string): StoreError {
  return new StoreError(
    'gap',
    `the data folder ${path} is incomplete: ${what} is missing. Restore it from a backup.`,
  )
}

/** Names the data folder in place of the view, which users do not know. */
function storeError(error: unknown, view: string, path: string): StoreError {
  if (error instanceof StoreError)
    return new StoreError(error.kind, error.message.replaceAll(view, path), error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = reasonOf(error).replaceAll(view, path)
  if (code === 'EACCES' || code === 'EPERM')
    return new StoreError(
      'unreadable',
      `${path} cannot be read (${reason}). Give this user permission to read it.`,
      error,
    )
  return new StoreError('unreadable', `something in ${path} cannot be read: ${reason}.`, error)
}
