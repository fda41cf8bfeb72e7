// The journal that several servers share, as the store sees it: groups become durable there, and changes of other servers come from there.
// A replica implements it (src/replication/).
/** Appended: the group is durable, and was applied before. Refused: there is no room. Neither of the other two will ever be stored. */
export type SharedOutcome = 'stored' | 'fenced' | 'refused'

/** `Own` is a group of this process, as the store knows it. */
export interface SharedJournal<Own> {
  /** True if this server decides about writes. Only the append of a decision shows whether it still does. */
  readonly isLeading: boolean
  /** True if no other server has stored a write (contract 14.8). */
  readonly hasLease: boolean
  /**
   * Appends a group. Resolves when the outcome is certain. A stored group has been handed to `SharedStore.apply` by then. One after the
   * other.
   */
  append(body: Buffer, own: Own): Promise<SharedOutcome>
  /** Confirms that this server decides about writes, and has applied all that was stored before the call (contract 14.7). */
  confirm(): Promise<SharedOutcome>
}

/** The place of an entry in the shared journal. */
export interface SharedPlace {
  readonly position: number
  /** The cursor of this place, as text for the folder. */
  readonly text: string
}

/** The store of a server that shares a journal, as the replica sees it. */
export interface SharedStore<Own> {
  /** The newest entry of the shared journal whose changes are on the disk of this server. */
  readonly positionOnDisk: number
  /**
   * Applies an entry of the shared journal. `body` is the group in it, if it has one; `own` is the group of `append`, if this process
   * appended it. A large change takes several turns of the event loop, and then the result is a promise; no other entry may be applied meanwhile.
   * Throws, or rejects with, StoreError for a group that cannot be read, and then everything is as it was. After any other error the state is
   * broken.
   */
  apply(place: SharedPlace, body: Buffer | undefined, own: Own | undefined): void | Promise<void>
  /** Drops what is staged and has not been appended, because an epoch has begun or ended. It is certain not to be stored. */
  fence(): void
}
