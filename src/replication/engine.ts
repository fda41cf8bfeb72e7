// The engine: a database that keeps the journal of several servers. All that is asked of it is that an entry goes right after the one
// that its writer knew last, or nowhere.
import type { EncodedEntry, Place } from './entry.ts'

/**
 * following: it applies the journal. claiming: it tries to become the writer. leading: it is the writer. resolving: it is the writer, and an
 * append has no answer. behind: it lacks entries that are no longer kept. lost: the journal contradicts what it has applied.
 */
export type Role = 'following' | 'claiming' | 'leading' | 'resolving' | 'behind' | 'lost'

/** The role as others see it. copying: it takes a copy of another server's data folder, and will lack what comes after `position`. */
export type RegisteredRole = Role | 'copying'

export type Appended =
  /** The entry is durable. */
  | { readonly kind: 'stored' }
  /**
   * This call has not stored the entry, because the journal does not end where it should. That is no proof for an earlier call whose
   * answer was lost: only the entry that is found in the place decides.
   */
  | { readonly kind: 'taken' }
  /** This call has not stored the entry and will not: there is no room, or the database refuses. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** No answer: the entry may be stored, now or later. */
  | { readonly kind: 'unknown'; readonly reason: string }

/** The journal at one moment. */
export interface Look {
  /** The id of the journal. */
  readonly journal: string
  /** The position of the oldest entry that is kept; one more than `last` if none is. */
  readonly first: number
  /** The newest entry. */
  readonly last: Place
  /** The newest beat of a writer; undefined if there was none. */
  readonly beat: string | undefined
  /** The entries after the position that was asked for, in order. At least one if there are any; a bounded number of bytes. */
  readonly entries: readonly Buffer[]
}

/** The state of a server, for `hyperfleet cluster status` and for the decision which entries are kept. */
export interface Registration {
  readonly server: string
  readonly address: string
  readonly version: string
  readonly role: RegisteredRole
  /** The newest entry that is on the server's own disk, or at least will be in its copy. */
  readonly position: number
}

export interface Registered extends Registration {
  /** Milliseconds since it last registered, by the clock of the database. */
  readonly heardMsAgo: number
}

export interface Engine {
  /**
   * Stores an entry right after the place `after`, or nowhere. Never rejects. The same entry may be sent again after 'unknown', because it has
   * only one place to go.
   */
  append(after: Place, entry: EncodedEntry): Promise<Appended>
  /**
   * Reads what follows a position. What it shows is as durable as an entry whose append was answered. Rejects when there is no answer.
   */
  look(after: number): Promise<Look>
  /** Calls back when there may be news. That is a hint: news may come without a call, and a call without news. */
  follow(onNews: () => void): void
  /** Replaces the beat of the writer, which need not be durable. Rejects when there is no answer. */
  beat(beat: string): Promise<void>
  register(registration: Registration): Promise<void>
  registrations(): Promise<readonly Registered[]>
  /** Removes the entries up to a position that are older than `keepMs`. The newest one always stays. */
  trim(through: number, keepMs: number): Promise<void>
  /** Ends pending calls, which then have no answer. */
  close(): Promise<void>
}
