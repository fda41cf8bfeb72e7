// The beginning and the end of a data folder's part in a cluster: begins the journal in its database, makes the folder a copy of another server's, or
// lets it leave. The server must be stopped.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Settings } from '../config/schema.ts'
import type { OnAdvance } from '../ops/backup/advance.ts'
import { firstCursor } from '../replication/cursor.ts'
import { encodeCursor, type JournalCursor, parseCursor } from '../replication/cursor-text.ts'
import type { Registered } from '../replication/engine.ts'
import type { OpenedPostgres } from '../replication/postgres/postgres.ts'
import { openStore, type Store } from '../store/store.ts'
import { databaseOptions } from './cluster.ts'
import type { PeerCopied } from './peer-copy.ts'

/** A position after every entry. */
const END = Number.MAX_SAFE_INTEGER

export interface Begun {
  /** The id of the journal. */
  readonly journal: string
  /** The number of the change that the journal begins after. */
  readonly sequence: number
}

/**
 * Begins the journal in the database with the fleet in the data folder, which may be empty. May be called again after it was interrupted.
 * @throws Error if the database has a journal already, or the folder follows one
 */
export function beginCluster(settings: Settings, onFatal: (error: Error) => void): Promise<Begun> {
  return withFolder(settings, onFatal, store =>
    withDatabase(settings, async ({ engine, journal: present }) => {
      const { sequence } = store.state
      const place = beginningOf(store, present)
      if (present !== place.journal) {
        // The folder first: without it nobody could say which fleet the journal begins with.
        if (store.cursor === undefined) await store.setCursor(encodeCursor(place))
        const kept = await engine.found(place.journal, place.cursor.place)
        if (kept !== place.journal) {
          await store.setCursor(undefined)
          throw hasJournal(kept)
        }
      }
      return { journal: place.journal, sequence }
    }),
  )
}

/** The place before the first entry: that of a beginning which was interrupted, or a new one. */
function beginningOf(store: Store, present: string | undefined): JournalCursor {
  if (store.cursor === undefined) {
    if (present !== undefined) throw hasJournal(present)
    const journal = randomBytes(16).toString('hex')
    return { journal, cursor: firstCursor(journal, store.state.sequence) }
  }
  const place = parseCursor(store.cursor)
  if (place.cursor.epoch > 0)
    throw new Error(
      `the data folder follows journal ${place.journal} already. To begin another one with its fleet, let it leave first: 'hyperfleet ` +
        "cluster leave'",
    )
  if (present !== undefined && present !== place.journal) throw hasJournal(present)
  return place
}

function hasJournal(journal: string): Error {
  return new Error(
    `the database of cluster.url keeps journal ${journal} already: start the server to join it`,
  )
}

/**
 * Lets the data folder leave its cluster: it keeps its fleet, and can be started alone. Returns the id of the journal that it has followed.
 * @throws Error if it follows none
 */
export function leaveCluster(settings: Settings, onFatal: (error: Error) => void): Promise<string> {
  return withFolder(settings, onFatal, async store => {
    if (store.cursor === undefined) throw new Error('the data folder follows no journal of a cluster')
    const { journal } = parseCursor(store.cursor)
    await store.setCursor(undefined)
    return journal
  })
}

/**
 * Replaces the data folder, whatever is in it, by a copy of another server's. The earlier one is moved aside.
 * @throws Error if the database keeps no journal, or as `copyPeer`
 */
export function reseedFolder(
  settings: Settings,
  signal: AbortSignal,
  onAdvance: OnAdvance,
): Promise<PeerCopied> {
  return withDatabase(settings, async ({ engine, journal }) => {
    if (journal === undefined)
      throw new Error('the database of cluster.url keeps no journal: there is no server to copy')
    const { copyPeer } = await import('./peer-copy.ts')
    return copyPeer({ settings, engine, journal, signal, onAdvance: (_, advance) => onAdvance(advance) })
  })
}

export interface ClusterOverview {
  readonly journal: string
  /** The position of the newest entry. */
  readonly last: number
  readonly servers: readonly Registered[]
}

/** The servers that have registered with the database. Undefined if it keeps no journal. */
export function clusterOverview(settings: Settings): Promise<ClusterOverview | undefined> {
  return withDatabase(settings, async ({ engine, journal }) => {
    if (journal === undefined) return undefined
    const [{ last }, servers] = [await engine.look(END), await engine.registrations()]
    return { journal, last: last.position, servers }
  })
}

async function withDatabase<T>(
  { cluster }: Settings,
  use: (opened: OpenedPostgres) => Promise<T>,
): Promise<T> {
  if (cluster.engine === 'none')
    throw new Error('cluster.engine is none: set it to postgres, and cluster.url to the database')
  const { openPostgres } = await import('../replication/postgres/postgres.ts')
  const opened = await openPostgres(databaseOptions(cluster, () => {}))
  try {
    return await use(opened)
  } finally {
    await opened.engine.close()
  }
}

async function withFolder<T>(
  { storage }: Settings,
  onFatal: (error: Error) => void,
  use: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore({
    path: storage.path,
    mustExist: storage.mustExist,
    commitDeadlineMs: storage.commitDeadlineMs,
    checkpoint: {
      maxJournalEntries: storage.checkpointJournalEntries,
      maxJournalBytes: storage.checkpointJournalBytes,
      maxJournalAgeMs: storage.checkpointMaxAgeMs,
    },
    monotonicMs: () => performance.now(),
    randomId: randomUUID,
    onFatal,
  })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}
