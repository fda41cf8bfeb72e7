// Log lines for events of the store, the clock and the keys. If the operator can do something, the line says what.
import type { ClockEvent } from '../../fleet/clock.ts'
import type { FleetEvent } from '../../fleet/events.ts'
import type { KeyEvent } from '../../http/auth/key-source.ts'
import type { FolderAccess } from '../../store/folder/privacy.ts'
import type { StoreEvent } from '../../store/store.ts'
import { formatInstant } from '../../wire/instant.ts'
import type { Logger } from './log.ts'

/** Interval of progress lines during a long load. */
const PROGRESS_EVERY_MS = 1000

/**
 * Returns a function that logs events of the store.
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
      log.warn(event.exchange, 'finished a restore that was interrupted between its two renames')
      return
    case 'folder-was-open':
      logAccess(log, event.access)
      return
    case 'fleet-begun':
      log.info(
        { path: event.path },
        'the data folder contains no fleet; creating a new one (storage.mustExist prevents this)',
      )
      return
    case 'recovered':
      log.info({ durationMs: Math.round(event.durationMs) }, 'recovery: done')
      return
    case 'storage-full':
      log.error(
        'the disk is full: writes answer 503, reads continue; writes resume once space is freed; see docs/guide/runbook.md#disk-full',
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
        'checkpoint: postponed; the journal grows until the next one; free some space',
      )
      return
    case 'storage-back':
      log.info('the disk has room again; writes resume')
      return
  }
}

function logAccess(log: Logger, { closed, open }: FolderAccess): void {
  if (closed.length > 0)
    log.warn(
      { paths: closed },
      'other users had access to the data folder; access is now restricted to this user',
    )
  if (open.length > 0)
    log.warn(
      { paths: open },
      'other users have access to the data folder; set its mode to 0700 and keep nothing else in it',
    )
}

/** Returns a function that logs events of the clock. */
export function createClockEventLog(log: Logger): (event: ClockEvent) => void {
  return ({ kind, clock, written }) => {
    const times = { clock: formatInstant(clock), lastWritten: formatInstant(written) }
    if (kind === 'moving') log.info(times, "the machine's clock has caught up; time advances again")
    else
      log.warn(
        times,
        "the machine's clock is behind the last time written; time stands still until it catches up; see docs/guide/runbook.md#clock-behind",
      )
  }
}

/** Returns a function that logs events of the fleet: the audit line of each force deletion (contract 11.12). */
export function createFleetEventLog(log: Logger): (event: FleetEvent) => void {
  return event => {
    if (event.kind !== 'force-deleted') return
    const { resource, by: author, reason, children } = event
    log.info({ ...resource, author, reason, childCount: children.length, children }, 'force-deleted')
  }
}

/** Returns a function that logs events of the keys. */
export function createKeyEventLog(log: Logger): (event: KeyEvent) => void {
  return event => {
    if (event.kind === 'keys-unavailable') {
      log.error({ reason: event.reason }, 'key set unreadable; keeping the previous keys')
      return
    }
    const { keys, skipped } = event.keys
    const line = { keys: keys.length, skipped }
    if (keys.length === 0) log.warn(line, 'the key set contains no usable key; every token is refused')
    else log.info(line, 'key set loaded')
  }
}
