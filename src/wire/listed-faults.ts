// Bounded lists of faults: an answer lists at most a hundred (contract 4.11).

/** Most faults that one answer lists. */
export const MAX_LISTED_FAULTS = 100

/** The first faults, as many as an answer lists. */
export interface CountedFaults<F> {
  readonly faults: readonly F[]
  /** Number of all faults. */
  readonly count: number
}

/**
 * Returns the first hundred faults. If there are more, the message of the last one gives the number of the rest.
 * @param count number of all faults, including those that are not in the array
 */
export function listedFaults<F extends { readonly message: string }>(
  faults: readonly F[],
  count: number = faults.length,
): readonly F[] {
  if (count <= MAX_LISTED_FAULTS) return faults
  return faults
    .slice(0, MAX_LISTED_FAULTS)
    .map((fault, index) =>
      index < MAX_LISTED_FAULTS - 1
        ? fault
        : { ...fault, message: `${fault.message} (and ${count - MAX_LISTED_FAULTS} more)` },
    )
}
