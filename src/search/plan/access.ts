// Access paths: the way from one leaf of a search to its slots, by a range of slots, by posting lists, by a walk over the distinct
// values of an index, or by scans of a column.
import type { Bitmap } from '../../index/bitmap.ts'
import type { Column, Int64Column } from '../../index/column.ts'
import type { LabelIndex } from '../../index/labels.ts'
import type { PostingList, Slots } from '../../index/posting-list.ts'
import { type RangeTest, rangeOf } from '../../index/range.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import type { SpecIndex } from '../../index/spec.ts'
import type { ValueFilter, ValueIndex } from '../../index/value-index.ts'
import type { Resource } from '../../state/records.ts'
import { Decimal, isJsonNumber } from '../../wire/decimal.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { ConditionLeaf, Leaf, SpecLeaf, TextLeaf, TimeLeaf, ValueTest } from '../check/checked.ts'
import type { ColumnName } from '../check/fields.ts'
import { compareBigints, integerTest, textTest } from './match.ts'
import { decimalTest } from './spec-test.ts'
import { textFilter } from './text-filter.ts'

/** The slots of a leaf, before its negation. */
export type Access =
  | SlotRange
  /** The lists are disjoint. */
  | ListsAccess
  | ValueWalk
  /** A slot may pass more than one of the scans. */
  | { readonly kind: 'column'; readonly scans: readonly ColumnScan[] }
  /** The slots that are in none of the lists, which are disjoint. */
  | { readonly kind: 'absence'; readonly present: readonly PostingList[] }
  | { readonly kind: 'rows' }

export interface SlotRange {
  readonly kind: 'range'
  readonly from: number
  /** Exclusive. The range is empty if it is at most `from`. */
  readonly to: number
}

export interface ListsAccess {
  readonly kind: 'lists'
  readonly lists: readonly Slots[]
  /** Number of distinct values walked to find the lists. */
  readonly walked?: number
}

/** A walk over the distinct values of an index, before it runs. */
export interface ValueWalk {
  readonly kind: 'values'
  readonly valueCount: number
  /** Number of slots with a value. */
  readonly slotCount: number
  /** Returns the lists of the values that pass. */
  readonly walk: () => readonly Slots[]
  /** Adds the slots of the values that pass. */
  readonly into: (bitmap: Bitmap) => void
}

/** A test on a column. */
export interface ColumnScan {
  readonly into: (bitmap: Bitmap, within?: Bitmap) => void
  readonly probe: () => (slot: number) => boolean
  readonly estimate: () => number
}

const NOTHING: Access = { kind: 'range', from: 0, to: 0 }

/** Most distinct generations that are walked. Above, the column is scanned. */
const MAX_WALKED_GENERATIONS = 1024

/** Most distinct names that are walked. Above, the names are read from the entries, which is done in slices. */
const MAX_WALKED_NAMES = 64

/** The access path of a leaf, before its negation; `rows` if no index can answer it. */
export function accessOf(leaf: Leaf<Resource>, index: ResourceIndex): Access {
  switch (leaf.kind) {
    case 'text':
      return leaf.field.kind === 'label'
        ? labelAccess(leaf.field.key, leaf.test, index)
        : textAccess(leaf.field.name, leaf.test, index)
    case 'integer':
      return generationAccess(leaf.test, index)
    case 'time':
      return timeAccess(leaf, index)
    case 'spec':
      return specAccess(leaf, index)
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return conditionAccess(leaf, index)
  }
}

type TextTest = TextLeaf<Resource>['test']

function labelAccess(key: string, test: TextTest, index: ResourceIndex): Access {
  if (index.labels.isUnindexed(key)) return { kind: 'rows' }
  return optionalAccess(index.label(key), test)
}

/** The access to a text that some resources lack, or all if the index is undefined. */
function optionalAccess(texts: LabelIndex | undefined, test: TextTest): Access {
  if (test.kind === 'null') return { kind: 'absence', present: texts === undefined ? [] : [texts.presence] }
  return texts === undefined ? NOTHING : valueAccess(texts.values, test)
}

/** Without the slots whose text is not indexed. */
function specAccess({ field, test }: SpecLeaf<Resource>, index: ResourceIndex): Access {
  const spec = index.specs.get(field.name)
  if (spec === undefined) return { kind: 'rows' }
  if (test.test.kind === 'null') return { kind: 'absence', present: [spec.presence, spec.containers] }
  return test.kind === 'text' ? valueAccess(spec.values, test.test) : numberAccess(spec, test.test)
}

function numberAccess(spec: SpecIndex, test: ValueTest<Decimal>): Access {
  if (test.kind === 'in' || (test.kind === 'compare' && test.operator === '=')) {
    const wanted = test.kind === 'in' ? [...test.values] : [test.value]
    const distinct = new Map(wanted.map(number => [number.key, number]))
    return { kind: 'lists', lists: [...distinct.values()].flatMap(number => spec.slotsOfNumber(number)) }
  }
  const passes = decimalTest(test)
  return valueWalk(spec.values, {
    by: 'value',
    passes: text => isJsonNumber(text) && passes(new Decimal(text)),
  })
}

/** The slots of an index that only the records can decide for a leaf; undefined if there are none. */
export function undecidedOf(leaf: Leaf<Resource>, index: ResourceIndex): PostingList | undefined {
  if (leaf.kind !== 'spec' || leaf.test.test.kind === 'null') return undefined
  const unindexed = index.specs.get(leaf.field.name)?.unindexed
  return unindexed?.size === 0 ? undefined : unindexed
}

function textAccess(column: ColumnName, test: TextTest, index: ResourceIndex): Access {
  switch (column) {
    case 'id':
      return idAccess(test, index)
    case 'kind':
      return { kind: 'range', from: 0, to: textTest(test)(index.kind) ? index.slotCount : 0 }
    case 'name':
      return nameAccess(test, index)
    case 'owner_id':
      return valueAccess(index.owners, test)
    case 'created_by':
      return valueAccess(index.creators, test)
    case 'updated_by':
      return valueAccess(index.updaters, test)
    case 'deleted_by':
      return optionalAccess(index.deleters, test)
    default:
      return { kind: 'rows' }
  }
}

function idAccess(test: TextTest, index: ResourceIndex): Access {
  if (test.kind === 'like') return { kind: 'rows' }
  if (test.kind === 'null') return NOTHING
  if (test.kind === 'in') {
    const slots = [...test.values].map(id => index.slotOfId(id)).filter(slot => slot !== undefined)
    return { kind: 'lists', lists: slots }
  }
  if (!index.doIdsRise) return { kind: 'rows' }
  return slotRange(test, index, (slot, id) => compareCodePoints(index.entryAt(slot).id, id))
}

/** Reading a name from its entry costs no more than a step of a walk. */
function nameAccess(test: TextTest, { names }: ResourceIndex): Access {
  const access = valueAccess(names, test)
  return access.kind === 'values' && access.valueCount > MAX_WALKED_NAMES ? { kind: 'rows' } : access
}

function valueAccess(values: ValueIndex<string>, test: TextTest): Access {
  if (test.kind === 'null') return NOTHING
  if (test.kind === 'in') return listsOf(values, test.values)
  if (test.kind === 'compare' && test.operator === '=') return listsOf(values, [test.value])
  return valueWalk(values, textFilter(test))
}

function generationAccess(test: ValueTest<bigint>, index: ResourceIndex): Access {
  const { generations, generationColumn } = index
  switch (test.kind) {
    case 'null':
      return NOTHING
    case 'in':
      return listsOf(generations, [...test.values].map(Number))
    case 'compare':
    case 'between': {
      if (generations.size <= MAX_WALKED_GENERATIONS)
        return valueWalk(generations, { by: 'value', passes: generationTest(test) })
      return { kind: 'column', scans: [columnScan(generationColumn, toNumbers(test))] }
    }
  }
}

/** Rounding is harmless: column values have 32 bits, and a larger operand stays larger. */
function toNumbers(test: RangeTest<bigint>): RangeTest<number> {
  if (test.kind === 'compare') return { ...test, value: Number(test.value) }
  return { kind: 'between', low: Number(test.low), high: Number(test.high) }
}

function timeAccess({ field, test }: TimeLeaf<Resource>, index: ResourceIndex): Access {
  if (test.kind === 'null')
    return field.name === 'deleted_time' ? optionalAccess(index.deleters, test) : NOTHING
  if (field.name === 'created_time' && test.kind !== 'in') {
    return slotRange(test, index, (slot, time) => compareBigints(index.createdTimes.get(slot) ?? 0n, time))
  }
  const column = timeColumn(field.name, index)
  const tests: RangeTest<bigint>[] =
    test.kind === 'in' ? [...test.values].map(value => ({ kind: 'compare', operator: '=', value })) : [test]
  return { kind: 'column', scans: tests.map(each => columnScan(column, each)) }
}

function timeColumn(name: ColumnName, index: ResourceIndex): Int64Column {
  switch (name) {
    case 'created_time':
      return index.createdTimes
    case 'deleted_time':
      return index.deletedTimes
    default:
      return index.updatedTimes
  }
}

function conditionAccess(leaf: ConditionLeaf<Resource>, index: ResourceIndex): Access {
  const condition = index.condition(leaf.field.type)
  if (condition === undefined) return NOTHING
  switch (leaf.kind) {
    case 'conditionStatus':
      return { kind: 'lists', lists: [condition.withStatus(leaf.status)] }
    case 'conditionTime': {
      const isUpdate = leaf.subfield === 'last_updated_time'
      const column = isUpdate ? condition.lastUpdatedTimes : condition.lastTransitionTimes
      return { kind: 'column', scans: [columnScan(column, leaf.test)] }
    }
    case 'conditionGeneration':
      return { kind: 'column', scans: [columnScan(condition.observedGenerations, leaf.test)] }
  }
}

function columnScan<V extends bigint | number>(column: Column<V>, test: RangeTest<V>): ColumnScan {
  return {
    into: (bitmap, within) => column.scan(test, bitmap, within),
    probe: () => column.probe(test),
    estimate: () => column.estimate(test),
  }
}

/** A test of generations, which are numbers, with operands of any size. */
function generationTest(test: ValueTest<bigint>): (value: number) => boolean {
  const passes = integerTest(test)
  return value => passes(BigInt(value))
}

/**
 * The slots that pass a test of a field that rises with the slots (ids and creation times, contract 3.2, 3.4). They are one
 * range, found by binary search.
 * @param order negative, 0 or positive as the value of a slot in use is less than, equal to or greater than the given one
 */
function slotRange<V>(
  test: RangeTest<V>,
  index: ResourceIndex,
  order: (slot: number, value: V) => number,
): SlotRange {
  const { low, high, inverted } = rangeOf(test)
  if (inverted) throw new Error('!= is a negated = on a field')
  const first = (value: V, isEqualIncluded: boolean) =>
    firstSlot(index, slot => (isEqualIncluded ? order(slot, value) >= 0 : order(slot, value) > 0))
  return {
    kind: 'range',
    from: low === undefined ? 0 : first(low.value, low.included),
    to: high === undefined ? index.slotCount : first(high.value, !high.included),
  }
}

/** The first slot that passes a test, or a hole before it. All later slots in use must pass it too. */
function firstSlot(
  { slotCount, hasHoles, living }: ResourceIndex,
  passes: (slot: number) => boolean,
): number {
  let low = 0
  let high = slotCount
  while (low < high) {
    const middle = (low + high) >>> 1
    const slot = hasHoles ? living.next(middle) : middle
    if (slot === -1 || slot >= high || passes(slot)) high = middle
    else low = slot + 1
  }
  return low
}

function listsOf<V extends string | number>(values: ValueIndex<V>, wanted: Iterable<V>): Access {
  const lists: Slots[] = []
  for (const value of wanted) {
    const slots = values.slotsOf(value)
    if (slots !== undefined) lists.push(slots)
  }
  return { kind: 'lists', lists }
}

function valueWalk<V extends string | number>(values: ValueIndex<V>, filter: ValueFilter<V>): Access {
  return {
    kind: 'values',
    valueCount: values.size,
    slotCount: values.slotCount,
    walk: () => values.listsOf(filter),
    into: bitmap => values.orInto(filter, bitmap),
  }
}
