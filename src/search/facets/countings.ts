// The counts of one field each, from posting lists and columns alone (contract 15.1-15.3). They begin at one moment, and are read over many turns of the
// event loop.
import type { Int64Column } from '../../index/column.ts'
import { ColumnWalk } from '../../index/column-walk.ts'
import { type CountedSlots, LISTS_AT_ONCE, ListCount } from '../../index/counted-slots.ts'
import type { PostingList } from '../../index/posting-list.ts'
import type { ValueIndex } from '../../index/value-index.ts'
import { ValueWalk } from '../../index/value-walk.ts'
import type { Instant } from '../../wire/instant.ts'
import type { Work } from '../run/turns.ts'
import type { Matches } from './matches.ts'
import { TopValues, type ValueCount } from './top-values.ts'

/** One field over all matches. */
export type Facet = ValueFacet | TimeFacet

/** The values of a field. */
export interface ValueFacet {
  readonly kind: 'values'
  readonly field: string
  /** The most frequent first, none with a count of 0. */
  readonly values: ValueCount[]
  /** The sum of the counts of the other values. */
  readonly others: number
  /** Matches without a value. */
  readonly missing: number
}

/** A time in buckets. */
export interface TimeFacet {
  readonly kind: 'buckets'
  readonly field: string
  /** The newest first. The last has no beginning, and the one for what is ahead of now no end. */
  readonly buckets: readonly Bucket[]
  readonly missing: number
}

/** The times after `from`, up to `to`. */
export interface Bucket {
  readonly from: Instant | undefined
  readonly to: Instant | undefined
  readonly count: number
}

/** The form of the facets. */
export interface FacetForm {
  /** Most values of a field, at least 1. */
  readonly limit: number
  /** The bounds between buckets: milliseconds before now, rising. */
  readonly agesMs: readonly number[]
  readonly now: Instant
}

/** A facet under way. */
export interface Counting {
  count(matches: Matches): Work<Facet>
  end(): void
}

/** Values that are being counted. */
export interface ValueCounting {
  /** Adds the values. Returns the number of matches that have one. */
  count(matches: Matches, top: TopValues): Work<number>
  end(): void
}

/** The moment of a count. */
export interface Moment {
  readonly counted: CountedSlots
  readonly pace: CountPace
}

/** The amount of work between two yields. */
export interface CountPace {
  /** Most values of an index. */
  readonly rowsPerStep: number
  /** Slots of a column, a multiple of `BLOCK_SLOTS`. */
  readonly slotsPerStep: number
}

/** The most frequent values. */
export class CountingTop implements Counting {
  readonly #field: string
  readonly #limit: number
  readonly #values: ValueCounting

  constructor(field: string, limit: number, values: ValueCounting) {
    this.#field = field
    this.#limit = limit
    this.#values = values
  }

  *count(matches: Matches): Work<ValueFacet> {
    const top = new TopValues(this.#limit)
    const present = yield* this.#values.count(matches, top)
    const missing = matches.total - present
    return { kind: 'values', field: this.#field, values: top.toSorted(), others: top.others, missing }
  }

  end(): void {
    this.#values.end()
  }
}

/** A time in buckets. */
export class CountingTimes implements Counting {
  readonly #field: string
  /** Rising. The last one is now. */
  readonly #bounds: readonly Instant[]
  readonly #walk: ColumnWalk | undefined
  readonly #slotsPerStep: number

  /** @param column undefined if no resource has the time */
  constructor(
    field: string,
    column: Int64Column | undefined,
    { agesMs, now }: FacetForm,
    { counted, pace }: Moment,
  ) {
    this.#field = field
    this.#slotsPerStep = pace.slotsPerStep
    this.#bounds = [...agesMs.map(ms => now - BigInt(ms) * MICROS_PER_MS).reverse(), now]
    this.#walk = column && new ColumnWalk(column, counted, this.#bounds)
  }

  *count(matches: Matches): Work<TimeFacet> {
    while (this.#walk?.step(matches.slots?.bitmap, this.#slotsPerStep)) yield
    const counts = this.#walk?.counts ?? this.#bounds.map(() => 0)
    const buckets = [...this.#bounds, undefined].map((to, i) => ({
      from: this.#bounds[i - 1],
      to,
      count: counts[i] ?? 0,
    }))
    const missing = buckets.reduce((rest, { count }) => rest - count, matches.total)
    const shown = buckets.filter(({ to, count }) => to !== undefined || count > 0).reverse()
    return { kind: 'buckets', field: this.#field, buckets: shown, missing }
  }

  end(): void {
    this.#walk?.end()
  }
}

const MICROS_PER_MS = 1000n

/** No match has a value. */
export const NOTHING: ValueCounting = {
  // biome-ignore lint/correctness/useYield: it has nothing to do
  *count() {
    return 0
  },
  end() {},
}

/** The values of an index. */
export class CountingValues<V extends string | number> implements ValueCounting {
  readonly #walk: ValueWalk<V>
  readonly #rowsPerStep: number
  readonly #hasOneEach: boolean

  /** @param hasOneEach true if a slot has at most one value */
  constructor(index: ValueIndex<V>, { counted, pace }: Moment, hasOneEach = true) {
    this.#walk = new ValueWalk(index, counted)
    this.#rowsPerStep = pace.rowsPerStep
    this.#hasOneEach = hasOneEach
  }

  *count(matches: Matches, top: TopValues): Work<number> {
    while (this.#walk.step(matches.slots, top, this.#rowsPerStep)) {
      // Once each match has been found with its value, no other value has any.
      if (this.#hasOneEach && top.sum === matches.total) return top.sum
      yield
    }
    return top.sum
  }

  end(): void {
    this.#walk.end()
  }
}

/** The values at a path of the spec. A text that is not indexed is never among the most frequent: it would have to be read. */
export class CountingSpec implements ValueCounting {
  readonly #values: CountingValues<string>
  readonly #unindexed: ListCount

  constructor(values: ValueIndex<string>, unindexed: PostingList, moment: Moment) {
    this.#values = new CountingValues(values, moment)
    this.#unindexed = new ListCount(unindexed, moment.counted)
  }

  *count(matches: Matches, top: TopValues): Work<number> {
    top.addToSum(countIn(this.#unindexed, matches))
    return yield* this.#values.count(matches, top)
  }

  end(): void {
    this.#values.end()
    this.#unindexed.end()
  }
}

type NamedList = readonly [value: string, list: PostingList]

/** Posting lists without a common slot. */
export class CountingLists implements ValueCounting {
  readonly #lists: readonly (readonly [value: string, list: ListCount])[]

  constructor(lists: readonly NamedList[], { counted }: Moment) {
    this.#lists = lists.map(([value, list]) => [value, new ListCount(list, counted)])
  }

  *count(matches: Matches, top: TopValues): Work<number> {
    for (let from = 0; from < this.#lists.length; from += LISTS_AT_ONCE) {
      const some = this.#lists.slice(from, from + LISTS_AT_ONCE)
      const counts = matches.countInEach(some.map(([, { list }]) => list))
      for (const [i, [value, list]] of some.entries()) add(top, value, list.asOfMoment(counts[i] ?? 0))
      yield
    }
    return top.sum
  }

  end(): void {
    for (const [, list] of this.#lists) list.end()
  }
}

/** `true` for the resources that are being deleted, `false` for all others. */
export class CountingDeleting implements ValueCounting {
  readonly #deleting: ListCount

  constructor(deleting: PostingList, { counted }: Moment) {
    this.#deleting = new ListCount(deleting, counted)
  }

  *count(matches: Matches, top: TopValues): Work<number> {
    const deleting = countIn(this.#deleting, matches)
    yield
    add(top, 'true', deleting)
    add(top, 'false', matches.total - deleting)
    return matches.total
  }

  end(): void {
    this.#deleting.end()
  }
}

/** The keys in use. A resource may have many. */
export class CountingKeys implements ValueCounting {
  readonly #lists: CountingLists
  /** Keys that have no index of their own. */
  readonly #others: CountingValues<string> | undefined
  readonly #presence: ListCount

  /** @param presence the slots with a key */
  constructor(
    keys: readonly NamedList[],
    others: ValueIndex<string> | undefined,
    presence: PostingList,
    moment: Moment,
  ) {
    this.#lists = new CountingLists(keys, moment)
    this.#others = others && new CountingValues(others, moment, false)
    this.#presence = new ListCount(presence, moment.counted)
  }

  *count(matches: Matches, top: TopValues): Work<number> {
    const present = countIn(this.#presence, matches)
    yield* this.#lists.count(matches, top)
    if (this.#others !== undefined) yield* this.#others.count(matches, top)
    return present
  }

  end(): void {
    this.#lists.end()
    this.#others?.end()
    this.#presence.end()
  }
}

function countIn(count: ListCount, matches: Matches): number {
  return count.asOfMoment(matches.countInEach([count.list])[0] ?? 0)
}

function add(top: TopValues, value: string, count: number): void {
  if (count > 0) top.add(value, count)
}
