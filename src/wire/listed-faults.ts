// How many faults one answer lists (contract 4.11).

/** Faults that one answer lists at most. */
export const MAX_LISTED_FAULTS = 100

/** Faults, of which no more are kept than are listed. */
export interface CountedFaults<F> {
  readonly faults: readonly F[]
  /** How many there are. */
  readonly count: number
}

/**
 * The first hundred of the faults; where there are more, the message of the last one says how many.
 * @param count how many faults there are, those included that are not in the array
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
