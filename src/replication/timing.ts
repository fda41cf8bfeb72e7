// The times of the protocol. Only reads that the writer answers alone depend on them (contract 14.8); that an entry has one place does not.

export interface Timing {
  /** Time between two looks without news, and between two tries to look. */
  readonly pollMs: number
  /** Time between two beats of the writer. */
  readonly beatMs: number
  /** Least and greatest time without a sign of the writer after which another server claims to be the writer. */
  readonly patienceMs: readonly [least: number, greatest: number]
  /** Least time after the newest entry before a claim. */
  readonly quietMs: number
  /** Time for which the writer answers reads alone, from the beginning of its last append that was stored. */
  readonly leaseMs: number
  /** First and longest pause between two tries of one append. */
  readonly retryMs: readonly [first: number, longest: number]
  /** Time between two registrations of a server. */
  readonly registerMs: number
  /** Time between two removals of old entries by the writer. */
  readonly trimMs: number
  /** Least age of an entry that is removed. */
  readonly keepMs: number
  /** The entries that a server lacks are kept until it has not registered for so long. */
  readonly keepForServerMs: number
}

/**
 * `quietMs` and `leaseMs` differ by 1.5 seconds: as long as no machine's monotonic clock stops for longer against the others', no
 * entry of another writer is stored while a writer answers reads alone.
 */
export const TIMING: Timing = {
  pollMs: 500,
  beatMs: 500,
  patienceMs: [1500, 2500],
  quietMs: 2500,
  leaseMs: 1000,
  retryMs: [50, 500],
  registerMs: 10_000,
  trimMs: 60_000,
  keepMs: 10 * 60_000,
  keepForServerMs: 60 * 60_000,
}
