// How the indexes answer one question of a search: by a range of slots, by posting lists, by a walk over the distinct
// values of an index, or by scans of a column.
import type { Bitmap } from '../../index/bitmap.ts'
import type { Column, ColumnTest } from '../../index/column.ts'
import type { PostingList } from '../../index/posting-list.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import type { Slots } from '../../index/slots.ts'
import type { ValueIndex } from '../../index/value-index.ts'
import type { Resource } from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type {
  BetweenTest,
  CompareTest,
  ConditionLeaf,
  Leaf,
  TextLeaf,
  TimeLeaf,
  ValueTest,
} from '../check/checked.ts'
import type { ColumnName } from '../check/fields.ts'
import type { Comparison } from '../syntax/syntax.ts'
import { compareBigints } from './evaluate.ts'
import { type SlotRange, slotRange } from './slot-range.ts'
import { integerPasses, textPasses } from './value-test.ts'

/** The slots that it gives are those of the question without its negation. */
export type Access =
  | ({ readonly kind: 'range' } & SlotRange)
  /** No slot is in two of the lists. */
  | ListsAccess
  | ValueWalk
  /** A slot may pass more than one of the scans. */
  | { readonly kind: 'column'; readonly scans: readonly ColumnScan[] }
  /** The slots without a value: all of them when there is no list of those with one. */
  | { readonly kind: 'absence'; readonly present: PostingList | undefined }
  | { readonly kind: 'rows' }

export interface ListsAccess {
  readonly kind: 'lists'
  readonly lists: readonly Slots[]
  /** How many distinct values were walked to find the lists. */
  readonly walked?: number
}

/** A walk over the distinct values of an index, not begun. */
export interface ValueWalk {
  readonly kind: 'values'
  readonly valueCount: number
  /** How many slots have a value. */
  readonly slotCount: number
  /** The lists of the values that pass. */
  readonly walk: () => readonly Slots[]
}

/** A column with what is asked of it. */
export interface ColumnScan {
  readonly into: (bitmap: Bitmap, within?: Bitmap) => void
  readonly passes: (slot: number) => boolean
  readonly estimate: () => number
}

const NOTHING: Access = { kind: 'range', from: 0, to: 0 }

/** More distinct values than this are not walked where a column can be scanned instead. */
const MAX_WALKED_GENERATIONS = 1024

/** Of more names than this, those of the entries are read instead: that is done in slices. */
const MAX_WALKED_NAMES = 64

/** The way to the answer of a leaf, its negation left aside; `rows` when no index knows it. */
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
    case 'conditionStatus':
    case 'conditionTime':
    case 'conditionGeneration':
      return conditionAccess(leaf, index)
  }
}

type TextTest = TextLeaf<Resource>['test']

function labelAccess(key: string, test: TextTest, index: ResourceIndex): Access {
  if (index.labels.isUnindexed(key)) return { kind: 'rows' }
  const label = index.label(key)
  if (test.kind === 'null') return { kind: 'absence', present: label?.presence }
  return label === undefined ? NOTHING : valueAccess(label.values, test)
}

function textAccess(column: ColumnName, test: TextTest, index: ResourceIndex): Access {
  switch (column) {
    case 'id':
      return idAccess(test, index)
    case 'kind':
      return { kind: 'range', from: 0, to: textPasses(test)(index.kind) ? index.slotCount : 0 }
    case 'name':
      return nameAccess(test, index)
    case 'owner_id':
      return valueAccess(index.owners, test)
    case 'created_by':
      return valueAccess(index.creators, test)
    case 'updated_by':
      return valueAccess(index.updaters, test)
    default:
      return { kind: 'rows' }
  }
}

function idAccess(test: TextTest, index: ResourceIndex): Access {
  if (test.kind === 'like') return { kind: 'rows' }
  if (test.kind === 'in') {
    const slots = [...test.values].map(id => index.slotOfId(id)).filter(slot => slot !== undefined)
    return { kind: 'lists', lists: slots }
  }
  const order = (slot: number, id: string) => compareCodePoints(index.entryAt(slot).id, id)
  return { kind: 'range', ...slotRange(test, index.slotCount, order) }
}

/** An entry knows its name, so it costs no more than a value. */
function nameAccess(test: TextTest, { names }: ResourceIndex): Access {
  const access = valueAccess(names, test)
  return access.kind === 'values' && access.valueCount > MAX_WALKED_NAMES ? { kind: 'rows' } : access
}

function valueAccess(values: ValueIndex<string>, test: TextTest): Access {
  if (test.kind === 'null') return NOTHING
  if (test.kind === 'in') return listsOf(values, [...test.values])
  if (test.kind === 'compare' && test.operator === '=') return listsOf(values, [test.value])
  return valueWalk(values, textPasses(test))
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
      if (generations.size <= MAX_WALKED_GENERATIONS) return valueWalk(generations, integerPasses(test))
      return { kind: 'column', scans: [columnScan(generationColumn, toNumbers(test))] }
    }
  }
}

/** The values lie within 32 bits; what they are compared with stays outside of them when it is rounded. */
function toNumbers(test: CompareTest<bigint> | BetweenTest<bigint>): ColumnTest<number> {
  if (test.kind === 'compare') return { ...test, value: Number(test.value) }
  return { kind: 'between', low: Number(test.low), high: Number(test.high) }
}

function timeAccess({ field, test }: TimeLeaf<Resource>, index: ResourceIndex): Access {
  const isCreation = field.name === 'created_time'
  if (test.kind === 'null') return NOTHING
  if (isCreation && test.kind !== 'in') {
    const order = (slot: number, time: bigint) => compareBigints(index.createdTimes.get(slot) ?? 0n, time)
    return { kind: 'range', ...slotRange(test, index.slotCount, order) }
  }
  const column = isCreation ? index.createdTimes : index.updatedTimes
  const tests: ColumnTest<bigint>[] =
    test.kind === 'in' ? [...test.values].map(value => ({ kind: 'compare', operator: '=', value })) : [test]
  return { kind: 'column', scans: tests.map(each => columnScan(column, each)) }
}

function conditionAccess(leaf: ConditionLeaf<Resource>, index: ResourceIndex): Access {
  const condition = index.condition(leaf.type)
  if (condition === undefined) return NOTHING
  switch (leaf.kind) {
    case 'conditionStatus':
      return { kind: 'lists', lists: [condition.withStatus(leaf.status)] }
    case 'conditionTime': {
      const isUpdate = leaf.subfield === 'last_updated_time'
      const column = isUpdate ? condition.lastUpdatedTimes : condition.lastTransitionTimes
      return { kind: 'column', scans: [columnScan(column, compareTest(leaf))] }
    }
    case 'conditionGeneration':
      return { kind: 'column', scans: [columnScan(condition.observedGenerations, compareTest(leaf))] }
  }
}

function compareTest<V>({ operator, value }: { operator: Comparison; value: V }): ColumnTest<V> {
  return { kind: 'compare', operator, value }
}

function columnScan<V extends bigint | number>(column: Column<V>, test: ColumnTest<V>): ColumnScan {
  return {
    into: (bitmap, within) => column.scan(test, bitmap, within),
    passes: slot => columnTestPasses(test, column.get(slot)),
    estimate: () => column.estimate(test),
  }
}

function columnTestPasses<V extends bigint | number>(test: ColumnTest<V>, value: V | undefined): boolean {
  if (value === undefined) return false
  if (test.kind === 'between') return value >= test.low && value <= test.high
  switch (test.operator) {
    case '=':
      return value === test.value
    case '!=':
      return value !== test.value
    case '<':
      return value < test.value
    case '<=':
      return value <= test.value
    case '>':
      return value > test.value
    case '>=':
      return value >= test.value
  }
}

function listsOf<V extends string | number>(values: ValueIndex<V>, wanted: readonly V[]): Access {
  const lists = wanted.map(value => values.slotsOf(value)).filter(slots => slots !== undefined)
  return { kind: 'lists', lists }
}

function valueWalk<V extends string | number>(values: ValueIndex<V>, passes: (value: V) => boolean): Access {
  const walk = () => {
    const lists: Slots[] = []
    for (const [value, slots] of values.entries()) if (passes(value)) lists.push(slots)
    return lists
  }
  return { kind: 'values', valueCount: values.size, slotCount: values.slotCount, walk }
}
