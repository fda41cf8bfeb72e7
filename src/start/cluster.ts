// Joins the servers that share a journal: opens the database, and checks that it and the data folder belong together.
import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/schema.ts'
import { createClusterEventLog } from '../observe/log/cluster-events.ts'
import type { Logger } from '../observe/log/log.ts'
import type { Readiness } from '../observe/readiness.ts'
import { SYSTEM_CLOCK } from '../replication/clock.ts'
import { firstCursor } from '../replication/cursor.ts'
import { type JournalCursor, parseCursor } from '../replication/cursor-text.ts'
import { JournalFault } from '../replication/fault.ts'
import { historyOf, Member } from '../replication/member.ts'
import { isBehind, peersOf } from '../replication/peers.ts'
import { parseDatabaseUrl } from '../replication/postgres/address.ts'
import { NoAnswerError } from '../replication/postgres/connection.ts'
import type { OpenedPostgres, PostgresEngine, PostgresOptions } from '../replication/postgres/postgres.ts'
import { StorageFailedError } from '../store/errors.ts'
import type { Store } from '../store/store.ts'
import { reasonOf } from '../wire/text.ts'

/** Longest time for a connection to the database to be made, and for an answer of it. */
const CALL_MS = 3000
/** Pause between two tries to reach the database at a start. */
const RETRY_MS = 1000
/** Time between two looks for a server to copy. */
const PEER_MS = 2000

export interface ClusterOptions {
  readonly settings: Settings
  readonly log: Logger
  readonly onFatal: (error: Error) => void
}

/** The database, and the place in its journal up to which the store has it. */
export interface OpenedCluster {
  readonly opened: OpenedPostgres
  readonly place: JournalCursor
  /** The name of the history of changes that the servers share. */
  readonly history: string
  /** True if the database no longer keeps the entry after that place. */
  readonly isBehind: boolean
}

export function isClustered({ cluster }: Pick<Settings, 'cluster'>): boolean {
  return cluster.engine !== 'none'
}

/**
 * Opens the database that the settings name. Waits until it can be reached.
 * @throws Error with the reason if it is not one that keeps a journal
 */
export async function openDatabase(
  { cluster }: Pick<Settings, 'cluster'>,
  onWaiting: (reason: string) => void,
): Promise<OpenedPostgres> {
  // Loaded only here, as its client.
  const { openPostgres } = await import('../replication/postgres/postgres.ts')
  for (;;) {
    try {
      return await openPostgres(databaseOptions(cluster, onWaiting))
    } catch (error) {
      if (!(error instanceof NoAnswerError))
        throw new Error(`cluster.url: ${reasonOf(error)}`, { cause: error })
      onWaiting(reasonOf(error))
      await sleep(RETRY_MS)
    }
  }
}

/** Options for a single try, for commands. */
export function databaseOptions(
  { url, passwordPath, tlsCaPath, tlsCertPath, tlsKeyPath, advertiseUrl }: Settings['cluster'],
  onHintFailed: (reason: string) => void,
): PostgresOptions {
  const path = (text: string) => (text === '' ? undefined : text)
  return {
    address: parseDatabaseUrl(url),
    passwordPath: path(passwordPath),
    tls: { caPath: path(tlsCaPath), certificatePath: path(tlsCertPath), keyPath: path(tlsKeyPath) },
    callMs: CALL_MS,
    applicationName: 'hyperfleet',
    server: advertiseUrl,
    onHintFailed: error => onHintFailed(reasonOf(error)),
  }
}

/** A server that is alone does not go on where a cluster may have gone on (contract 14.14). */
export function refuseFollower(store: Pick<Store, 'cursor'>): void {
  if (store.cursor === undefined) return
  const { journal } = parseCursor(store.cursor)
  throw new Error(
    `the data folder follows journal ${journal}, which several servers share, and cluster.engine is none. Set the cluster settings, or let ` +
      "the folder leave the cluster for good with 'hyperfleet cluster leave'",
  )
}

/**
 * Opens the database of the cluster for a store.
 * @throws Error that says what does not belong together, and what to do
 */
export async function openCluster(
  store: Store,
  { settings, log }: ClusterOptions,
  readiness: Readiness,
): Promise<OpenedCluster> {
  const opened = await openDatabase(settings, reason => {
    readiness.awaitDatabase(reason)
    log.warn({ reason }, 'cluster: the database does not answer; trying again')
  })
  try {
    for (const { kind, text } of opened.findings)
      if (kind === 'note') log.info(`cluster: ${text}`)
      else log.warn(`cluster: ${text}`)
    const place = placeIn(store, opened.journal)
    const look = await opened.engine.look(place.cursor.place.position).catch(() => undefined)
    return {
      opened,
      place,
      history: historyOf(place.journal),
      // Without an answer a server finds out when it follows.
      isBehind: look !== undefined && isBehind(look, place.cursor.place.position),
    }
  } catch (error) {
    await opened.engine.close()
    throw error
  }
}

function placeIn(store: Store, journal: string | undefined): JournalCursor {
  if (journal === undefined)
    throw new Error(
      "the database of cluster.url keeps no journal yet. Begin one with 'hyperfleet cluster init', on one server and while it is stopped",
    )
  if (store.cursor === undefined) {
    if (store.state.sequence === 0) return { journal, cursor: firstCursor(journal) }
    throw new Error(
      'the data folder has a fleet of its own, which does not follow the journal of cluster.url. Start with an empty data folder: it ' +
        'takes the fleet from the journal',
    )
  }
  const place = parseCursor(store.cursor)
  if (place.journal !== journal)
    throw new JournalFault(
      'other-journal',
      `the database keeps journal ${journal}, and the data folder follows journal ${place.journal}`,
    )
  return place
}

/** Events for other parts of the server. */
export interface MemberEvents {
  /** Changes of another server have been applied. */
  readonly onFollowed: () => void
  /** The journal and this server disagree. */
  readonly onFault: () => void
}

/** Makes the store a member of the cluster. It does not follow yet. */
export function joinCluster(
  store: Store,
  { opened: { engine }, place }: OpenedCluster,
  { settings, log, version, onFatal }: ClusterOptions & { readonly version: string },
  { onFollowed, onFault }: MemberEvents,
): Member {
  const { advertiseUrl } = settings.cluster
  const digest = decidingSettings(settings)
  const logEvent = createClusterEventLog(log, digest)
  let isAwaitingPeer = false
  const member = new Member({
    store,
    engine,
    clock: SYSTEM_CLOCK,
    random: Math.random,
    journal: place.journal,
    cursor: place.cursor,
    self: {
      writer: randomBytes(16).toString('hex'),
      server: advertiseUrl,
      address: new URL(advertiseUrl).origin,
      version,
      settings: digest,
    },
    onFollowed,
    onEvent: event => {
      logEvent(event)
      if (event.kind !== 'fault') return
      onFault()
      if (event.fault.kind !== 'behind' || isAwaitingPeer) return
      isAwaitingPeer = true
      void awaitPeer(member, engine, advertiseUrl).then(fault => {
        isAwaitingPeer = false
        if (fault !== undefined) onFatal(fault)
      })
    },
    onFatal: error =>
      onFatal(new StorageFailedError('invariant', `following the journal failed: ${reasonOf(error)}`, error)),
  })
  return member
}

/**
 * Waits until there is a server to copy, so that this one, which is behind, ends only when its next start can go on. Returns the fault, or undefined
 * if it is over before.
 */
async function awaitPeer(
  member: Member,
  engine: PostgresEngine,
  self: string,
): Promise<JournalFault | undefined> {
  for (;;) {
    const { fault } = member.status
    if (fault?.kind !== 'behind') return undefined
    const servers = await engine.registrations().catch(() => [])
    if (peersOf(servers, self).length > 0) return fault
    await sleep(PEER_MS, undefined, { ref: false })
  }
}

/** A digest of the settings that decide about writes (contract 14.12). */
export function decidingSettings({ adapters, compatibility, limits }: Settings): string {
  const { adaptersPerResource, adaptersPerKind } = limits
  const deciding = [adapters.required, compatibility, adaptersPerResource, adaptersPerKind]
  return createHash('sha256').update(JSON.stringify(deciding)).digest('hex').slice(0, 16)
}
