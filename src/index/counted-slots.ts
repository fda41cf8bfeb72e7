// The slots that a count is about, and the corrections that keep the count at its moment. A long count reads indexes over many turns of the event
// loop, in which writes change them. So it follows each index from its moment on, and corrects what it has not read yet: each change is
// undone in the count. The slots may be known later than the moment, because a search may have to read records first. The changes until then
// wait for them.
import type { Bitmap } from './bitmap.ts'
import type { ListFollower, PostingList } from './posting-list.ts'

interface WaitingCorrection {
  readonly slot: number
  readonly correct: () => void
}

export class CountedSlots {
  #has: ((slot: number) => boolean) | undefined
  #waiting: WaitingCorrection[] = []

  /** Corrects a count for a change of a slot, at once or when the slots are known, if the slot is one of them. */
  correct(slot: number, correct: () => void): void {
    if (this.#has === undefined) this.#waiting.push({ slot, correct })
    else if (this.#has(slot)) correct()
  }

  /**
   * Makes the slots known, before the first one is counted.
   * @param has true for a slot of the count. If all slots are counted, it must be true for those that come later, too: they are in the lists.
   */
  settle(has: (slot: number) => boolean): void {
    this.#has = has
    for (const { slot, correct } of this.#waiting) if (has(slot)) correct()
    this.#waiting = []
  }
}

/** The number of counted slots in a posting list, as of the moment of its construction. */
export class ListCount implements ListFollower {
  readonly list: PostingList
  readonly #counted: CountedSlots
  #correction = 0

  /** The caller must end it. */
  constructor(list: PostingList, counted: CountedSlots) {
    this.list = list
    this.#counted = counted
    list.follow(this)
  }

  note(slot: number, change: 1 | -1): void {
    this.#counted.correct(slot, () => {
      this.#correction -= change
    })
  }

  /** @param count the number of counted slots that are in the list now */
  asOfMoment(count: number): number {
    return count + this.#correction
  }

  end(): void {
    this.list.unfollow(this)
  }
}

/** Most dense lists that are counted at once. */
export const LISTS_AT_ONCE = 4

/** Slots to count, and the fastest way to count those in posting lists. */
export interface CountableSlots {
  readonly bitmap: Bitmap
  /** Counts the slots that are in each of up to `LISTS_AT_ONCE` lists. */
  countInEach(lists: readonly PostingList[]): number[]
}

/** Counts the slots of each of up to four dense lists that are also in the bitmap. */
export function countAndEach(lists: readonly PostingList[], bitmap: Bitmap): number[] {
  const [one, two] = lists
  if (one === undefined || two === undefined) return lists.map(list => list.countAnd(bitmap))
  const [, , three = one, four = one] = lists
  const { kernels } = bitmap
  const { memory } = kernels
  const words = Math.min(bitmap.words, one.words, two.words, three.words, four.words)
  const out = memory.allocate(16)
  kernels.countAndFour(bitmap.offset, one.bits, two.bits, three.bits, four.bits, words, out)
  const counts = lists.map((list, i) => {
    const rest = Math.min(bitmap.words, list.words) - words
    const atOnce = memory.u32[(out >>> 2) + i] as number
    return atOnce + kernels.countAnd(bitmap.offset + words * 4, list.bits + words * 4, rest)
  })
  memory.free(out, 16)
  return counts
}
