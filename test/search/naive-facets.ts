// Counts by the values of fields, as an oracle: one record after another, without an index.
import type { Resource } from '../../src/state/records.ts'
import { compareCodePoints } from '../../src/wire/text.ts'

export interface NaiveFacet {
  readonly field: string
  readonly values: readonly { readonly value: string; readonly count: number }[]
  readonly others: number
  readonly missing: number
}

/** The facets of records in the order of `by`. */
export function naiveFacets(records: readonly Resource[], by: string, limit: number): NaiveFacet[] {
  return by.split(',').map(field => naiveFacet(records, field, limit))
}

function naiveFacet(records: readonly Resource[], field: string, limit: number): NaiveFacet {
  const all = records.map(record => valuesOf(record, field))
  const counts = new Map<string, number>()
  for (const value of all.flat()) counts.set(value, (counts.get(value) ?? 0) + 1)
  const sorted = [...counts].sort(([a, m], [b, n]) => (m === n ? compareCodePoints(a, b) : n - m))
  return {
    field,
    values: sorted.slice(0, limit).map(([value, count]) => ({ value, count })),
    others: sorted.slice(limit).reduce((sum, [, count]) => sum + count, 0),
    missing: all.filter(values => values.length === 0).length,
  }
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
