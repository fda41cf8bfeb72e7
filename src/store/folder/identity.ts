// Which store an environment belongs to, and how often that was opened: noted in the journal and in the snapshot, so that one
// of another store, or a copy from before, is not taken for the one that belongs there.
//
// Every start raises the epoch, first in the journal, then in the snapshot, before anything is written: so after a crash
// the journal is level with the snapshot, or one ahead. A journal that is behind lacks what came since. A snapshot that is
// one epoch behind may be an older copy, and does no harm: what came after it is in the journal, or the seam between the
// two does not hold.
import { StoreError } from '../errors.ts'

export interface Identity {
  /** A random name, made with the data folder. */
  readonly store: string
  readonly epoch: number
}

/**
 * The identity under which a start goes on. Neither has one in a new folder and in one of format 1.
 * Throws StoreError 'mixed' when the two do not belong together.
 */
export function nextIdentity(
  journal: Identity | undefined,
  snapshot: Identity | undefined,
  randomId: () => string,
): Identity {
  if (journal === undefined) {
    if (snapshot !== undefined)
      throw mixed('the journal is older than the snapshot: newer changes are missing')
    return { store: randomId(), epoch: 1 }
  }
  const { store = journal.store, epoch = 0 } = snapshot ?? {}
  if (store !== journal.store) throw mixed('the journal and the snapshot are of different stores')
  if (journal.epoch < epoch) throw mixed('the journal is older than the snapshot: newer changes are missing')
  if (journal.epoch > epoch + 1) throw mixed('the snapshot is older than the journal')
  return journal.epoch === epoch ? { store, epoch: epoch + 1 } : journal
}

/** Reads the JSON text of an identity, whose checksum held. */
export function parseIdentity(text: string): Identity {
  // Only JSON.stringify of an identity makes it.
  return JSON.parse(text) as Identity
}

function mixed(what: string): StoreError {
  return new StoreError(
    'mixed',
    `${what}; the two do not belong together. Restore the whole data folder from a backup.`,
  )
}
