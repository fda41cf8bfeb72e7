// The resources that a search matches, in the forms that count fastest.
import type { Bitmap } from '../../index/bitmap.ts'
import { type CountableSlots, countAndEach } from '../../index/counted-slots.ts'
import type { PostingList } from '../../index/posting-list.ts'
import type { Candidates, Workspace } from '../run/candidates.ts'

/** With fewer matches, looking each up in a dense list is faster than a pass over the words of both bitmaps. */
const MAX_LISTED = 8192

export class Matches {
  readonly total: number
  /** Undefined if all resources match. */
  readonly slots: CountableSlots | undefined

  /** The candidates are consumed. Their memory belongs to the workspace. */
  constructor(candidates: Candidates, workspace: Workspace) {
    this.total = candidates.count
    this.slots = workspace.isAll(candidates) ? undefined : new MatchedSlots(candidates, workspace)
  }

  has(slot: number): boolean {
    return this.slots === undefined || this.slots.bitmap.has(slot)
  }

  /** The numbers of matches that are in each of up to `LISTS_AT_ONCE` lists now. */
  countInEach(lists: readonly PostingList[]): number[] {
    return this.slots === undefined ? lists.map(({ size }) => size) : this.slots.countInEach(lists)
  }
}

/** A bitmap of the matches, and a list of them if they are few. */
class MatchedSlots implements CountableSlots {
  readonly bitmap: Bitmap
  readonly #count: number
  /** A list in linear memory, or 0. */
  readonly #list: number

  constructor(candidates: Candidates, workspace: Workspace) {
    this.#count = candidates.count
    const isListed = this.#count > 0 && this.#count <= MAX_LISTED
    this.#list = isListed ? workspace.listInMemory(candidates) : 0
    this.bitmap = workspace.toBitmap(candidates)
  }

  countInEach(lists: readonly PostingList[]): number[] {
    if (lists.every(({ form }) => form === 'dense') && this.#list === 0)
      return countAndEach(lists, this.bitmap)
    return lists.map(list =>
      list.form === 'dense' && this.#list !== 0
        ? list.countList(this.#list, this.#count)
        : list.countAnd(this.bitmap),
    )
  }
}
