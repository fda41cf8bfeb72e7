// The data folder of the settings, and the socket on which a running server gives copies of it.
import { randomUUID } from 'node:crypto'
import type { Settings } from '../config/schema.ts'
import type { Logger } from '../observe/log/log.ts'
import { type ControlListener, listenForControl } from '../ops/control/listener.ts'
import type { Reached } from '../store/crash-point.ts'
import { hadFirstStart, noteFirstStart } from '../store/folder/folder.ts'
import { openStore, type Store, type StoreEvent } from '../store/store.ts'

export interface StorageOptions {
  readonly settings: Pick<Settings, 'storage'>
  readonly log: Logger
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Ends the process after a storage fault that leaves open what is on disk (contract 9.2). */
  readonly onFatal: (error: Error) => void
  /** Lets a test end the process at a named moment. */
  readonly reached?: Reached
}

/** Opens the store, and notes the first start. */
export async function openStorage(
  { settings, log, nowMs, onFatal, reached }: StorageOptions,
  onEvent: (event: StoreEvent) => void,
): Promise<Store> {
  const { storage } = settings
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
    onFatal,
    onEvent,
    reached,
  })
  noteFirstStart(storage.mustExistFile, error =>
    log.error({ err: error }, 'storage.mustExistFile cannot be made: a start without a fleet is not refused'),
  )
  return store
}

/** Opens the socket for copies. A server without one still serves: undefined then. */
export async function openControl(
  store: Store,
  { settings, log }: StorageOptions,
): Promise<ControlListener | undefined> {
  try {
    return await listenForControl(settings.storage.path, {
      copy: () => store.copy(),
      onBrokenOff: error => log.warn({ err: error }, 'a copy of the store broke off'),
    })
  } catch (error) {
    log.warn({ err: error }, 'there is no control socket: a backup has to wait until the server is stopped')
    return undefined
  }
}
