// Opens a data folder: checks both environments before LMDB reads them, checks that they belong together, loads them, and raises the
// epoch.
import { join } from 'node:path'
import { State } from '../state/state.ts'
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
  /** The data folder, locked by this process. */
  readonly path: string
  readonly commitDeadlineMs: number
  /** Removals that the state retains. */
  readonly retainedRemovals: number | undefined
  /** Makes the name of a new store. */
  readonly randomId: () => string
  readonly onProgress: (progress: RecoveryProgress) => void
  readonly reached: Reached
}

/** The parts of an opened data folder. */
export interface Opened {
  readonly snapshot: Snapshot
  readonly journal: Journal
  /** Detects that the folder was replaced. */
  readonly guard: FolderGuard
  readonly state: State
  readonly recovered: Recovery
  readonly identity: Identity
  /** True if the folder had no fleet. */
  readonly isNew: boolean
}

/** Opens and loads the folder. When it throws StoreError, it leaves nothing open. */
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
    const state = new State(options.retainedRemovals)
    const recovered = await recover(state, { snapshot, journal, summary }, { onProgress, reached })
    await mark(identity, journal, snapshot, reached)
    const guard = new FolderGuard(options.path, options.commitDeadlineMs)
    return { snapshot, journal, guard, state, recovered, identity, isNew }
  } catch (error) {
    for (const each of opened) await each.close()
    throw error instanceof StorageFullError ? noRoom(options.path, error) : folderError(options.path, error)
  }
}

/** Opens both environments, creates missing ones in a new folder, and adds what it opened to `opened`. */
async function openBoth(
  { path, commitDeadlineMs, onProgress, reached }: OpeningOptions,
  opened: { close(): Promise<void> }[],
): Promise<Pick<Opened, 'snapshot' | 'journal'>> {
  const [journalPath, snapshotPath] = [join(path, 'journal'), join(path, 'snapshot')]
  // Opening creates a missing environment, which the next start would take for the real one. So existence is checked first.
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

/** Creates the journal first: a snapshot without a journal has then always lost it. */
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

/** Raises the epoch on disk. A full disk keeps the old one, so that reads are still served (contract 9.2). */
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
