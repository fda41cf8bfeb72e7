// Faults of a replicated journal: it contradicts what this server has applied. The server then takes no writes and goes on looking; it
// never repairs by guessing (contract 14.11).

export type FaultKind =
  /** The database keeps the journal of another fleet. */
  | 'other-journal'
  /** The journal ends before an entry that this server has applied. */
  | 'went-back'
  /** An entry does not follow from the one that this server has applied before it. */
  | 'chain'
  /** An entry is missing. */
  | 'gap'
  /** The bytes of an entry are not those that were written. */
  | 'damaged'
  /** A newer version of this program wrote the entry. */
  | 'newer-format'
  /** A server wrote the entry that was not the writer. */
  | 'foreign'
  /** The entry is whole, but its changes cannot be applied. */
  | 'unreadable'
  /** The entries after the last one applied are no longer kept. A copy of another server's data folder has them (contract 14.15). */
  | 'behind'

/** A fault, with the remedy for an operator. */
export class JournalFault extends Error {
  readonly kind: FaultKind

  constructor(kind: FaultKind, what: string) {
    super(`${what}. ${REMEDIES[kind]}`)
    this.name = 'JournalFault'
    this.kind = kind
  }
}

const COPY =
  'A start of this server copies the data folder of another one. The process ends as soon as there is one to copy: if nothing starts it again, ' +
  'start it.'
const DATABASE =
  'Check that HYPERFLEET_CLUSTER_URL leads to the right database, and that no backup was restored there. If the entries are lost, ' +
  'stop all servers, keep the data folder of the one that has applied most, and let it begin a new journal in an empty database.'

const REMEDIES: Readonly<Record<FaultKind, string>> = {
  'other-journal': 'Check HYPERFLEET_CLUSTER_URL and the data folder: one of them belongs to another fleet.',
  'went-back': DATABASE,
  chain: DATABASE,
  gap: DATABASE,
  damaged:
    'Check the database for damage, and restore it from a backup that has all entries, or go on as after a loss of the database.',
  'newer-format': 'Start the newer version.',
  foreign: DATABASE,
  unreadable: 'Start the version of the program that the writer runs.',
  behind: COPY,
}
