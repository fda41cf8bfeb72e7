// An order over the slots of one moment: by what the indexes and entries know of a slot, and by records where only they
// know, because to read a record costs a hundred times as much.
import type { EntriesView } from '../../index/entries-view.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import type { Resource } from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import { compareBigints } from '../plan/evaluate.ts'
import { compareRecords, type OrderKey } from './order.ts'
import type { CompareSlots } from './selection.ts'

/** Records kept while slots are compared: those on the page are compared over and over. */
const MAX_RECORDS = 4096

/** Compares slots by the records that they had at the view's moment. */
export function compareSlots(
  order: readonly OrderKey<Resource>[],
  index: ResourceIndex,
  view: EntriesView,
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
    const compare = compareByIndex(key, index, view)
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

/** Undefined for what only records know. */
function compareByIndex(
  { source, direction }: OrderKey<Resource>,
  index: ResourceIndex,
  view: EntriesView,
): CompareSlots | undefined {
  const sign = direction === 'asc' ? 1 : -1
  if (source.kind === 'label') return undefined
  switch (source.name) {
    case 'id':
      // Ids rise with the slots (contract 3.2).
      return (a, b) => sign * (a - b)
    case 'name':
      return (a, b) => sign * compareCodePoints(index.entryAt(a).name, index.entryAt(b).name)
    case 'created_time':
      return (a, b) => sign * index.createdTimes.compare(a, b)
    case 'updated_time': {
      const timeAt = (slot: number) =>
        view.replaced(slot)?.resource.updatedTime ?? index.updatedTimes.get(slot) ?? 0n
      return (a, b) => sign * compareBigints(timeAt(a), timeAt(b))
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
    const { resource } = view.entryAt(slot)
    records.set(slot, resource)
    return resource
  }
}
