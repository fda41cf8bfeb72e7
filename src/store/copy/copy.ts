// A copy of a store at one journal sequence, as it travels: every record in a version of its own moment, then the journal
// entries since the copy began. Putting them in their places, older ones passed by, gives the state at the last of the
// entries, as a restart would (src/store/recovery.ts).
import type { Watermarks } from '../snapshot/snapshot.ts'

/** How many there are of each. */
export interface Counts {
  readonly clusters: number
  readonly nodepools: number
  readonly statuses: number
}

/** What a copy begins with. */
export interface CopyStart {
  readonly kind: 'start'
  /** The journal is contained in the records up to this entry, which is the first to follow them. */
  readonly folded: number
  /** About how many records there will be: how far a copy has come is told against it. */
  readonly records: number
}

/** What a copy ends with; without it, a copy is not whole. */
export interface CopyEnd {
  readonly kind: 'end'
  /** The journal entry as of which this is the state, and what it holds then. */
  readonly sequence: number
  readonly counts: Counts
  readonly watermarks: Watermarks
}

export type CopyPart =
  | CopyStart
  /** A value as in the snapshot, under its checksum. */
  | { readonly kind: 'record'; readonly key: string; readonly value: Buffer }
  /** A value as in the journal, under its checksum. */
  | { readonly kind: 'entry'; readonly sequence: number; readonly value: Buffer }
  | CopyEnd

/** A copy, some parts at a time: one start, records by key, entries without a gap, one end. */
export type Copy = AsyncIterable<readonly CopyPart[]>
