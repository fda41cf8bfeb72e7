// How far a piece of work is, for those who show it.

export interface Advance {
  /** In a word or two. */
  readonly doing: string
  readonly done: number
  /** 0 while it is not known. */
  readonly total: number
}

/** Told of every step; it must not throw. */
export type OnAdvance = (advance: Advance) => void
