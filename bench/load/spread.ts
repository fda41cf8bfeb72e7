// A figure measured several times: its median and the spread of the rounds.

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** @throws Error if there are no values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const [least] = sorted
  const most = sorted.at(-1)
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (least === undefined || most === undefined || upper === undefined || lower === undefined)
    throw new Error('there is nothing to take the median of')
  return { median: (lower + upper) / 2, least, most }
}

/** Quotients of a figure of two targets, round by round. */
export function quotients<Key extends string>(
  dividends: readonly Readonly<Record<Key, number>>[] = [],
  divisors: readonly Readonly<Record<Key, number>>[] = [],
  key: Key,
): number[] {
  return dividends.map((round, i) => round[key] / (divisors[i]?.[key] ?? Number.NaN))
}
