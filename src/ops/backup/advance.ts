// Progress of a long operation, for display.

export interface Advance {
  /** One or two words. */
  readonly doing: string
  readonly done: number
  /** 0 while unknown. */
  readonly total: number
}

/** Called after every step; must not throw. */
export type OnAdvance = (advance: Advance) => void
