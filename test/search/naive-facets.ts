// Counts by the values of fields, as an oracle: one record after another, without an index.
import type { Bucket, Facet } from '../../src/search/facets/countings.ts'
import type { Resource } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { compareCodePoints } from '../../src/wire/text.ts'

export interface NaiveForm {
  readonly limit: number
  readonly agesMs: readonly number[]
  readonly now: Instant
}

/** The facets of records in the order of `by`. */
export function naiveFacets(records: readonly Resource[], by: string, form: NaiveForm): Facet[] {
  return by
    .split(',')
    .map(field =>
      field.endsWith('_time') ? naiveTimes(records, field, form) : naiveValues(records, field, form),
    )
}

function naiveValues(records: readonly Resource[], field: string, { limit }: NaiveForm): Facet {
  const all = records.map(record => valuesOf(record, field))
  const counts = new Map<string, number>()
  for (const value of all.flat()) counts.set(value, (counts.get(value) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => (m === n ? compareCodePoints(a, b) : n - m))
  return {
    kind: 'values',
    field,
    values: sorted.slice(0, limit).map(([value, count]) => ({ value, count })),
    others: sorted.slice(limit).reduce((sum, [, count]) => sum + count, 0),
    missing: all.filter(values => values.length === 0).length,
  }
}

function naiveTimes(records: readonly Resource[], field: string, { agesMs, now }: NaiveForm): Facet {
  const times = records.map(record => timeOf(record, field)).filter(time => time !== undefined)
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
    missing: records.length - times.length,
  }
}

function timeOf(record: Resource, field: string): Instant | undefined {
  if (field === 'created_time') return record.createdTime
  if (field === 'updated_time') return record.updatedTime
  if (field === 'deleted_time') return record.deletedTime
  const condition = record.conditions.find(({ type }) => field.startsWith(`status.conditions.${type}.`))
  return field.endsWith('.last_updated_time') ? condition?.lastUpdatedTime : condition?.lastTransitionTime
}

function valuesOf(record: Resource, field: string): readonly string[] {
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

function present(value: string | undefined): readonly string[] {
  return value === undefined ? [] : [value]
}
