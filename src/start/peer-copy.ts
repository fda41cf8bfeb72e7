// Takes a copy of another server's data folder, for a server that lacks what the database of the cluster no longer keeps (contract 14.15). The copy
// is built beside the data folder, read back, and compared with the journal before it takes its place.
import { randomUUID } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readBuildInfo } from '../binary/build-info.ts'
import type { Settings } from '../config/schema.ts'
import { NoCopyError, requestCopy } from '../http/cluster/copy-client.ts'
import { readAuthorities } from '../http/cluster/peer-authorities.ts'
import type { Logger } from '../observe/log/log.ts'
import type { Readiness } from '../observe/readiness.ts'
import type { Advance } from '../ops/backup/advance.ts'
import { copyInto, type FolderFacts, readBack } from '../ops/backup/copy-into.ts'
import { FolderError } from '../ops/backup/folder-error.ts'
import { placeOf } from '../ops/backup/fresh-folder.ts'
import { replaceFolder } from '../ops/backup/replace-folder.ts'
import { parseCursor } from '../replication/cursor-text.ts'
import type { Registered, RegisteredRole } from '../replication/engine.ts'
import { PeerTokens } from '../replication/peer-token.ts'
import { assertContinues, peersOf } from '../replication/peers.ts'
import { NoAnswerError } from '../replication/postgres/connection.ts'
import type { PostgresEngine } from '../replication/postgres/postgres.ts'
import type { CopyEnd } from '../store/copy/copy.ts'
import { StoreError } from '../store/errors.ts'
import { syncPath } from '../store/folder/guard.ts'
import { parseFolderCursor } from '../store/shared/folder-cursor.ts'
import { reasonOf } from '../wire/text.ts'
import { openDatabase } from './cluster.ts'

/** First and longest pause between two tries. */
const RETRY_MS: readonly [first: number, longest: number] = [1000, 10_000]

export interface PeerCopyTask {
  readonly settings: Pick<Settings, 'cluster' | 'storage'>
  readonly engine: PostgresEngine
  /** The id of the journal. */
  readonly journal: string
  readonly signal: AbortSignal
  readonly onAdvance: (address: string, advance: Advance) => void
}

/** A copy that is the data folder now. */
export interface PeerCopied extends FolderFacts {
  /** The server that it is of. */
  readonly from: string
  /** The place of the earlier data folder; undefined if there was none. */
  readonly aside: string | undefined
}

/** No server has sent a copy that can be used. The message has the reason of each, and what to do. */
export class NoPeerError extends Error {
  override readonly name = 'NoPeerError'
}

/**
 * Replaces the data folder, which nobody uses, by a copy of another server's. The earlier one is moved aside.
 * @throws NoPeerError if no server sends one, FolderError if there is no room or a folder cannot be moved, StoreError if the folder is in
 * use; then the data folder is as it was
 */
export async function copyPeer(task: PeerCopyTask): Promise<PeerCopied> {
  const { engine, settings } = task
  const { first } = await engine.look(0)
  const servers = peersOf(await engine.registrations(), settings.cluster.advertiseUrl)
  const reasons: string[] = []
  for (const server of servers) {
    try {
      return await copyOf(server, first - 1, task)
    } catch (error) {
      if (isOwn(error) || task.signal.aborted) throw error
      reasons.push(`${server.address}: ${reasonOf(error)}`)
    }
  }
  throw new NoPeerError(
    reasons.length > 0
      ? `no server of the cluster has sent a copy that can be used (${reasons.join('; ')}). The log of that server may have the reason`
      : 'no other server of the cluster was heard of in the last minute that has what this one lacks. Start one, or restore a backup of one here',
  )
}

/** A fault that another server would not change. */
function isOwn(error: unknown): boolean {
  if (error instanceof FolderError || error instanceof NoAnswerError) return true
  return error instanceof StoreError && error.kind !== 'damaged'
}

/** @param least the entry that the copy must have */
async function copyOf(server: Registered, least: number, task: PeerCopyTask): Promise<PeerCopied> {
  const { settings, engine, journal, signal, onAdvance } = task
  const { path, commitDeadlineMs } = settings.storage
  const self = settings.cluster.advertiseUrl
  const tokens = new PeerTokens({ store: engine, self, nowMs: () => performance.now(), randomId: randomUUID })
  const token = await tokens.make(server.server)
  const authorities = readAuthorities(settings.cluster.peerCaPath)
  const { address } = server
  const copy = await requestCopy({ address, self, token, position: least, authorities, signal })
  // From now on the database keeps what the copy will lack.
  await register(task, 'copying', Math.max(server.position, least))
  const build = async (folder: string) => {
    const onStep = (advance: Advance) => onAdvance(server.address, advance)
    const into = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance: onStep }
    const end = await copyInto(copy, into)
    const facts = await readBack(into, end)
    const place = placeIn(end)
    await assertContinues(engine, journal, place)
    return { facts, position: place.cursor.place.position }
  }
  const { result, aside } = await replaceFolder({ path }, { stamp: timeStamp() }, build)
  await register(task, 'following', result.position)
  return { ...result.facts, from: server.address, aside }
}

function placeIn({ cursor }: CopyEnd) {
  if (cursor === undefined) throw new NoCopyError('its copy does not follow a journal')
  return parseCursor(parseFolderCursor(cursor).place)
}

function register({ engine, settings }: PeerCopyTask, role: RegisteredRole, position: number): Promise<void> {
  const { advertiseUrl: server } = settings.cluster
  const { version } = readBuildInfo()
  return engine.register({ server, address: new URL(server).origin, version, role, position })
}

/** Digits only, which every file system accepts. */
function timeStamp(): string {
  return new Date().toISOString().replace(/\D/g, '').slice(0, 14)
}

export interface BehindFolder {
  readonly journal: string
  /** True if the data folder has never had a fleet. */
  readonly isEmpty: boolean
}

/**
 * Replaces the data folder of this server, which is behind, by a copy of another server's. Tries until there is one. The earlier folder stays
 * beside it until the next copy; an empty one is removed.
 * @throws StoreError if another process uses the folder
 */
export async function replaceBehind(
  { journal, isEmpty }: BehindFolder,
  { settings, log }: { readonly settings: Settings; readonly log: Logger },
  readiness: Readiness,
): Promise<void> {
  const [first, longest] = RETRY_MS
  const { path } = settings.storage
  if (!isEmpty) await removeAside(path)
  const { engine } = await openDatabase(settings, reason => readiness.awaitDatabase(reason))
  const signal = new AbortController().signal
  const onAdvance = (address: string, { doing, done, total }: Advance) =>
    readiness.awaitCopy(`of ${address}: ${doing}, ${done}${total > 0 ? ` of ${total}` : ''}`)
  try {
    for (let pauseMs = first; ; pauseMs = Math.min(longest, pauseMs * 2)) {
      readiness.awaitCopy('of another server, because the database no longer keeps what this one lacks')
      try {
        const { aside, ...copied } = await copyPeer({ settings, engine, journal, signal, onAdvance })
        const kept = aside && (await settleAside(aside, isEmpty))
        log.info(
          { ...copied, ...(kept === undefined ? {} : { earlier: kept }) },
          'cluster: the data folder is a copy of another server',
        )
        return
      } catch (error) {
        if (error instanceof StoreError && error.kind !== 'no-room') throw error
        const reason = reasonOf(error)
        readiness.awaitCopy(`of another server; the last try failed: ${reason}`)
        log.warn(
          { reason, retryMs: pauseMs },
          'cluster: this server is behind and has no copy yet; trying again',
        )
      }
      await sleep(pauseMs)
    }
  } finally {
    await engine.close()
  }
}

/** The name of an earlier folder that a copy has replaced without an operator. */
const ASIDE = /\.behind-\d+$/

/** Removes the folder that the last such copy has moved aside. */
async function removeAside(path: string): Promise<void> {
  const target = await placeOf(path)
  const prefix = `${basename(target)}.behind-`
  for (const name of await readdir(dirname(target)))
    if (name.startsWith(prefix) && ASIDE.test(name))
      await rm(join(dirname(target), name), { recursive: true, force: true })
}

/** Renames the earlier folder, so that the next copy knows that it may remove it. Returns its place; undefined if it was empty. */
async function settleAside(aside: string, isEmpty: boolean): Promise<string | undefined> {
  const kept = aside.replace(/\.replaced-(\d+)$/, '.behind-$1')
  if (isEmpty) await rm(aside, { recursive: true, force: true })
  else await rename(aside, kept)
  syncPath(dirname(aside))
  return isEmpty ? undefined : kept
}
