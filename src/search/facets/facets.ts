// Counts the matches of a search by the values of fields, from posting lists alone (contract 15). Each facet begins at the moment of the search, and
// is then read over many turns of the event loop, while writes go on.
import { CountedSlots, LISTS_AT_ONCE, ListCount } from '../../index/counted-slots.ts'
import type { PostingList } from '../../index/posting-list.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import { ROWS_IN_CHUNK, type ValueIndex } from '../../index/value-index.ts'
import { ValueWalk } from '../../index/value-walk.ts'
import type { Work } from '../run/turns.ts'
import type { FacetField } from './fields.ts'
import type { Matches } from './matches.ts'
import { TopValues, type ValueCount } from './top-values.ts'

/** The values of one field over all matches. */
export interface Facet {
  readonly field: string
  /** The most frequent first, none with a count of 0. */
  readonly values: ValueCount[]
  /** The sum of the counts of the other values. */
  readonly others: number
  /** Matches without a value. */
  readonly missing: number
}

/** A label that had an index when the request came has none at the moment of the count. */
export class UnindexedError extends Error {
  readonly field: string

  constructor(field: string) {
    super(`${field} has no index`)
    this.field = field
  }
}

/** A facet under way. */
interface Counting {
  /** Adds the values. Returns the number of matches that have one. */
  count(matches: Matches, top: TopValues): Work<number>
  end(): void
}

/** Facets as of the moment of construction. The owner must end them. */
export class Facets {
  readonly #fields: readonly FacetField[]
  readonly #counted = new CountedSlots()
  readonly #countings: Counting[] = []

  /**
   * @param rowsPerStep most values of an index that are counted between two yields
   * @throws UnindexedError
   */
  constructor(fields: readonly FacetField[], index: ResourceIndex, rowsPerStep = ROWS_IN_CHUNK) {
    this.#fields = fields
    const moment = { counted: this.#counted, rowsPerStep }
    try {
      for (const field of fields) this.#countings.push(countingOf(field, index, moment))
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** @param limit most values of a facet */
  *count(matches: Matches, limit: number): Work<readonly Facet[]> {
    this.#counted.settle(slot => matches.has(slot))
    const facets: Facet[] = []
    for (const [i, { name }] of this.#fields.entries()) {
      const top = new TopValues(limit)
      const counting = this.#countings[i]
      const present = counting === undefined ? 0 : yield* counting.count(matches, top)
      counting?.end()
      facets.push({
        field: name,
        values: top.toSorted(),
        others: top.others,
        missing: matches.total - present,
      })
    }
    return facets
  }

  end(): void {
    for (const counting of this.#countings) counting.end()
  }
}

/** The moment of a count. */
interface Moment {
  readonly counted: CountedSlots
  readonly rowsPerStep: number
}

function countingOf(field: FacetField, index: ResourceIndex, moment: Moment): Counting {
  switch (field.kind) {
    case 'label':
      if (index.labels.isUnindexed(field.key)) throw new UnindexedError(field.name)
      return valuesOrNone(index.label(field.key)?.values, moment)
    case 'created_by':
      return new CountingValues(index.creators, moment)
    case 'updated_by':
      return new CountingValues(index.updaters, moment)
    case 'owner_id':
      return new CountingValues(index.owners, moment)
    case 'generation':
      return new CountingValues(index.generations, moment)
    case 'condition': {
      const condition = index.condition(field.type)
      if (condition === undefined) return NOTHING
      const lists = (['True', 'False'] as const).map(
        status => [status, condition.withStatus(status)] as const,
      )
      return new CountingLists(lists, moment)
    }
    case 'deleting':
      return new CountingDeleting(index.deleters.presence, moment)
    case 'labels': {
      const keys = [...index.labels.entries()].map(([key, label]) => [key, label.presence] as const)
      return new CountingKeys(keys, index.labels.others, index.labels.presence, moment)
    }
    case 'conditions': {
      const types = [...index.conditions.entries()].map(
        ([type, condition]) => [type, condition.presence] as const,
      )
      return new CountingKeys(types, undefined, index.conditions.presence, moment)
    }
  }
}

/** No match has a value. */
const NOTHING: Counting = {
  // biome-ignore lint/correctness/useYield: it has nothing to do
  *count() {
    return 0
  },
  end() {},
}

function valuesOrNone(values: ValueIndex<string> | undefined, moment: Moment): Counting {
  return values === undefined ? NOTHING : new CountingValues(values, moment)
}

/** The values of an index. */
class CountingValues<V extends string | number> implements Counting {
  readonly #walk: ValueWalk<V>
  readonly #rowsPerStep: number
  readonly #hasOneEach: boolean

  /** @param hasOneEach true if a slot has at most one value */
  constructor(index: ValueIndex<V>, { counted, rowsPerStep }: Moment, hasOneEach = true) {
    this.#walk = new ValueWalk(index, counted)
    this.#rowsPerStep = rowsPerStep
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

type NamedList = readonly [value: string, list: PostingList]

/** Posting lists without a common slot. */
class CountingLists implements Counting {
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
class CountingDeleting implements Counting {
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
class CountingKeys implements Counting {
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
