// The fields of a count: reads `by` into them, and finds every field that cannot be counted (contract 15.1, 15.4).
import { ADAPTER_NAME } from '../../fleet/adapter-name.ts'
import { MAX_SPEC_KEYS, SPEC_PATH } from '../../index/spec-path.ts'
import type { ResourceKind } from '../../state/records.ts'
import { nearestName } from '../../wire/text.ts'
import {
  type ConditionTimeSubfield,
  isConditionType,
  isSearchableLabelKey,
  specIndexHint,
} from '../check/fields.ts'
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
  | { readonly kind: 'adapter'; readonly name: string; readonly adapter: string }
  | { readonly kind: 'adapter-time'; readonly name: string; readonly adapter: string }
  /** The name is the path. */
  | { readonly kind: 'spec'; readonly name: string }
  | { readonly kind: 'deleting' | 'labels' | 'conditions' | 'adapters'; readonly name: string }

/** The columns with an index of their values. */
type ValueColumn = 'generation' | 'created_by' | 'updated_by' | 'owner_id'

/** The columns of times. They are counted in buckets (contract 15.3). */
export type TimeColumn = 'created_time' | 'updated_time' | 'deleted_time'

export type FacetFieldsResult =
  | { readonly kind: 'fields'; readonly fields: readonly FacetField[] }
  | { readonly kind: 'too-many'; readonly count: number }
  | { readonly kind: 'fault'; readonly fault: SearchFault }

/** The fields that are names, and not paths. */
export const COUNTED_FIELDS = [
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
  'adapters',
] as const satisfies readonly FacetField['kind'][]

const CONDITION_TIMES = ['last_updated_time', 'last_transition_time'] as const
const LABEL = 'labels.'
const CONDITION = 'status.conditions.'
const ADAPTER = 'adapters.'
const REPORT_TIME = '.last_report_time'
const ADAPTER_PATTERN = new RegExp(ADAPTER_NAME.pattern)

/** The indexes that a field may need. */
export interface FacetIndexes {
  readonly kind: ResourceKind
  readonly labels: {
    /** True for a key in use that has no index. */
    isUnindexed(key: string): boolean
  }
  readonly specs: {
    /** Undefined for a path without an index. */
    get(path: string): object | undefined
  }
}

/** Reads a comma-separated list of fields. Without any nothing is counted but the total. */
export function readFacetFields(by: string | undefined, indexes: FacetIndexes): FacetFieldsResult {
  const text = by?.trim() ?? ''
  if (text === '') return { kind: 'fields', fields: [] }
  const items = text.split(',')
  if (items.length > MAX_FACETS) return { kind: 'too-many', count: items.length }
  const fields: FacetField[] = []
  const faults: ParameterFault[] = []
  for (const item of items) {
    const name = item.trim()
    const field = fieldNamed(name, indexes)
    if (field === undefined) faults.push(uncountable(name, hintFor(name, indexes.kind)))
    else if (field.kind === 'label' && indexes.labels.isUnindexed(field.key))
      faults.push(uncountable(name, WITHOUT_INDEX))
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

function fieldNamed(name: string, { kind, specs }: FacetIndexes): FacetField | undefined {
  if (name.startsWith(LABEL)) {
    const key = name.slice(LABEL.length)
    return isSearchableLabelKey(key) ? { kind: 'label', name, key } : undefined
  }
  if (name.startsWith(CONDITION)) {
    return conditionField(name)
  }
  if (name.startsWith(ADAPTER)) return adapterField(name)
  if (name.startsWith(SPEC)) return specs.get(name) && { kind: 'spec', name }
  if (name === 'owner_id' && kind === 'Cluster') return undefined
  const plain = COUNTED_FIELDS.find(each => each === name)
  return plain && { kind: plain, name }
}

function conditionField(name: string): FacetField | undefined {
  const [type = '', subfield, ...rest] = name.slice(CONDITION.length).split('.')
  if (!isConditionType(type) || rest.length > 0) return undefined
  if (subfield === undefined) return { kind: 'condition', name, type }
  const time = CONDITION_TIMES.find(each => each === subfield)
  return time && { kind: 'condition-time', name, type, subfield: time }
}

/** The name of an adapter may have dots. */
function adapterField(name: string): FacetField | undefined {
  const isTime = name.endsWith(REPORT_TIME)
  const adapter = name.slice(ADAPTER.length, isTime ? -REPORT_TIME.length : undefined)
  if (adapter.length > ADAPTER_NAME.maxLength || !ADAPTER_PATTERN.test(adapter)) return undefined
  return { kind: isTime ? 'adapter-time' : 'adapter', name, adapter }
}

function detailOf(name: string): string {
  return `cannot count by '${name}'`
}

function uncountable(name: string, hint: string): ParameterFault {
  return { field: 'by', constraint: 'field', message: `${detailOf(name)}; ${hint}`, value: name }
}

const WITHOUT_INDEX =
  'the label has no index, because other keys came first and were too many; /explain shows how a search by it is answered'
const SPEC = 'spec.'
const SPEC_PATTERN = new RegExp(SPEC_PATH.pattern)

function specHint(name: string): string {
  if (SPEC_PATTERN.test(name)) return specIndexHint([name])
  return `a value in the spec is written like spec.region, with at most ${MAX_SPEC_KEYS} keys`
}

const FORMS =
  'the fields are labels.<key>, status.conditions.<Type>, indexed values of the spec, generation, created_by, updated_by, deleting, labels, conditions, adapters and adapters.<adapter>; and times: created_time, updated_time, deleted_time, status.conditions.<Type>.last_updated_time and .last_transition_time, and adapters.<adapter>.last_report_time'

function hintFor(name: string, kind: ResourceKind): string {
  if (name === '') return `a field is missing: ${FORMS}`
  if (name === 'owner_id') return 'only nodepools have an owner'
  if (name.startsWith(SPEC) || name === 'spec') return specHint(name)
  if (name.startsWith(ADAPTER))
    return 'an adapter is written like adapters.dns or adapters.dns.last_report_time'
  if (name.startsWith(LABEL)) return 'the key of a label has only lowercase letters, digits and underscores'
  if (name.startsWith(CONDITION))
    return 'a condition is written like status.conditions.Ready, and its times like status.conditions.Ready.last_updated_time or .last_transition_time'
  const near = nearestName(
    name,
    kind === 'Cluster' ? COUNTED_FIELDS.filter(each => each !== 'owner_id') : COUNTED_FIELDS,
  )
  return near === undefined ? FORMS : `did you mean ${near}?`
}
