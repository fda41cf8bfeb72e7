// Which resources have waited too long: the times of a condition before a moment, counted by index and bitmap alone.
import { Bitmap } from './bitmap.ts'
import type { Int64Column } from './column.ts'
import type { PostingList } from './posting-list.ts'

export interface Overdue {
  readonly count: number
  /** The earliest of their times in microseconds since the Unix epoch, to a double's precision; undefined when none is. */
  readonly oldestMicros: number | undefined
}

/**
 * The slots of a list whose time is before a moment: two passes over the column, both in kernels.
 * @param beforeMicros microseconds since the Unix epoch
 */
export function overdue(times: Int64Column, slots: PostingList, beforeMicros: bigint): Overdue {
  if (slots.size === 0) return { count: 0, oldestMicros: undefined }
  const within = slots.toBitmap()
  const found = new Bitmap(times.kernels, within.length)
  times.scan({ kind: 'compare', operator: '<', value: beforeMicros }, found, within)
  const count = found.count()
  const oldestMicros = times.leastIn(found)
  found.free()
  within.free()
  return { count, oldestMicros }
}
