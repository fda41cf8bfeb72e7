// The order of a list: reads `orderBy` and `order` into keys, and compares records by them (contract 7.4, 7.6).
import { SPEC_PATH } from '../../index/spec-path.ts'
import { listedFaults } from '../../wire/listed-faults.ts'
import { compareCodePoints } from '../../wire/text.ts'
import {
  type Catalogue,
  type Column,
  type Direction,
  isSearchableLabelKey,
  type LabelField,
  readText,
  type SearchRecord,
  type SpecField,
  specIndexHint,
} from '../check/fields.ts'
import { specField } from '../check/resolve.ts'
import { compareBigints } from '../plan/match.ts'
import type { ParameterFault, SearchFault } from '../syntax/syntax-error.ts'
import { compareOrderValues, orderValueReader } from './spec-order.ts'

/** One field that a list is ordered by. */
export interface OrderKey<R = SearchRecord> {
  /** The name as in the request: `created_time`, `labels.env`. */
  readonly field: string
  readonly source: Column<R> | LabelField<R> | SpecField<R>
  readonly direction: Direction
}

/** Most adjacent label keys that are looked up one by one. With more, a comparison reads only the labels of the two records. */
export const MAX_LABELS_IN_TURN = 8

export type OrderResult<R> =
  | { readonly kind: 'order'; readonly keys: readonly OrderKey<R>[] }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

/** Reads both parameters. The last key breaks ties. An empty parameter counts as absent. */
export function readOrder<R>(
  orderBy: string | undefined,
  order: string | undefined,
  catalogue: Catalogue<R>,
): OrderResult<R> {
  const fields = orderBy?.trim() ?? ''
  const direction = order?.trim() ?? ''
  const faults: ParameterFault[] = []
  const keys =
    fields === '' ? orderAlone(direction, catalogue, faults) : both(fields, direction, catalogue, faults)
  const [first] = faults
  if (first !== undefined) {
    return { kind: 'fault', fault: { detail: badOrderText(first.value ?? ''), errors: listedFaults(faults) } }
  }
  return { kind: 'order', keys: withTieBreaker(keys, catalogue) }
}

/** `order` without `orderBy` is a direction, or a list of fields with directions as newer clients send it. */
function orderAlone<R>(order: string, catalogue: Catalogue<R>, faults: ParameterFault[]): OrderKey<R>[] {
  const { column, direction } = catalogue.defaultOrder
  if (order === '') return [{ field: column.name, source: column, direction }]
  const onlyDirection = readDirection(order)
  if (onlyDirection !== undefined) return [{ field: column.name, source: column, direction: onlyDirection }]
  return readItems('order', order, 'asc', catalogue, faults)
}

function both<R>(
  orderBy: string,
  order: string,
  catalogue: Catalogue<R>,
  faults: ParameterFault[],
): OrderKey<R>[] {
  const direction = order === '' ? 'asc' : readDirection(order)
  const keys = readItems('orderBy', orderBy, direction ?? 'asc', catalogue, faults)
  if (direction === undefined) faults.push(badOrder('order', order))
  return keys
}

function readItems<R>(
  parameter: 'orderBy' | 'order',
  text: string,
  otherwise: Direction,
  catalogue: Catalogue<R>,
  faults: ParameterFault[],
): OrderKey<R>[] {
  const keys: OrderKey<R>[] = []
  for (const item of text.split(',').map(part => part.trim())) {
    const key = readItem(item, otherwise, catalogue)
    if (key === undefined) faults.push(badOrder(parameter, item, orderHint(item, catalogue)))
    else keys.push(key)
  }
  return keys
}

function readItem<R>(item: string, otherwise: Direction, catalogue: Catalogue<R>): OrderKey<R> | undefined {
  const [field = '', word, ...rest] = item.split(/\s+/)
  const source = orderSource(field, catalogue)
  const direction = word === undefined ? otherwise : readDirection(word)
  if (source === undefined || direction === undefined || rest.length > 0) return undefined
  return { field, source, direction }
}

function orderSource<R>(name: string, catalogue: Catalogue<R>): OrderKey<R>['source'] | undefined {
  if (catalogue.orderable.has(name)) return catalogue.columns.get(name)
  if (catalogue.spec !== undefined && catalogue.specOrders.has(name))
    return specField(name.split('.'), catalogue.spec)
  if (catalogue.labels === undefined || !name.startsWith('labels.')) return undefined
  const key = name.slice('labels.'.length)
  return isSearchableLabelKey(key) ? { kind: 'label', key, labels: catalogue.labels } : undefined
}

function readDirection(word: string): Direction | undefined {
  const lower = word.toLowerCase()
  return lower === 'asc' || lower === 'desc' ? lower : undefined
}

function badOrder(field: 'orderBy' | 'order', item: string, hint?: string): ParameterFault {
  const text = badOrderText(item)
  const message = hint === undefined ? text : `${text}; ${hint}`
  return { field, constraint: 'order', message, value: item }
}

function badOrderText(item: string): string {
  return `bad order value '${item}'`
}

/** Says how to index a path in the spec that has no index (contract 13.6). */
function orderHint<R>(item: string, catalogue: Catalogue<R>): string | undefined {
  const [path = ''] = item.split(/\s+/)
  const isUnindexed = catalogue.spec !== undefined && !catalogue.specOrders.has(path)
  return isUnindexed && PATH.test(path) ? specIndexHint([path]) : undefined
}

const PATH = new RegExp(SPEC_PATH.pattern)

/** Appends the key that breaks ties, in the direction of the last field. Drops a repeated field: it decides nothing. */
function withTieBreaker<R>(keys: readonly OrderKey<R>[], catalogue: Catalogue<R>): readonly OrderKey<R>[] {
  const source = catalogue.tieBreaker
  const direction = keys.at(-1)?.direction ?? 'asc'
  const byField = new Map<string, OrderKey<R>>()
  for (const key of [...keys, { field: source.name, source, direction }]) {
    if (!byField.has(key.field)) byField.set(key.field, key)
  }
  return [...byField.values()]
}

type Compare<R> = (a: R, b: R) => number

/** Compares records by the first key in which they differ. */
export function compareRecords<R>(keys: readonly OrderKey<R>[]): Compare<R> {
  const comparisons = rowsOf(keys).flatMap(comparisonsBy)
  return (a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Groups keys into rows: adjacent labels are one row, any other field is a row of its own. */
function rowsOf<R>(keys: readonly OrderKey<R>[]): readonly (readonly OrderKey<R>[])[] {
  const rows: OrderKey<R>[][] = []
  for (const key of keys) {
    const row = rows.at(-1)
    if (key.source.kind === 'label' && row?.[0]?.source.kind === 'label') row.push(key)
    else rows.push([key])
  }
  return rows
}

function comparisonsBy<R>(row: readonly OrderKey<R>[]): readonly Compare<R>[] {
  return row.length > MAX_LABELS_IN_TURN ? [compareByLabels(row)] : row.map(compareByKey)
}

function compareByLabels<R>(row: readonly OrderKey<R>[]): Compare<R> {
  const place = firstDifference(row.flatMap(({ source }) => (source.kind === 'label' ? [source] : [])))
  const comparisons = row.map(compareByKey)
  return (a, b) => comparisons[place(a, b)]?.(a, b) ?? 0
}

function compareByKey<R>({ source, direction }: OrderKey<R>): Compare<R> {
  const sign = direction === 'asc' ? 1 : -1
  if (source.kind === 'integer' || source.kind === 'time') {
    return (a, b) => compareOptional(source.read(a), source.read(b), sign, compareBigints)
  }
  if (source.kind === 'spec') {
    const read = orderValueReader(source)
    return (a, b) => compareOptional(read(a), read(b), sign, compareOrderValues)
  }
  return (a, b) => compareOptional(readText(source, a), readText(source, b), sign, compareCodePoints)
}

/** A missing value sorts last in either direction. */
export function compareOptional<V>(
  a: V | undefined,
  b: V | undefined,
  sign: number,
  compare: (a: V, b: V) => number,
): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return sign * compare(a, b)
}

type Labels = ReadonlyMap<string, string> | undefined

/**
 * The place in the row of the first label in which two records differ; -1 if there is none. A request has room for a thousand
 * label keys (contract 7.4, 8.1), so the cost of a comparison must depend only on the labels of the two records.
 */
function firstDifference<R>(row: readonly LabelField<R>[]): (a: R, b: R) => number {
  const places = new Map(row.map(({ key }, place) => [key, place]))
  const [first] = row
  return (a, b) => {
    const [left, right] = [first?.labels(a), first?.labels(b)]
    const place = Math.min(firstNotIn(right, left, places), firstNotIn(left, right, places))
    return place < row.length ? place : -1
  }
}

/** The first place of a label that the other record lacks or has with another value; infinite if there is none. */
function firstNotIn(other: Labels, labels: Labels, places: ReadonlyMap<string, number>): number {
  let first = Number.POSITIVE_INFINITY
  for (const [key, value] of labels ?? []) {
    const place = places.get(key)
    if (place !== undefined && place < first && other?.get(key) !== value) first = place
  }
  return first
}
