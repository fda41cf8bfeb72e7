// When a set of slots changes its form: a list while few of the slots up to its highest are in it, a bitmap or blocks
// once they are more than about one in a hundred.

/** One slot in 64 is in it: from here on it is dense. */
const DENSE = 64
/** Fewer than one slot in 128 is in it: from here on it is sparse. Between the two it stays what it is. */
const SPARSE = 128
/** A list this short is as good as any bitmap. */
const SMALLEST = 64

/** Whether a list of so many slots below `span` should become dense. */
export function becomesDense(size: number, span: number): boolean {
  return size > SMALLEST && size * DENSE > span
}

/** Whether a dense set of so many slots below `span` should become a list. */
export function becomesSparse(size: number, span: number): boolean {
  return size < SMALLEST / 2 || size * SPARSE < span
}
