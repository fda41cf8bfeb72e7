// The fields of a count: reads `by` into them, and finds every field that cannot be counted (contract 15.1, 15.4).
import type { ResourceKind } from '../../state/records.ts'
import { nearestName } from '../../wire/text.ts'
import { type ConditionTimeSubfield, isConditionType, isSearchableLabelKey } from '../check/fields.ts'
import type { ParameterFault, SearchFault } from '../syntax/syntax-error.ts'

/** Most fields of one count (contract 15.1). */
export const MAX_FACETS = 16

/** A field whose values are counted. `name` is as in the request. */
export type FacetField =
  | { readonly kind: 'label'; readonly name: string; readonly key: string }
  | { readonly kind: 'condition'; readonly name: string; readonly type: string }
  | { readonly kind: ValueColumn; readonly name: string }
  | { readonly kind: TimeColumn; readonly name: string }
  | {
      readonly kind: 'condition-time'
      readonly name: string
      readonly type: string
      readonly subfield: ConditionTimeSubfield
    }
  | { readonly kind: 'deleting' | 'labels' | 'conditions'; readonly name: string }

/** The columns with an index of their values. */
type ValueColumn = 'generation' | 'created_by' | 'updated_by' | 'owner_id'

/** The columns of times. They are counted in buckets (contract 15.3). */
export type TimeColumn = 'created_time' | 'updated_time' | 'deleted_time'

export type FacetFieldsResult =
  | { readonly kind: 'fields'; readonly fields: readonly FacetField[] }
  | { readonly kind: 'too-many'; readonly count: number }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

const PLAIN = [
  'generation',
  'created_by',
  'updated_by',
  'owner_id',
  'created_time',
  'updated_time',
  'deleted_time',
  'deleting',
  'labels',
  'conditions',
] as const satisfies readonly FacetField['kind'][]

const CONDITION_TIMES = ['last_updated_time', 'last_transition_time'] as const
const LABEL = 'labels.'
const CONDITION = 'status.conditions.'
const SPEC = 'spec.'

/**
 * Reads a comma-separated list of fields. Without any nothing is counted but the total.
 * @param isUnindexed true for a label key in use that has no index
 */
export function readFacetFields(
  by: string | undefined,
  kind: ResourceKind,
  isUnindexed: (key: string) => boolean,
): FacetFieldsResult {
  const text = by?.trim() ?? ''
  if (text === '') return { kind: 'fields', fields: [] }
  const items = text.split(',')
  if (items.length > MAX_FACETS) return { kind: 'too-many', count: items.length }
  const fields: FacetField[] = []
  const faults: ParameterFault[] = []
  for (const item of items) {
    const name = item.trim()
    const field = fieldNamed(name, kind)
    if (field === undefined) faults.push(uncountable(name, hintFor(name, kind)))
    else if (field.kind === 'label' && isUnindexed(field.key)) faults.push(uncountable(name, WITHOUT_INDEX))
    else fields.push(field)
  }
  return faults.length === 0 ? { kind: 'fields', fields } : { kind: 'fault', fault: faultOf(faults) }
}

/** The fault of a label that has no index. */
export function unindexedFault(name: string): SearchFault {
  return faultOf([uncountable(name, WITHOUT_INDEX)])
}

function faultOf(errors: readonly ParameterFault[]): SearchFault {
  return { detail: detailOf(errors[0]?.value ?? ''), errors }
}

function fieldNamed(name: string, kind: ResourceKind): FacetField | undefined {
  if (name.startsWith(LABEL)) {
    const key = name.slice(LABEL.length)
    return isSearchableLabelKey(key) ? { kind: 'label', name, key } : undefined
  }
  if (name.startsWith(CONDITION)) {
    return conditionField(name)
  }
  if (name === 'owner_id' && kind === 'Cluster') return undefined
  const plain = PLAIN.find(each => each === name)
  return plain && { kind: plain, name }
}

function conditionField(name: string): FacetField | undefined {
  const [type = '', subfield, ...rest] = name.slice(CONDITION.length).split('.')
  if (!isConditionType(type) || rest.length > 0) return undefined
  if (subfield === undefined) return { kind: 'condition', name, type }
  const time = CONDITION_TIMES.find(each => each === subfield)
  return time && { kind: 'condition-time', name, type, subfield: time }
}

function detailOf(name: string): string {
  return `cannot count by '${name}'`
}

function uncountable(name: string, hint: string): ParameterFault {
  return { field: 'by', constraint: 'field', message: `${detailOf(name)}; ${hint}`, value: name }
}

const WITHOUT_INDEX =
  'the label has no index, because other keys came first and were too many; /explain shows how a search by it is answered'
const FORMS =
  'the fields are labels.<key>, status.conditions.<Type>, generation, created_by, updated_by, deleting, labels and conditions; and times: created_time, updated_time, deleted_time, status.conditions.<Type>.last_updated_time and .last_transition_time'

function hintFor(name: string, kind: ResourceKind): string {
  if (name === '') return `a field is missing: ${FORMS}`
  if (name === 'owner_id') return 'only nodepools have an owner'
  if (name.startsWith(SPEC)) return 'no path of spec is indexed'
  if (name.startsWith(LABEL)) return 'the key of a label has only lowercase letters, digits and underscores'
  if (name.startsWith(CONDITION))
    return 'a condition is written like status.conditions.Ready, and its times like status.conditions.Ready.last_updated_time or .last_transition_time'
  const near = nearestName(name, kind === 'Cluster' ? PLAIN.filter(each => each !== 'owner_id') : PLAIN)
  return near === undefined ? FORMS : `did you mean ${near}?`
}
