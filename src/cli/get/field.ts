// Fields of the items of a list: paths as the parameter `fields` has them (contract 13.7), also in the JSONPath form of kubectl, with brackets.
// Their values are read from what the server answers.
import {
  beginsWith,
  type FieldPath,
  fieldPathOf,
  isConditionMember,
  MAX_FIELDS,
  nearestPath,
  RESOURCE_KEYS,
} from '../../state/field-path.ts'
import { UsageError } from '../command.ts'
import { isTreeObject, NumberText, type Tree } from '../documents/tree.ts'
import type { ListName } from '../resources/kind.ts'

/** The keys of a status of an adapter (contract 5.2). */
const STATUS_KEYS = [
  'adapter',
  'observed_generation',
  'conditions',
  'data',
  'metadata',
  'created_time',
  'last_report_time',
] as const

/** Fields of kubectl's objects that have another place here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['metadata.name', 'name'],
  ['metadata.uid', 'id'],
  ['metadata.labels', 'labels'],
  ['metadata.generation', 'generation'],
  ['metadata.creationTimestamp', 'created_time'],
  ['metadata.deletionTimestamp', 'deleted_time'],
  ['metadata.ownerReferences', 'owner_references'],
])

export type Step =
  | { readonly kind: 'key'; readonly key: string }
  /** Every item of an array, or every member of an object. */
  | { readonly kind: 'each' }
  /** An item of an array; a negative index counts from its end. */
  | { readonly kind: 'at'; readonly index: number }
  /** The items of an array whose member has a value. */
  | { readonly kind: 'where'; readonly member: string; readonly value: string }

/** A path from an item, or from something in it. */
export interface Field {
  /** As the user wrote it. */
  readonly text: string
  readonly steps: readonly Step[]
  /** The number of steps that lead to conditions, whose next key may be a type; `NO_CONDITIONS` if none do. */
  readonly conditionsAt: number
}

export const NO_CONDITIONS = -1

/** A field as `fields` names it: keys alone. */
export function plainField(item: string): Field {
  return fieldOf(item, keySteps(fieldPathOf(item)), true)
}

/**
 * Reads the path of a field of a resource or status: `.name`, `{.spec.nodes[0].zone}`, `.labels.app`, `.status.conditions.Ready.message`,
 * `.status.conditions[?(@.type=="Ready")].message`.
 * @param where names the option for the message
 * @throws UsageError that says what is wrong and what is allowed
 */
export function readField(text: string, list: ListName, where: string): Field {
  const field = fieldOf(text, readSteps(text, where), list !== 'statuses')
  assertField(field, list, where)
  return field
}

/** @throws UsageError if the first key is none that the items of the list have */
function assertField({ text, steps }: Field, list: ListName, where: string): void {
  const keys: readonly string[] = list === 'statuses' ? STATUS_KEYS : RESOURCE_KEYS
  const path = steps.flatMap(step => (step.kind === 'key' ? [step.key] : []))
  if (steps.length === 0 || (steps[0]?.kind === 'key' && beginsWith(path, keys))) return
  const other = list === 'statuses' ? undefined : ELSEWHERE.get(path.slice(0, 2).join('.'))
  const near = other === undefined ? nearestPath(path, keys) : [other, ...path.slice(2)].join('.')
  const hint =
    near === undefined ? `a path begins with one of ${keys.join(', ')}` : `did you mean '.${near}'?`
  throw new UsageError(`${where}: '${text}' is not a field of ${list}; ${hint}`)
}

function fieldOf(text: string, steps: readonly Step[], isResource: boolean): Field {
  const [first, second] = steps
  const isKey = (step: Step | undefined, key: string) => step?.kind === 'key' && step.key === key
  const conditionsAt = isResource
    ? isKey(first, 'status') && isKey(second, 'conditions')
      ? 2
      : NO_CONDITIONS
    : isKey(first, 'conditions')
      ? 1
      : NO_CONDITIONS
  return { text, steps, conditionsAt }
}

function keySteps(path: FieldPath): Step[] {
  return path.map(key => ({ kind: 'key', key }))
}

/** A run of keys with dots, or a bracket with what it encloses. Brackets in quotes are characters. */
const PIECE = /\[(?<inner>(?:'[^']*'|"[^"]*"|[^'"\]])*)\]|(?<keys>[^[\]]+)/y
const FILTER = /^\?\(\s*@\.(?<member>[\w-]+)\s*==\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')\s*\)$/
/** Stands for a dot that is a character of a key. No key has it in a command line. */
const ESCAPED_DOT = '\0'

/** @throws UsageError like `readField` */
export function readSteps(text: string, where: string): Step[] {
  const bare = text
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^[$@]/, '')
    .replace(/^\./, '')
    .replaceAll('\\.', ESCAPED_DOT)
  const steps: Step[] = []
  for (let at = 0; at < bare.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at
    const { inner, keys } = PIECE.exec(bare)?.groups ?? {}
    if (inner !== undefined) steps.push(bracketStep(inner, text, where))
    else if (keys !== undefined) steps.push(...runSteps(keys, at === 0, text, where))
    else throw new UsageError(`${where}: '${text}' has a bracket that is not closed`)
  }
  return steps
}

function runSteps(run: string, isFirst: boolean, text: string, where: string): Step[] {
  const keys = isFirst ? fieldPathOf(run) : fieldPathOf(run.replace(/^\./, ''))
  if (keys.includes('')) throw new UsageError(`${where}: '${text}' has a dot without a key`)
  return keySteps(keys.map(key => key.replaceAll(ESCAPED_DOT, '.')))
}

function bracketStep(inner: string, text: string, where: string): Step {
  if (inner === '*') return { kind: 'each' }
  if (/^-?\d{1,9}$/.test(inner)) return { kind: 'at', index: Number(inner) }
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(inner)
  if (quoted !== null) return { kind: 'key', key: restored(quoted[1] ?? quoted[2]) }
  const { member, double, single } = FILTER.exec(inner)?.groups ?? {}
  if (member !== undefined) return { kind: 'where', member, value: restored(double ?? single) }
  throw new UsageError(
    `${where}: '${text}' has [${inner}]: must be [*], [0], ['key'] or [?(@.member=="value")]`,
  )
}

/** Between quotes a backslash before a dot is a backslash. */
function restored(text = ''): string {
  return text.replaceAll(ESCAPED_DOT, '\\.')
}

/** The values at the end of a path; none if a key is missing. */
export function valuesAt({ steps, conditionsAt }: Field, tree: Tree): Tree[] {
  let found: Tree[] = [tree]
  for (const [i, step] of steps.entries())
    found = found.flatMap(value =>
      i === conditionsAt && step.kind === 'key' && Array.isArray(value)
        ? conditionsOf(value, step.key, isMember(steps.slice(i)))
        : follow(value, step),
    )
  return found
}

function follow(value: Tree, step: Step): Tree[] {
  switch (step.kind) {
    case 'key':
      return isTreeObject(value) ? present(value.get(step.key)) : []
    case 'each':
      return Array.isArray(value) ? value : isTreeObject(value) ? [...value.values()] : []
    case 'at':
      return Array.isArray(value) ? present(value.at(step.index)) : []
    case 'where':
      return Array.isArray(value) ? value.filter(item => hasMember(item, step.member, step.value)) : []
  }
}

function conditionsOf(conditions: readonly Tree[], key: string, isOfEach: boolean): Tree[] {
  return isOfEach
    ? conditions.flatMap(condition => follow(condition, { kind: 'key', key }))
    : conditions.filter(condition => hasMember(condition, 'type', key))
}

function hasMember(value: Tree, member: string, text: string): boolean {
  const found = isTreeObject(value) ? value.get(member) : undefined
  return found !== undefined && scalarText(found) === text
}

function isMember(steps: readonly Step[]): boolean {
  const keys = steps.flatMap(step => (step.kind === 'key' ? [step.key] : []))
  return isConditionMember(keys)
}

function present(value: Tree | undefined): Tree[] {
  return value === undefined ? [] : [value]
}

/** The characters of a string, number, boolean or `null`; undefined for an object or array. */
export function scalarText(value: Tree): string | undefined {
  if (value instanceof NumberText) return value.text
  return Array.isArray(value) || isTreeObject(value) ? undefined : String(value)
}

/** True if the field is a condition of one type, and nothing in it. */
export function isCondition({ steps, conditionsAt }: Field): boolean {
  return (
    conditionsAt !== NO_CONDITIONS &&
    steps.length === conditionsAt + 1 &&
    !isMember(steps.slice(conditionsAt))
  )
}

/** The value of `fields` with which the server answers all of these. Undefined if only whole resources will do. */
export function fieldsParameter(fields: readonly Field[]): string | undefined {
  const items = new Set<string>()
  for (const field of fields) {
    const asked = itemsOf(field)
    if (asked.length === 0) return undefined
    for (const item of asked) items.add(item)
  }
  return items.size > MAX_FIELDS ? undefined : [...items].join(',')
}

/** Items of `fields` whose answers have a field; none for the whole resource. */
function itemsOf({ steps, conditionsAt }: Field): string[] {
  const keys: string[] = []
  for (const step of steps) {
    const isType = keys.length === conditionsAt && step.kind === 'where' && step.member === 'type'
    const key = step.kind === 'key' ? step.key : isType ? step.value : undefined
    if (key === undefined || !canBeNamed(key, keys)) break
    keys.push(key)
  }
  if (keys.length === 0) return []
  // The types distinguish several conditions with one member each.
  const isOfCondition = conditionsAt !== NO_CONDITIONS && keys.length > conditionsAt + 1
  const item = keys.join('.')
  return isOfCondition ? [`${keys.slice(0, conditionsAt + 1).join('.')}.type`, item] : [item]
}

/** True for a key that `fields` can name below these: it has commas and blanks between its items, and dots between its keys. */
function canBeNamed(key: string, above: readonly string[]): boolean {
  const isLabel = above.length === 1 && above[0] === 'labels'
  return key !== '' && !key.includes(',') && key.trim() === key && (isLabel || !key.includes('.'))
}
