// Comparisons as ranges of values, and as intervals of integers. Columns, zone maps and binary searches all work on ranges, so
// the meaning of an operator is defined here once.

/** A test of a value. `between` includes both ends. */
export type RangeTest<V> =
  | { readonly kind: 'compare'; readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly value: V }
  | { readonly kind: 'between'; readonly low: V; readonly high: V }

export interface End<V> {
  readonly value: V
  readonly included: boolean
}

/** The values between two ends; all other values if `inverted`. An undefined end is no bound. */
export interface Range<V> {
  readonly low: End<V> | undefined
  readonly high: End<V> | undefined
  readonly inverted: boolean
}

/** The values that pass a test. The range is empty if its low end is above its high end. */
export function rangeOf<V>(test: RangeTest<V>): Range<V> {
  if (test.kind === 'between') return between(included(test.low), included(test.high))
  const { operator, value } = test
  switch (operator) {
    case '=':
      return between(included(value), included(value))
    case '!=':
      return { ...between(included(value), included(value)), inverted: true }
    case '<':
      return between(undefined, excluded(value))
    case '<=':
      return between(undefined, included(value))
    case '>':
      return between(excluded(value), undefined)
    case '>=':
      return between(included(value), undefined)
  }
}

function between<V>(low: End<V> | undefined, high: End<V> | undefined): Range<V> {
  return { low, high, inverted: false }
}

function included<V>(value: V): End<V> {
  return { value, included: true }
}

function excluded<V>(value: V): End<V> {
  return { value, included: false }
}

/** The integers from `low` to `high`, both included, or if `inverted` all others. */
export interface Interval<V> {
  readonly low: V
  readonly high: V
  readonly inverted: boolean
}

/** The integers of one type: its bounds, and the neighbours of a value. */
export interface Integers<V> {
  readonly least: V
  readonly greatest: V
  before(value: V): V
  after(value: V): V
}

export const INTEGERS_64: Integers<bigint> = {
  least: -(2n ** 63n),
  greatest: 2n ** 63n - 1n,
  before: value => value - 1n,
  after: value => value + 1n,
}
export const INTEGERS_32: Integers<number> = {
  least: -(2 ** 31),
  greatest: 2 ** 31 - 1,
  before: value => value - 1,
  after: value => value + 1,
}

/** The integers of a type that pass a test; undefined if there are none. */
export function intervalOf<V extends bigint | number>(
  test: RangeTest<V>,
  { least, greatest, before, after }: Integers<V>,
): Interval<V> | undefined {
  const { low: from, high: to, inverted } = rangeOf(test)
  const low = from === undefined ? least : from.included ? from.value : after(from.value)
  const high = to === undefined ? greatest : to.included ? to.value : before(to.value)
  // Math.max takes no bigint.
  const interval = {
    low: isLess(low, least) ? least : low,
    high: isLess(greatest, high) ? greatest : high,
    inverted,
  }
  if (interval.low <= interval.high) return interval
  return inverted ? { low: least, high: greatest, inverted: false } : undefined
}

function isLess<V extends bigint | number>(left: V, right: V): boolean {
  return left < right
}
