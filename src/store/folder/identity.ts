// Identity of an environment: the store that it belongs to, and the number of starts (the epoch). The journal and the snapshot both have
// it, so that an environment of another store, or an older copy, is not taken for the right one.
//
// Before it writes anything else, every start raises the epoch, first in the journal and then in the snapshot. So after a crash the
// journal has the epoch of the snapshot, or the next one. A journal with a smaller epoch lacks newer changes. A snapshot that is one
// epoch behind may be an older copy, which is harmless: the journal has all later changes, or recovery finds the gap between the two.
import { StoreError } from '../errors.ts'

export interface Identity {
  /** A random name, generated with the data folder. */
  readonly store: string
  readonly epoch: number
}

/**
 * The identity that a start writes. In a new folder and in one of format 1 both arguments are undefined.
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

/** Parses the JSON text of an identity, whose checksum has been verified. */
export function parseIdentity(text: string): Identity {
  // The text comes only from JSON.stringify of an identity.
  return JSON.parse(text) as Identity
}

function mixed(what: string): StoreError {
  return new StoreError(
    'mixed',
    `${what}; the two do not belong together. Restore the whole data folder from a backup.`,
  )
}
