// What the store tells of itself, as lines of the log that say what to do where there is something to do.
import type { StoreEvent } from '../store/store.ts'
import type { Logger } from './logs.ts'

/** Writes an event of the store to the log. */
export function logStoreEvent(log: Logger, event: StoreEvent): void {
  switch (event.kind) {
    case 'recovery-progress':
      log.info(event.progress, 'recovery: loading the data folder')
      return
    case 'recovered':
      log.info({ durationMs: Math.round(event.durationMs) }, 'recovery: done')
      return
    case 'storage-full':
      log.error('the disk is full: writes answer 503, reads go on; free some space and writes come back')
      return
    case 'checkpoint-started':
      log.info({ entries: event.entries, bytes: event.bytes }, 'checkpoint: folding the journal')
      return
    case 'checkpoint-finished':
      log.info({ records: event.records, durationMs: Math.round(event.durationMs) }, 'checkpoint: done')
      return
    case 'checkpoint-postponed':
      log.warn({ reason: event.reason }, 'checkpoint: postponed, the journal grows until the next one')
      return
    case 'storage-back':
      log.info('the disk has room again: writes are back')
      return
  }
}
