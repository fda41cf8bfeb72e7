// Paths of a resource's fields, such as `labels.region` and `status.conditions.Ready.message` (contract 13.7).
import { nearestName } from '../wire/text.ts'

/** The keys of a resource, in the order of contract 3.1. */
export const RESOURCE_KEYS = [
  'kind',
  'id',
  'href',
  'name',
  'owner_references',
  'generation',
  'spec',
  'labels',
  'created_time',
  'updated_time',
  'created_by',
  'updated_by',
  'deleted_time',
  'deleted_by',
  'status',
] as const

/** The members of a condition (contract 3.1). */
export const CONDITION_KEYS: readonly string[] = [
  'type',
  'status',
  'reason',
  'message',
  'observed_generation',
  'created_time',
  'last_updated_time',
  'last_transition_time',
]

/** A path of keys. Below `labels` there is one key, whatever it has. */
export type FieldPath = readonly string[]

const LABELS = 'labels'

/** Most items of `fields`. */
export const MAX_FIELDS = 64

/** The items of `fields`. */
export function fieldItems(text: string): string[] {
  return text
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== '')
}

/** The keys of a path with dots. Behind `labels.` all is one key. */
export function fieldPathOf(text: string): FieldPath {
  return text.startsWith(`${LABELS}.`) ? [LABELS, text.slice(LABELS.length + 1)] : text.split('.')
}

/** True if the first key is one of `keys`. */
export function beginsWith([first]: FieldPath, keys: readonly string[]): boolean {
  return keys.some(key => key === first)
}

/** The path with the one of `keys` that was probably meant for its first key. Undefined if none is near. */
export function nearestPath([first = '', ...rest]: FieldPath, keys: readonly string[]): string | undefined {
  const near = nearestName(first, keys)
  return near === undefined ? undefined : [near, ...rest].join('.')
}

/** True for a path below `status.conditions` that means a member of each condition. Others mean the condition of a type. */
export function isConditionMember([first, ...rest]: FieldPath): boolean {
  return CONDITION_KEYS.includes(first ?? '') && rest.length === 0
}
