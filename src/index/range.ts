// Comparisons of values as ranges. A column, a zone map and a search by halving all ask for a range, so the meaning of an
// operator is decided here for each of them.

/** A test of a value. Both ends of `between` are included. */
export type RangeTest<V> =
  | { readonly kind: 'compare'; readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='; readonly value: V }
  | { readonly kind: 'between'; readonly low: V; readonly high: V }

export interface End<V> {
  readonly value: V
  readonly included: boolean
}

/** The values between two ends, an undefined one being no bound; all other values if `inverted`. */
export interface Range<V> {
  readonly low: End<V> | undefined
  readonly high: End<V> | undefined
  readonly inverted: boolean
}

/** The values that pass a test. The range is empty where its ends are the wrong way round. */
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
