// Counts by the values of fields, as an oracle: one record after another, without an index.
import type { Bucket, Facet } from '../../src/search/facets/countings.ts'
import type { AdapterStatus, Resource } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { compareCodePoints, isWellFormed } from '../../src/wire/text.ts'
import { specAt, textOf } from './naive-spec.ts'

export interface NaiveForm {
  readonly limit: number
  readonly agesMs: readonly number[]
  readonly now: Instant
}

/** A resource and the adapters' statuses about it. */
export interface Row {
  readonly resource: Resource
  readonly statuses: readonly { readonly status: AdapterStatus }[]
}

/** The facets of rows in the order of `by`. */
export function naiveFacets(rows: readonly Row[], by: string, form: NaiveForm): Facet[] {
  return by
    .split(',')
    .map(field => (field.endsWith('_time') ? naiveTimes(rows, field, form) : naiveValues(rows, field, form)))
}

function naiveValues(rows: readonly Row[], field: string, { limit }: NaiveForm): Facet {
  const all = rows.map(row => valuesOf(row, field))
  const counts = new Map<string, number>()
  for (const value of all.flat()) if (value !== UNINDEXED) counts.set(value, (counts.get(value) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => (m === n ? compareCodePoints(a, b) : n - m))
  const unindexed = all.flat().filter(value => value === UNINDEXED).length
  return {
    kind: 'values',
    field,
    values: sorted.slice(0, limit).map(([value, count]) => ({ value, count })),
    others: sorted.slice(limit).reduce((sum, [, count]) => sum + count, 0) + unindexed,
    missing: all.filter(values => values.length === 0).length,
  }
}

/** Stands for a text of the spec that has no index (contract 13.5). It is among the others. */
const UNINDEXED = Symbol('unindexed')

function naiveTimes(rows: readonly Row[], field: string, { agesMs, now }: NaiveForm): Facet {
  const times = rows.map(row => timeOf(row, field)).filter(time => time !== undefined)
  const ends = [now, ...agesMs.map(ms => now - BigInt(ms) * 1000n)]
  const bucket = (from: Instant | undefined, to: Instant | undefined): Bucket => {
    const isIn = (time: Instant) => (from === undefined || time > from) && (to === undefined || time <= to)
    return { from, to, count: times.filter(isIn).length }
  }
  const ahead = bucket(now, undefined)
  const buckets = ends.map((to, i) => bucket(ends[i + 1], to))
  return {
    kind: 'buckets',
    field,
    buckets: ahead.count > 0 ? [ahead, ...buckets] : buckets,
    missing: rows.length - times.length,
  }
}

function timeOf({ resource: record, statuses }: Row, field: string): Instant | undefined {
  if (field.startsWith('adapters.'))
    return statuses.find(({ status }) => field === `adapters.${status.adapter}.last_report_time`)?.status
      .lastReportTime
  if (field === 'created_time') return record.createdTime
  if (field === 'updated_time') return record.updatedTime
  if (field === 'deleted_time') return record.deletedTime
  const condition = record.conditions.find(({ type }) => field.startsWith(`status.conditions.${type}.`))
  return field.endsWith('.last_updated_time') ? condition?.lastUpdatedTime : condition?.lastTransitionTime
}

type Value = string | typeof UNINDEXED

function valuesOf({ resource: record, statuses }: Row, field: string): readonly Value[] {
  if (field === 'adapters') return statuses.map(({ status }) => status.adapter)
  if (field.startsWith('adapters.')) {
    const found = statuses.find(({ status }) => field === `adapters.${status.adapter}`)
    return present(found?.status.conditions.find(({ type }) => type === 'Available')?.status)
  }
  if (field.startsWith('spec.')) return specValues(record.spec, field)
  if (field === 'labels') return [...(record.labels?.keys() ?? [])]
  if (field === 'conditions') return record.conditions.map(({ type }) => type)
  if (field === 'deleting') return [String(record.deletedTime !== undefined)]
  if (field.startsWith('labels.')) return present(record.labels?.get(field.slice('labels.'.length)))
  if (field.startsWith('status.conditions.'))
    return present(record.conditions.find(({ type }) => field === `status.conditions.${type}`)?.status)
  if (field === 'generation') return [String(record.generation)]
  if (field === 'created_by') return [record.createdBy]
  if (field === 'updated_by') return [record.updatedBy]
  if (field === 'owner_id') return present(record.ownerId)
  throw new Error(`the oracle does not know ${field}`)
}

function specValues(spec: string, path: string): readonly Value[] {
  const text = textOf(specAt(spec, path.split('.').slice(1)))
  if (text === undefined) return []
  return [Buffer.byteLength(text) > 255 || !isWellFormed(text) ? UNINDEXED : text]
}

function present(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}
