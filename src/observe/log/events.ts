// What the store tells of itself, as lines of the log that say what to do where there is something to do.
import type { FolderAccess } from '../../store/folder/privacy.ts'
import type { StoreEvent } from '../../store/store.ts'
import type { Logger } from './log.ts'

/** A long load tells how far it is this often. */
const PROGRESS_EVERY_MS = 1000

/**
 * Gives what writes an event of the store to the log.
 * @param nowMs a monotonic clock in milliseconds
 */
export function createStoreEventLog(log: Logger, nowMs: () => number): (event: StoreEvent) => void {
  let progressMs = nowMs()
  return event => {
    if (event.kind !== 'recovery-progress') return logStoreEvent(log, event)
    if (nowMs() - progressMs < PROGRESS_EVERY_MS) return
    progressMs = nowMs()
    log.info(event.progress, 'recovery: loading the data folder')
  }
}

function logStoreEvent(log: Logger, event: Exclude<StoreEvent, { kind: 'recovery-progress' }>): void {
  switch (event.kind) {
    case 'committed':
      return
    case 'restore-finished':
      log.warn(event.exchange, 'a restore was cut off between its two renames: it is finished')
      return
    case 'folder-was-open':
      logAccess(log, event.access)
      return
    case 'fleet-begun':
      log.info(
        { path: event.path },
        'there was no fleet in the data folder: a new one is begun; storage.mustExist refuses that',
      )
      return
    case 'recovered':
      log.info({ durationMs: Math.round(event.durationMs) }, 'recovery: done')
      return
    case 'storage-full':
      log.error(
        'the disk is full: writes answer 503, reads go on; free some space and writes come back; see docs/guide/runbook.md#disk-full',
      )
      return
    case 'checkpoint-started':
      log.info({ entries: event.entries, bytes: event.bytes }, 'checkpoint: folding the journal')
      return
    case 'checkpoint-finished':
      log.info({ records: event.records, durationMs: Math.round(event.durationMs) }, 'checkpoint: done')
      return
    case 'checkpoint-postponed':
      log.warn(
        { reason: event.reason },
        'checkpoint: postponed, the journal grows until the next one; free some space',
      )
      return
    case 'storage-back':
      log.info('the disk has room again: writes are back')
      return
  }
}

function logAccess(log: Logger, { closed, open }: FolderAccess): void {
  if (closed.length > 0)
    log.warn({ paths: closed }, 'other users could get at the data folder: it is for this user alone now')
  if (open.length > 0)
    log.warn(
      { paths: open },
      'other users can get at the data folder: make it 0700, and keep nothing else in it',
    )
}
