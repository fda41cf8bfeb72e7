// Where two records first differ in a long row of labels. The head of a request has room for a thousand fields
// (contract 7.4, 8.1), and a comparison costs what the labels of the two records cost, however many are asked for.
import type { LabelField } from '../check/fields.ts'

type Labels = ReadonlyMap<string, string> | undefined

/** The place in the row of the first label that only one of two records has, or both with other values; -1: none. */
export function firstDifference<R>(row: readonly LabelField<R>[]): (a: R, b: R) => number {
  const places = new Map(row.map(({ key }, place) => [key, place]))
  const [first] = row
  return (a, b) => {
    const [left, right] = [first?.labels(a), first?.labels(b)]
    const place = Math.min(firstNotIn(right, left, places), firstNotIn(left, right, places))
    return place < row.length ? place : -1
  }
}

/** The first place of a label that the other record lacks or has with another value; infinite: none. */
function firstNotIn(other: Labels, labels: Labels, places: ReadonlyMap<string, number>): number {
  let first = Number.POSITIVE_INFINITY
  for (const [key, value] of labels ?? []) {
    const place = places.get(key)
    if (place !== undefined && place < first && other?.get(key) !== value) first = place
  }
  return first
}
