// Resolves the name of a field to a column, a label, a value in the spec, a condition or a subfield of a condition (contract 8.3, 8.6-8.8,
// 13.2). Names are case-sensitive.

import { MAX_SPEC_KEYS } from '../../index/spec-path.ts'
import { nearestName } from '../../wire/text.ts'
import type { FieldSyntax } from '../syntax/syntax.ts'
import {
  type Catalogue,
  type Column,
  type ConditionField,
  type ConditionSubfield,
  type ConditionsReader,
  isConditionType,
  isSearchableLabelKey,
  type LabelField,
  type SpecField,
  type SpecReader,
} from './fields.ts'
import type { RequestTime } from './literals.ts'

export type ResolvedField<R> = Column<R> | LabelField<R> | SpecField<R> | ConditionField<R>

/** The state of a check. */
export interface Checking<R> {
  readonly catalogue: Catalogue<R>
  /** The offset of the outermost `not` above; undefined if there is none (contract 8.9). */
  readonly outermostNot: number | undefined
  /** The faults so far, in the order in which they were found. */
  readonly faults: CheckFault[]
  /** The `now` of relative times (contract 13.1). */
  readonly time: RequestTime
}

export interface CheckFault {
  readonly constraint: 'field' | 'operator' | 'value' | 'not'
  /** Position of the fault in code points. */
  readonly offset: number
  /** The exact text of contract 8.3-8.9. */
  readonly detail: string
  /** The faulty part of the query. */
  readonly value?: string
  /** Called only for faults that the answer lists, because the search for the nearest name is expensive. */
  readonly hint?: () => string | undefined
}

/** Finds the field and reports its faults. Undefined if there is no field to check the predicate on. */
export function resolveField<R>(field: FieldSyntax, checking: Checking<R>): ResolvedField<R> | undefined {
  const { columns, labels, spec, conditions } = checking.catalogue
  const { names } = field
  if (labels !== undefined && names[0] === 'labels' && names.length > 1) {
    return labelField(field, labels, checking.faults)
  }
  if (spec !== undefined && isSpecPath(names)) return specField(names, spec)
  if (conditions !== undefined && names[0] === 'status' && names[1] === 'conditions' && names.length > 2) {
    return conditionField(field, conditions, checking.faults)
  }
  const path = names.join('.')
  const column = columns.get(path)
  if (column === undefined) checking.faults.push(unknownField(field, path, checking))
  return column
}

function unknownField<R>(field: FieldSyntax, path: string, checking: Checking<R>): CheckFault {
  return {
    constraint: 'field',
    offset: field.offset,
    detail: `${path} is not a valid field name`,
    value: path,
    hint: () =>
      specHint(field.names, checking) ??
      didYouMean(nearestField(field.names, checking)) ??
      placeHint(field.names, checking),
  }
}

/** The hint for a path in the spec with no key, or with too many. */
function specHint<R>(names: readonly string[], { catalogue }: Checking<R>): string | undefined {
  if (catalogue.spec === undefined || names[0] !== 'spec') return undefined
  return names.length === 1
    ? 'name a value in it, such as spec.region'
    : `a path in the spec has at most ${MAX_SPEC_KEYS} keys`
}

/** The hint for a bare name, which may be that of a condition, a label or a value in the spec. */
function placeHint<R>(names: readonly string[], { catalogue }: Checking<R>): string | undefined {
  const [name = ''] = names
  if (names.length > 1) return undefined
  const places: string[] = []
  if (catalogue.conditions !== undefined && isConditionType(name))
    places.push(`a condition is status.conditions.${name}`)
  else if (catalogue.labels !== undefined && isSearchableLabelKey(name))
    places.push(`a label is labels.${name}`)
  if (catalogue.spec !== undefined) places.push(`a value in the spec is spec.${name}`)
  return places.length === 0 ? undefined : places.join(', ')
}

/** Names in other APIs. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['created_at', 'created_time'],
  ['createdAt', 'created_time'],
  ['creationTimestamp', 'created_time'],
  ['metadata.creationTimestamp', 'created_time'],
  ['updated_at', 'updated_time'],
  ['updatedAt', 'updated_time'],
  ['deleted_at', 'deleted_time'],
  ['deletedAt', 'deleted_time'],
  ['deletionTimestamp', 'deleted_time'],
  ['metadata.deletionTimestamp', 'deleted_time'],
  ['metadata.name', 'name'],
  ['metadata.generation', 'generation'],
  ['owner_references.id', 'owner_id'],
])

/** The valid name nearest to a wrong one. Label keys and condition types stay as the user wrote them. */
function nearestField<R>(names: readonly string[], { catalogue }: Checking<R>): string | undefined {
  const [first = '', second = '', ...rest] = names
  const known = ELSEWHERE.get(names.join('.'))
  if (known !== undefined && catalogue.columns.has(known)) return known
  if (catalogue.labels !== undefined && first === 'metadata' && second === 'labels' && rest.length > 0)
    return ['labels', ...rest].join('.')
  if (catalogue.conditions !== undefined && first === 'conditions' && second !== '')
    return ['status.conditions', second, ...rest].join('.')
  if (catalogue.labels !== undefined && names.length > 1 && nearestName(first, ['labels'])) {
    return ['labels', second, ...rest].join('.')
  }
  if (catalogue.spec !== undefined && names.length > 1 && nearestName(first, ['spec']) === 'spec') {
    const meant = ['spec', second, ...rest]
    return isSpecPath(meant) ? meant.join('.') : undefined
  }
  if (catalogue.conditions !== undefined && rest.length > 0) {
    const stem = nearestName(`${first}.${second}`, ['status.conditions'])
    if (stem !== undefined) return [stem, ...rest].join('.')
  }
  return nearestName(names.join('.'), catalogue.columns.keys())
}

/** True for the names of a value in the spec (contract 13.2, 13.4). */
export function isSpecPath(names: readonly string[]): boolean {
  return names[0] === 'spec' && names.length > 1 && names.length <= MAX_SPEC_KEYS + 1
}

/** @param names the whole path, `spec` included */
export function specField<R>(names: readonly string[], spec: SpecReader<R>): SpecField<R> {
  return { kind: 'spec', name: names.join('.'), path: names.slice(1), spec }
}

function labelField<R>(
  field: FieldSyntax,
  labels: LabelField<R>['labels'],
  faults: CheckFault[],
): LabelField<R> {
  const key = field.names.slice(1).join('.')
  if (!isSearchableLabelKey(key)) {
    faults.push({
      constraint: 'field',
      offset: offsetOfName(field, 1),
      detail: `label key '${key}' is invalid: must contain only lowercase letters, digits, and underscores`,
      value: key,
      hint: () => didYouMean(isSearchableLabelKey(key.toLowerCase()) ? key.toLowerCase() : undefined),
    })
  }
  return { kind: 'label', key, labels }
}

function conditionField<R>(
  field: FieldSyntax,
  conditions: ConditionsReader<R>,
  faults: CheckFault[],
): ConditionField<R> {
  const type = field.names[2] ?? ''
  if (!isConditionType(type)) {
    faults.push({
      constraint: 'field',
      offset: offsetOfName(field, 2),
      detail: `condition type '${type}' is invalid: must be PascalCase (e.g., Ready, Available)`,
      value: type,
      hint: () => didYouMean(pascalCase(type)),
    })
  }
  const subfield = field.names.length === 3 ? 'status' : conditionSubfield(field, faults)
  return { kind: 'condition', conditions, type, subfield }
}

const SUBFIELDS: readonly ConditionSubfield[] = [
  'last_updated_time',
  'last_transition_time',
  'observed_generation',
]

function conditionSubfield(field: FieldSyntax, faults: CheckFault[]): ConditionSubfield | undefined {
  const name = field.names.slice(3).join('.')
  const subfield = SUBFIELDS.find(candidate => candidate === name)
  if (subfield !== undefined) return subfield
  faults.push({
    constraint: 'field',
    offset: offsetOfName(field, 3),
    detail: `condition subfield '${name}' is not supported; use last_updated_time, last_transition_time, or observed_generation`,
    value: name,
    hint: () => didYouMean(nearestName(name, SUBFIELDS)),
  })
  return undefined
}

/** The offset of one name in a path. Names are ASCII: a UTF-16 unit is a code point. */
function offsetOfName(field: FieldSyntax, index: number): number {
  return field.names.slice(0, index).reduce((offset, name) => offset + name.length + 1, field.offset)
}

/** `gcp_provisioner` as `GcpProvisioner`. */
function pascalCase(name: string): string | undefined {
  const words = name.split('_').map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
  const pascal = words.join('')
  return isConditionType(pascal) ? pascal : undefined
}

function didYouMean(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `did you mean '${name}'?`
}
