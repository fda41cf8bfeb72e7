// Compares slots in the order of a list, by their state at the moment of a search.
import type { EntriesView, ResourceIndex } from '../../index/resource-index.ts'
import { specJsonOf } from '../../state/reader.ts'
import { plainResource, type Resource, type ResourceCondition } from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { Direction, SpecField } from '../check/fields.ts'
import { compareBigints } from '../plan/match.ts'
import { compareOptional, compareRecords, type OrderKey } from './order.ts'
import type { Pace } from './pace.ts'
import type { CompareSlots } from './selection.ts'
import { compareOrderValues, type OrderValue, orderValueReader } from './spec-order.ts'

const NO_CONDITIONS: readonly ResourceCondition[] = []

/** Most records cached during a comparison: records on the page are compared repeatedly. */
const MAX_RECORDS = 4096

/**
 * Compares slots by their state at the view's moment: by indexes and entries if they have the key, otherwise by records, because
 * reading a record costs a hundred times as much.
 */
export function compareSlots(
  order: readonly OrderKey<Resource>[],
  index: ResourceIndex,
  view: EntriesView,
  pace: Pace,
): CompareSlots {
  const recordAt = recordReader(view)
  const comparisons: CompareSlots[] = []
  let rest: OrderKey<Resource>[] = []
  const compareRest = () => {
    if (rest.length === 0) return
    const compare = compareRecords(rest)
    comparisons.push((a, b) => compare(recordAt(a), recordAt(b)))
    rest = []
  }
  for (const key of order) {
    const compare =
      key.source.kind === 'spec'
        ? compareBySpec(key.source, key.direction, view, pace)
        : compareByIndex(key, index, view)
    if (compare === undefined) rest.push(key)
    else {
      compareRest()
      comparisons.push(compare)
    }
  }
  compareRest()
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Most characters of the values that are cached for one key. */
const MAX_VALUE_CHARACTERS = 1_000_000

/** Reads the value of each slot once, if it can. A copy is cached: the memory of documents is reused. */
function compareBySpec(
  source: SpecField<Resource>,
  direction: Direction,
  view: EntriesView,
  pace: Pace,
): CompareSlots {
  const read = orderValueReader(source)
  const known = new Map<number, OrderValue | undefined>()
  let characters = 0
  const valueAt = (slot: number) => {
    const value = known.get(slot)
    if (value !== undefined || known.has(slot)) return value
    if (known.size >= MAX_RECORDS || characters > MAX_VALUE_CHARACTERS) {
      known.clear()
      characters = 0
    }
    const { resource } = view.entryAt(slot)
    const { start, end } = specJsonOf(resource)
    pace.note(end - start)
    const fresh = read(resource)
    characters += typeof fresh === 'string' ? fresh.length : (fresh?.text.length ?? 0)
    known.set(slot, fresh)
    return fresh
  }
  const sign = direction === 'asc' ? 1 : -1
  return (a, b) => compareOptional(valueAt(a), valueAt(b), sign, compareOrderValues)
}

/** Undefined for a key that only records have. */
function compareByIndex(
  { source, direction }: OrderKey<Resource>,
  index: ResourceIndex,
  view: EntriesView,
): CompareSlots | undefined {
  const sign = direction === 'asc' ? 1 : -1
  if (source.kind === 'label' || source.kind === 'spec') return undefined
  switch (source.name) {
    case 'id':
      if (index.doIdsRise) return (a, b) => sign * (a - b)
      return (a, b) => sign * compareCodePoints(view.idAt(a), view.idAt(b))
    case 'name':
      return (a, b) => sign * compareCodePoints(view.nameAt(a), view.nameAt(b))
    case 'created_time': {
      const timeAt = (slot: number) =>
        view.replaced(slot)?.resource.createdTime ?? index.createdTimes.get(slot) ?? 0n
      return (a, b) =>
        sign * (view.hasRemovals ? compareBigints(timeAt(a), timeAt(b)) : index.createdTimes.compare(a, b))
    }
    case 'updated_time': {
      const timeAt = (slot: number) =>
        view.replaced(slot)?.resource.updatedTime ?? index.updatedTimes.get(slot) ?? 0n
      return (a, b) => sign * compareBigints(timeAt(a), timeAt(b))
    }
    case 'deleted_time': {
      const timeAt = (slot: number) => {
        const replaced = view.replaced(slot)
        return replaced === undefined ? index.deletedTimes.get(slot) : replaced.resource.deletedTime
      }
      return (a, b) => compareOptional(timeAt(a), timeAt(b), sign, compareBigints)
    }
    case 'generation': {
      const generationAt = (slot: number) =>
        view.replaced(slot)?.resource.generation ?? index.generationColumn.get(slot) ?? 0
      return (a, b) => sign * (generationAt(a) - generationAt(b))
    }
    default:
      return undefined
  }
}

function recordReader(view: EntriesView): (slot: number) => Resource {
  const records = new Map<number, Resource>()
  return slot => {
    const known = records.get(slot)
    if (known !== undefined) return known
    if (records.size >= MAX_RECORDS) records.clear()
    // No list is ordered by conditions, and the spec has values of its own.
    const record = plainResource(view.entryAt(slot).resource, NO_CONDITIONS, '{}')
    records.set(slot, record)
    return record
  }
}
