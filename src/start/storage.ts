// Opens the data folder, and the socket through which a running server provides copies of it.
import { randomUUID } from 'node:crypto'
import type { Settings } from '../config/schema.ts'
import type { Logger } from '../observe/log/log.ts'
import { type ControlListener, listenForControl } from '../ops/control/listener.ts'
import type { Reached } from '../store/crash-point.ts'
import { hadFirstStart, noteFirstStart } from '../store/folder/folder.ts'
import { openStore, type Store, type StoreEvent } from '../store/store.ts'

export interface StorageOptions {
  readonly settings: Pick<Settings, 'storage' | 'watches'>
  readonly log: Logger
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Ends the process after a storage fault that leaves the state on disk unknown (contract 9.2). */
  readonly onFatal: (error: Error) => void
  /** Observes crash points, for tests. */
  readonly reached?: Reached
}

/** Opens the store, and records the first start. */
export async function openStorage(
  { settings, log, nowMs, onFatal, reached }: StorageOptions,
  onEvent: (event: StoreEvent) => void,
): Promise<Store> {
  const { storage, watches } = settings
  const store = await openStore({
    path: storage.path,
    mustExist: storage.mustExist || hadFirstStart(storage.mustExistFile),
    commitDeadlineMs: storage.commitDeadlineMs,
    checkpoint: {
      maxJournalEntries: storage.checkpointJournalEntries,
      maxJournalBytes: storage.checkpointJournalBytes,
      maxJournalAgeMs: storage.checkpointMaxAgeMs,
    },
    monotonicMs: nowMs,
    randomId: randomUUID,
    retainedRemovals: watches.retainedRemovals,
    onFatal,
    onEvent,
    reached,
  })
  noteFirstStart(storage.mustExistFile, error =>
    log.error(
      { err: error },
      'storage.mustExistFile cannot be created: a start without a fleet will not be refused',
    ),
  )
  return store
}

/** Opens the socket for copies. Returns undefined if that fails: the server works without it. */
export async function openControl(
  store: Store,
  { settings, log }: StorageOptions,
): Promise<ControlListener | undefined> {
  try {
    return await listenForControl(settings.storage.path, {
      copy: () => store.copy(),
      onBrokenOff: error => log.warn({ err: error }, 'a copy of the store was aborted'),
    })
  } catch (error) {
    log.warn({ err: error }, 'no control socket: backups need a stopped server')
    return undefined
  }
}
