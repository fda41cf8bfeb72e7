// The opening of a data folder: both environments checked before LMDB sees them, held against each other, loaded, and marked
// as opened once more.
import { join } from 'node:path'
import { State } from '../state/fleet-state.ts'
import type { Reached } from './crash-point.ts'
import { StorageFullError, StoreError } from './errors.ts'
import { folderError } from './folder/folder.ts'
import { FolderGuard } from './folder/guard.ts'
import { type Identity, nextIdentity } from './folder/identity.ts'
import { type Journal, openJournal } from './journal/journal.ts'
import { hasEnvironment } from './lmdb/creation.ts'
import { checkEnvironment } from './lmdb/environment.ts'
import { type Recovery, type RecoveryProgress, recover } from './recovery.ts'
import { Snapshot } from './snapshot/snapshot.ts'

export interface OpeningOptions {
  /** The data folder, which this process has locked. */
  readonly path: string
  readonly commitDeadlineMs: number
  /** Makes the name of a new store. */
  readonly randomId: () => string
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly reached: Reached
}

/** What a data folder held. */
export interface Opened {
  readonly snapshot: Snapshot
  readonly journal: Journal
  /** Knows the folder again as it is now. */
  readonly guard: FolderGuard
  readonly state: State
  readonly recovered: Recovery
  /** Whether the folder held no fleet. */
  readonly isNew: boolean
}

/** Opens and loads the folder. Throws StoreError, and leaves nothing open then. */
export async function openFolder(options: OpeningOptions): Promise<Opened> {
  const opened: { close(): Promise<void> }[] = []
  try {
    const { snapshot, journal } = await openBoth(options, opened)
    const { onProgress, randomId, reached } = options
    const identity = nextIdentity(journal.identity, snapshot.summary?.identity, randomId)
    const isNew = snapshot.summary === undefined
    if (isNew) await create(identity, journal, snapshot, reached)
    const { summary } = snapshot
    if (summary === undefined) throw new Error('the snapshot was not created')
    const state = new State()
    const recovered = await recover(state, { snapshot, journal, summary }, { onProgress, reached })
    await mark(identity, journal, snapshot, reached)
    const guard = new FolderGuard(options.path, options.commitDeadlineMs)
    return { snapshot, journal, guard, state, recovered, isNew }
  } catch (error) {
    for (const each of opened) await each.close()
    throw error instanceof StorageFullError ? noRoom(options.path, error) : folderError(options.path, error)
  }
}

/** Opens both, and makes what a new folder lacks; what is opened is added to `opened`. */
async function openBoth(
  { path, commitDeadlineMs, onProgress, reached }: OpeningOptions,
  opened: { close(): Promise<void> }[],
): Promise<Pick<Opened, 'snapshot' | 'journal'>> {
  const [journalPath, snapshotPath] = [join(path, 'journal'), join(path, 'snapshot')]
  // Looked for before they are opened, which makes them: the next start would take those for the real ones.
  const [hasJournal, hasSnapshot] = [hasEnvironment(journalPath), hasEnvironment(snapshotPath)]
  const report = (done: number, total: number) => onProgress({ phase: 'pages', done, total })
  if (hasSnapshot) await checkEnvironment(snapshotPath, report)
  if (hasJournal) await checkEnvironment(journalPath, report)
  reached('pages-checked')
  const open = <T extends { close(): Promise<void> }>(each: T): T => {
    opened.push(each)
    return each
  }
  if (!hasSnapshot) {
    const journal = open(openJournal(journalPath, commitDeadlineMs, reached))
    reached('journal-made')
    if (journal.last > 0) throw lost('there is a journal without a snapshot')
    return { journal, snapshot: open(new Snapshot(snapshotPath, commitDeadlineMs, reached)) }
  }
  const snapshot = open(new Snapshot(snapshotPath, commitDeadlineMs, reached))
  reached('snapshot-opened')
  if (snapshot.summary !== undefined && !hasJournal) {
    throw lost('there is a snapshot without a journal: the newest changes are missing')
  }
  const journal = open(openJournal(journalPath, commitDeadlineMs, reached))
  reached('journal-opened')
  if (snapshot.summary === undefined && journal.last > 0) throw lost('there is a journal without a snapshot')
  return { journal, snapshot }
}

/** A snapshot is never on disk without a journal beside it, so one that is alone has lost it. */
async function create(
  identity: Identity,
  journal: Journal,
  snapshot: Snapshot,
  reached: Reached,
): Promise<void> {
  reached('snapshot-made')
  await journal.identify(identity)
  journal.sync()
  reached('journal-created')
  await snapshot.create(identity)
  reached('snapshot-created')
}

/** Raises the epoch on disk. On a full disk it stays as it was: reads go on (contract 9.2). */
async function mark(
  identity: Identity,
  journal: Journal,
  snapshot: Snapshot,
  reached: Reached,
): Promise<void> {
  try {
    await journal.identify(identity)
  } catch (error) {
    if (error instanceof StorageFullError) return
    throw error
  }
  reached('journal-marked')
  await snapshot.identify(identity)
  reached('snapshot-marked')
}

function lost(what: string): StoreError {
  return new StoreError('gap', `${what}. Restore the data folder from a backup.`)
}

function noRoom(path: string, cause: unknown): StoreError {
  return new StoreError('no-room', `there is no room for the data folder ${path}. Free some.`, cause)
}
