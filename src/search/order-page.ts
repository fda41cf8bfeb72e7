// The page of a search in its order: free in slot order, value by value along an index with few distinct values, and
// by comparing records otherwise.
import type { ResourceIndex } from '../index/resource-index.ts'
import type { Slots } from '../index/slots.ts'
import type { ValueIndex } from '../index/value-index.ts'
import type { Resource } from '../store/records.ts'
import { compareCodePoints } from '../wire/text.ts'
import { type Candidates, forEachSlot, pageOf } from './candidates.ts'
import type { ColumnName } from './fields.ts'
import { compareRecords, type OrderKey } from './order.ts'
import type { StepOperation } from './plan-step.ts'
import { selectPage } from './selection.ts'
import type { Workspace } from './workspace.ts'

/** Above so many distinct values, records are compared. */
export const MAX_ORDERING_VALUES = 1024
/** With fewer candidates a value, comparing records is cheaper than walking the values. */
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

/** The slots at some positions of the candidates in an order; the candidates stay as they are. */
export class OrderedPages {
  readonly #index: ResourceIndex
  readonly #workspace: Workspace

  constructor(index: ResourceIndex, workspace: Workspace) {
    this.#index = index
    this.#workspace = workspace
  }

  page(candidates: Candidates, order: readonly OrderKey<Resource>[], positions: Positions): OrderedPage {
    const { offset } = positions
    const limit = Math.max(0, Math.min(positions.limit, candidates.count - offset))
    const [first] = order
    if (limit === 0 || first === undefined || isCreationOrder(order)) {
      const direction = first?.direction === 'desc' ? 'descending' : 'ascending'
      return {
        slots: [...pageOf(candidates, offset, limit, direction)],
        operation: 'slot-order',
        rowsScanned: 0,
      }
    }
    const groups = groupsOf(first, candidates, this.#index)
    return groups === undefined
      ? this.#selected(candidates, order, { offset, limit })
      : this.#groupedPage(groups, candidates, order, { offset, limit })
  }

  #selected(candidates: Candidates, order: readonly OrderKey<Resource>[], page: Positions): OrderedPage {
    const compare = compareRecords(order)
    const recordAt = (slot: number) => this.#index.entryAt(slot).resource
    const selected = selectPage(slotsOf(candidates), page.offset, page.offset + page.limit, (a, b) =>
      compare(recordAt(a), recordAt(b)),
    )
    return { slots: [...selected], operation: 'selection', rowsScanned: candidates.count }
  }

  /** Groups before the page are counted only; those that it meets are ordered by the keys that remain. */
  #groupedPage(
    groups: readonly Group[],
    candidates: Candidates,
    [, ...keys]: readonly OrderKey<Resource>[],
    { offset, limit }: Positions,
  ): OrderedPage {
    const slots: number[] = []
    let rowsScanned = 0
    let position = 0
    for (const group of groups) {
      if (slots.length === limit) break
      const count = this.#countIn(group, candidates)
      if (count > 0 && position + count > offset) {
        const part = this.#members(group, candidates)
        const partOffset = Math.max(0, offset - position)
        const page = this.page(part, keys, { offset: partOffset, limit: limit - slots.length })
        slots.push(...page.slots)
        rowsScanned += page.rowsScanned
      }
      position += count
    }
    return { slots, operation: 'value-order', rowsScanned }
  }

  #countIn({ kind, slots }: Group, candidates: Candidates): number {
    const common = slots === undefined ? 0 : this.#workspace.countCommon(candidates, slots)
    return kind === 'with' ? common : candidates.count - common
  }

  #members({ kind, slots }: Group, candidates: Candidates): Candidates {
    const workspace = this.#workspace
    const named = workspace.fromSlots(slots === undefined ? [] : [slots])
    const copy = workspace.copy(candidates)
    return kind === 'with' ? workspace.intersect(copy, named) : workspace.difference(copy, named)
  }
}

/** Candidates that share their value of the first key, or lack one: those with the slots, or those without. */
interface Group {
  readonly kind: 'with' | 'without'
  readonly slots: Slots | undefined
}

/** Ids sort in creation order (contract 3.2), and never disagree with `created_time`. */
export function isCreationOrder([first, second]: readonly OrderKey<Resource>[]): boolean {
  if (first?.field === 'id') return true
  return first?.field === 'created_time' && second?.field === 'id' && second.direction === first.direction
}

/** The groups in their order; undefined where walking them does not pay. */
function groupsOf(
  { source, direction }: OrderKey<Resource>,
  candidates: Candidates,
  index: ResourceIndex,
): readonly Group[] | undefined {
  const sign = direction === 'asc' ? 1 : -1
  if (source.kind === 'label') {
    const label = index.label(source.key)
    if (label === undefined) return [{ kind: 'without', slots: undefined }]
    const groups = valueGroups(label.values, candidates, (a, b) => sign * compareCodePoints(a, b))
    return groups && [...groups, { kind: 'without', slots: label.presence }]
  }
  if (source.name === 'generation')
    return valueGroups(index.generations, candidates, (a, b) => sign * (a - b))
  const texts = textIndex(source.name, index)
  return texts && valueGroups(texts, candidates, (a, b) => sign * compareCodePoints(a, b))
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
  const isFew = values.size <= MAX_ORDERING_VALUES
  if (!isFew || values.size * MIN_CANDIDATES_PER_VALUE > candidates.count) return undefined
  const entries = [...values.entries()].sort(([a], [b]) => compare(a, b))
  return entries.map(([, slots]) => ({ kind: 'with', slots }))
}

function slotsOf(candidates: Candidates): Uint32Array {
  const slots = new Uint32Array(candidates.count)
  let length = 0
  forEachSlot(candidates, slot => {
    slots[length++] = slot
  })
  return slots
}
