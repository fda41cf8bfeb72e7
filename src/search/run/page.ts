// The page of a search in its order. The creation order is the order of slots. Other orders walk an index with few distinct values,
// or compare records.
import type { LabelIndex } from '../../index/labels.ts'
import { countSlots, type Slots } from '../../index/posting-list.ts'
import type { EntriesView, ResourceIndex } from '../../index/resource-index.ts'
import type { SpecIndex } from '../../index/spec.ts'
import type { ValueIndex } from '../../index/value-index.ts'
import type { Resource } from '../../state/records.ts'
import { Decimal, isJsonNumber } from '../../wire/decimal.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { ColumnName } from '../check/fields.ts'
import type { Candidates, Workspace } from './candidates.ts'
import { compareSlots } from './compare-slots.ts'
import type { OrderKey } from './order.ts'
import { Pace } from './pace.ts'
import { selectPage } from './selection.ts'
import { compareOrderValues, type OrderValue } from './spec-order.ts'
import type { StepOperation } from './step.ts'
import type { Work } from './turns.ts'

/** Most distinct values that are walked. Above, records are compared. */
export const MAX_ORDERING_VALUES = 1024
/** Most keys that are walked, because each copies the candidates. Above, records are compared. */
export const MAX_WALKED_KEYS = 16
/** Least candidates per value. Below, comparing records is cheaper than walking the values. */
const MIN_CANDIDATES_PER_VALUE = 32

export interface OrderedPage {
  readonly slots: readonly number[]
  readonly operation: StepOperation
  /** Records that were compared. */
  readonly rowsScanned: number
}

export interface Positions {
  readonly offset: number
  readonly limit: number
}

export interface OrderedPagesOptions {
  readonly index: ResourceIndex
  /** The records of the search's moment. */
  readonly view: EntriesView
  readonly workspace: Workspace
}

/** Finds the slots at given positions of the ordered candidates. Does not change the candidates. */
export class OrderedPages {
  readonly #index: ResourceIndex
  readonly #view: EntriesView
  readonly #workspace: Workspace

  constructor({ index, view, workspace }: OrderedPagesOptions) {
    this.#index = index
    this.#view = view
    this.#workspace = workspace
  }

  *page(
    candidates: Candidates,
    order: readonly OrderKey<Resource>[],
    positions: Positions,
  ): Work<OrderedPage> {
    const ordered = this.inSlotOrder(candidates, order, positions)
    const first = order[0]
    if (ordered !== undefined || first === undefined) return ordered ?? NO_PAGE
    const { offset } = positions
    const limit = limitIn(candidates, positions)
    // After a write the index no longer shows the search's moment.
    const isIndexed = this.#view.isCurrent && order.length <= MAX_WALKED_KEYS
    const groups = isIndexed ? groupsOf(first, candidates, this.#index) : undefined
    return groups === undefined
      ? yield* this.#selected(candidates, order, { offset, limit })
      : yield* this.#groupedPage(groups, candidates, order, { offset, limit })
  }

  /** The page if it is empty or in the order of slots; undefined for any other. */
  inSlotOrder(
    candidates: Candidates,
    order: readonly OrderKey<Resource>[],
    positions: Positions,
  ): OrderedPage | undefined {
    const first = order[0]
    const limit = limitIn(candidates, positions)
    if (limit > 0 && first !== undefined && !isSlotOrder(order, this.#index)) return undefined
    const direction = first?.direction === 'desc' ? 'descending' : 'ascending'
    const slots = this.#workspace.page(candidates, positions.offset, limit, direction)
    return { slots, operation: 'slot-order', rowsScanned: 0 }
  }

  *#selected(
    candidates: Candidates,
    order: readonly OrderKey<Resource>[],
    { offset, limit }: Positions,
  ): Work<OrderedPage> {
    const pace = new Pace()
    const compare = compareSlots(order, this.#index, this.#view, pace)
    const slots = yield* selectPage(
      yield* this.#workspace.gather(candidates),
      offset,
      offset + limit,
      compare,
      pace,
    )
    return { slots: [...slots], operation: 'selection', rowsScanned: candidates.count }
  }

  /** Orders the groups on the page by the remaining keys. */
  *#groupedPage(
    groups: readonly Group[],
    candidates: Candidates,
    [, ...keys]: readonly OrderKey<Resource>[],
    positions: Positions,
  ): Work<OrderedPage> {
    const slots: number[] = []
    let rowsScanned = 0
    for (const { members, offset } of this.#groupsOnPage(groups, candidates, positions)) {
      const page = yield* this.page(members, keys, { offset, limit: positions.limit - slots.length })
      slots.push(...page.slots)
      rowsScanned += page.rowsScanned
    }
    return { slots, operation: 'value-order', rowsScanned }
  }

  /** Only counts the groups before the page. Reads all groups before the first yield, because a write may change the index then. */
  #groupsOnPage(groups: readonly Group[], candidates: Candidates, { offset, limit }: Positions) {
    const onPage: { readonly members: Candidates; readonly offset: number }[] = []
    let position = 0
    for (const group of groups) {
      if (position >= offset + limit) break
      const count = this.#countIn(group, candidates)
      if (count > 0 && position + count > offset) {
        onPage.push({ members: this.#members(group, candidates), offset: Math.max(0, offset - position) })
      }
      position += count
    }
    return onPage
  }

  #countIn({ kind, lists }: Group, candidates: Candidates): number {
    let common = 0
    for (const slots of lists) common += this.#workspace.countCommon(candidates, slots)
    return kind === 'with' ? common : candidates.count - common
  }

  #members({ kind, lists }: Group, candidates: Candidates): Candidates {
    const workspace = this.#workspace
    const named = workspace.fromSlots(lists)
    const copy = workspace.copy(candidates)
    return kind === 'with' ? workspace.intersect(copy, named) : workspace.difference(copy, named)
  }
}

const NO_PAGE: OrderedPage = { slots: [], operation: 'slot-order', rowsScanned: 0 }

/** Number of rows on a page. */
function limitIn({ count }: Candidates, { offset, limit }: Positions): number {
  return Math.max(0, Math.min(limit, count - offset))
}

/** Candidates that have one value of the first key (`with` these slots), or none (`without` them). */
interface Group {
  readonly kind: 'with' | 'without'
  /** They are disjoint. */
  readonly lists: readonly Slots[]
}

/** Slots are in creation order. Ids made here sort that way, too (contract 3.2); imported ones may not. */
export function isSlotOrder(
  order: readonly OrderKey<Resource>[],
  index: Pick<ResourceIndex, 'doIdsRise' | 'doTiedIdsRise'>,
): boolean {
  const first = order[0]
  const second = order[1]
  if (first?.field === 'id') return index.doIdsRise
  const isByCreation =
    first?.field === 'created_time' && second?.field === 'id' && second.direction === first.direction
  return isByCreation && index.doTiedIdsRise
}

/** The groups in order; undefined if comparing records is cheaper. */
function groupsOf(
  { source, direction }: OrderKey<Resource>,
  candidates: Candidates,
  index: ResourceIndex,
): readonly Group[] | undefined {
  const sign = direction === 'asc' ? 1 : -1
  if (source.kind === 'label') {
    if (index.labels.isUnindexed(source.key)) return undefined
    return optionalGroups(index.label(source.key), candidates, sign)
  }
  if (source.kind === 'spec') return specGroups(index.specs.get(source.name), candidates, sign)
  if (source.name === 'deleted_by') return optionalGroups(index.deleters, candidates, sign)
  if (source.name === 'generation')
    return valueGroups(index.generations, candidates, (a, b) => sign * (a - b))
  const texts = textIndex(source.name, index)
  return texts && valueGroups(texts, candidates, (a, b) => sign * compareCodePoints(a, b))
}

/** The groups of a text that some resources lack, or all if the index is undefined. */
function optionalGroups(
  texts: LabelIndex | undefined,
  candidates: Candidates,
  sign: number,
): readonly Group[] | undefined {
  if (texts === undefined) return [{ kind: 'without', lists: [] }]
  const groups = valueGroups(texts.values, candidates, (a, b) => sign * compareCodePoints(a, b))
  return groups && [...groups, { kind: 'without', lists: [texts.presence] }]
}

/**
 * The groups of a path in the spec; also undefined if some texts are not indexed, or if a number and a string have the same text: only records
 * have them apart.
 */
function specGroups(
  spec: SpecIndex | undefined,
  candidates: Candidates,
  sign: number,
): readonly Group[] | undefined {
  if (spec === undefined || spec.unindexed.size > 0 || !isWalkable(spec.values, candidates)) return undefined
  const values: { readonly value: OrderValue; readonly lists: Slots[] }[] = []
  const byNumber = new Map<string, Slots[]>()
  let numberSlots = 0
  for (const [text, slots] of spec.values.entries()) {
    const number = isJsonNumber(text) ? new Decimal(text) : undefined
    const same = number && byNumber.get(number.key)
    if (number !== undefined) numberSlots += countSlots(slots)
    if (same !== undefined) {
      same.push(slots)
      continue
    }
    const lists = [slots]
    if (number !== undefined) byNumber.set(number.key, lists)
    values.push({ value: number ?? text, lists })
  }
  if (numberSlots !== spec.numbers.size) return undefined
  values.sort((a, b) => sign * compareOrderValues(a.value, b.value))
  const groups = values.map(({ lists }): Group => ({ kind: 'with', lists }))
  return [...groups, { kind: 'without', lists: [spec.presence] }]
}

function textIndex(column: ColumnName, index: ResourceIndex): ValueIndex<string> | undefined {
  switch (column) {
    case 'owner_id':
      return index.owners
    case 'created_by':
      return index.creators
    case 'updated_by':
      return index.updaters
    default:
      return undefined
  }
}

function valueGroups<V extends string | number>(
  values: ValueIndex<V>,
  candidates: Candidates,
  compare: (a: V, b: V) => number,
): readonly Group[] | undefined {
  if (!isWalkable(values, candidates)) return undefined
  const entries = values.entries().sort(([a], [b]) => compare(a, b))
  return entries.map(([, slots]) => ({ kind: 'with', lists: [slots] }))
}

/** True if walking the values is cheaper than comparing records. */
function isWalkable({ size }: Pick<ValueIndex<string>, 'size'>, candidates: Candidates): boolean {
  if (size > MAX_ORDERING_VALUES || size * MIN_CANDIDATES_PER_VALUE > candidates.count) return false
  // Counting a value's slots in a list visits all slots of the value. Comparing the few records of the list is cheaper.
  return candidates.kind !== 'list'
}
