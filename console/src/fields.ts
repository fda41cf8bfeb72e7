// The search language as far as a field completes it: names, operators and values (contract 8.2, 8.3, 13).
import { pathOf, read } from './api/client.ts'
import type { Facets } from './api/types.ts'
import type { Place } from './places.ts'
import { literal } from './text.ts'

export type ListName = 'clusters' | 'nodepools'

/** A text that can stand where the cursor is. */
export interface Suggestion {
  readonly text: string
  readonly hint: string
}

const PLAIN_FIELDS: readonly Suggestion[] = [
  { text: 'name', hint: 'text' },
  { text: 'id', hint: 'text' },
  { text: 'generation', hint: 'integer' },
  { text: 'created_time', hint: 'time' },
  { text: 'updated_time', hint: 'time' },
  { text: 'created_by', hint: 'text' },
  { text: 'updated_by', hint: 'text' },
  { text: 'deleted_time', hint: 'time, while being deleted' },
  { text: 'deleted_by', hint: 'text, while being deleted' },
]
const OF_NODEPOOLS: readonly Suggestion[] = [{ text: 'owner_id', hint: 'the cluster' }]
const BEHIND_COMPARISON: readonly Suggestion[] = [
  { text: 'and', hint: 'both' },
  { text: 'or', hint: 'either' },
]
const SUBFIELDS = ['last_updated_time', 'last_transition_time', 'observed_generation']
const TIMES: readonly Suggestion[] = [
  { text: 'now-5m', hint: 'five minutes ago' },
  { text: 'now-30m', hint: 'half an hour ago' },
  { text: 'now-1h', hint: 'an hour ago' },
  { text: 'now-1d', hint: 'a day ago' },
]
const MAX_VALUES = 50

/** What can stand at a place. The server knows the labels, types and values in use. */
export async function suggestionsAt(
  place: Place,
  list: ListName,
  signal: AbortSignal,
): Promise<readonly Suggestion[]> {
  switch (place.kind) {
    case 'field':
      return fitting(await fieldsOf(list, signal), place.prefix)
    case 'operator':
      return fitting(place.field === '' ? BEHIND_COMPARISON : operatorsOf(place.field), place.prefix)
    case 'value':
      return fitting(await valuesOf(place.field, list, signal), place.prefix)
  }
}

async function fieldsOf(list: ListName, signal: AbortSignal): Promise<readonly Suggestion[]> {
  const facets = await count(list, 'labels,conditions', signal)
  const [labels, conditions] = facets.facets
  const types = conditions?.values ?? []
  return [
    ...(labels?.values ?? [])
      .filter(({ value }) => /^[a-z0-9_]+$/.test(value))
      .map(({ value }) => ({ text: `labels.${value}`, hint: 'label' })),
    ...types.map(({ value }) => ({ text: `status.conditions.${value}`, hint: 'True or False' })),
    ...types.flatMap(({ value }) =>
      SUBFIELDS.map(sub => ({
        text: `status.conditions.${value}.${sub}`,
        hint: sub.endsWith('time') ? 'time' : 'integer',
      })),
    ),
    ...PLAIN_FIELDS,
    ...(list === 'nodepools' ? OF_NODEPOOLS : []),
    { text: 'not', hint: 'the opposite' },
  ]
}

function operatorsOf(field: string): readonly Suggestion[] {
  if (/^status\.conditions\.[A-Za-z0-9]+$/.test(field)) return [{ text: '=', hint: 'is' }]
  const compared = ['=', '!=', '<', '<=', '>', '>='].map(text => ({ text, hint: '' }))
  if (isTime(field) || field.endsWith('generation')) return compared
  return [
    { text: '=', hint: 'is' },
    { text: '!=', hint: 'is not' },
    { text: 'in', hint: "one of ('a', 'b')" },
    { text: 'like', hint: "'prefix%'" },
    { text: 'is null', hint: 'has none' },
    { text: 'is not null', hint: 'has one' },
  ]
}

async function valuesOf(field: string, list: ListName, signal: AbortSignal): Promise<readonly Suggestion[]> {
  if (/^status\.conditions\.[A-Za-z0-9]+$/.test(field))
    return ['True', 'False'].map(value => ({ text: literal(value), hint: '' }))
  if (isTime(field)) return TIMES
  if (!/^(labels\.[a-z0-9_]+|created_by|updated_by|owner_id|spec\..+)$/.test(field)) return []
  const facets = await count(list, field, signal)
  return (facets.facets[0]?.values ?? []).map(({ value, count }) => ({
    text: literal(value),
    hint: String(count),
  }))
}

async function count(list: ListName, by: string, signal: AbortSignal): Promise<Facets> {
  return (await read<Facets>(pathOf(`/facets/${list}`, { by, limit: MAX_VALUES }), { signal })).value
}

/** Those that begin with the prefix, then those that contain it. */
function fitting(all: readonly Suggestion[], prefix: string): readonly Suggestion[] {
  const sought = prefix.toLowerCase()
  const begins = ({ text }: Suggestion) => text.toLowerCase().startsWith(sought)
  const bare = sought.replace(/^'/, '')
  const contains = (each: Suggestion) =>
    !begins(each) && bare !== '' && each.text.toLowerCase().includes(bare)
  return [...all.filter(begins), ...all.filter(contains)].filter(({ text }) => text !== prefix)
}

function isTime(field: string): boolean {
  return field.endsWith('_time')
}
