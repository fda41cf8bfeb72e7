// Events of the store, the clock and the keys as lines of the log; a line says what to do if there is something to do.
import type { ClockEvent } from '../../fleet/clock.ts'
import type { KeyEvent } from '../../http/auth/key-source.ts'
import type { FolderAccess } from '../../store/folder/privacy.ts'
import type { StoreEvent } from '../../store/store.ts'
import { formatInstant } from '../../wire/instant.ts'
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

/** Gives what writes an event of the clock to the log. */
export function createClockEventLog(log: Logger): (event: ClockEvent) => void {
  return ({ kind, clock, written }) => {
    const times = { clock: formatInstant(clock), lastWritten: formatInstant(written) }
    if (kind === 'moving') log.info(times, "the machine's clock has caught up: times move again")
    else
      log.warn(
        times,
        "the machine's clock is behind the last time written: times stand still there until it has caught up; see docs/guide/runbook.md#clock-behind",
      )
  }
}

/** Gives what writes an event of the keys to the log. */
export function createKeyEventLog(log: Logger): (event: KeyEvent) => void {
  return event => {
    if (event.kind === 'keys-unavailable') {
      log.error({ reason: event.reason }, 'the key set cannot be read: the keys of before stay in force')
      return
    }
    const { keys, skipped } = event.keys
    const line = { keys: keys.length, skipped }
    if (keys.length === 0) log.warn(line, 'the key set holds no usable key: every token is refused')
    else log.info(line, 'the key set is loaded')
  }
}
