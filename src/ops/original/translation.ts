// Documents of the original server as lines of an export. Ids, names, times, authors, generations, labels, specs, reports and
// conditions stay; what has no place here is counted.
import { conditionType } from '../../fleet/adapter-name.ts'
import { type ConditionSetting, initialConditions, SUMMARY_TYPES } from '../../fleet/conditions.ts'
import type { ResourceCondition, ResourceKind } from '../../state/records.ts'
import { formatInstant, type Instant } from '../../wire/instant.ts'
import { BASE_PATH } from '../../wire/paths.ts'
import { Document } from './document.ts'

/** A resource of the original with its statuses, each as JSON text. */
export interface OriginalResource {
  readonly kind: ResourceKind
  readonly id: string
  readonly text: string
  readonly statuses: readonly string[]
}

/** Members of a document that have no place here. */
export type Dropped = 'tenancy' | 'references'

export interface Translation {
  /** A line for the resource and one for each status, without line ends. */
  readonly lines: readonly string[]
  readonly dropped: readonly Dropped[]
}

export interface TranslationOptions {
  /** The conditions of a resource that has none there. */
  readonly setting: Readonly<Record<ResourceKind, ConditionSetting>>
}

/** @throws DocumentError when a member that every document has is missing or of another type */
export function translate(resource: OriginalResource, options: TranslationOptions): Translation {
  const read = new Document(resource.text, `${resource.kind} ${resource.id}`)
  const statuses = resource.statuses.map(
    text => new Document(text, `a status of ${resource.kind} ${resource.id}`),
  )
  const dropped: Dropped[] = []
  if (isFilled(read.value('tenancy'))) dropped.push('tenancy')
  if (isFilled(read.value('references'))) dropped.push('references')
  const created = read.time('created_time')
  const updated = read.time('updated_time')
  const specChanged = read.number('generation') === 1 ? created : updated
  const line = `{"record":"resource","spec_changed_time":${timeText(specChanged)},"document":${resourceText(
    resource,
    read,
    conditionsOf(resource.kind, read, statuses, options),
  )}}`
  const about = JSON.stringify({ kind: resource.kind, id: resource.id })
  const statusLines = statuses.map(
    status => `{"record":"status","resource":${about},"document":${statusText(status)}}`,
  )
  return { lines: [line, ...statusLines].map(inOneLine), dropped }
}

function resourceText(
  { kind, id }: OriginalResource,
  read: Document,
  conditions: readonly ResourceCondition[],
): string {
  const owner = ownerIdOf(read)
  const deleted = read.optionalTime('deleted_time')
  const labels = read.value('labels')
  return object([
    ['kind', JSON.stringify(kind)],
    ['id', JSON.stringify(id)],
    ['href', JSON.stringify(`${BASE_PATH}/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`)],
    ['name', JSON.stringify(read.string('name'))],
    [
      'owner_references',
      kind === 'Cluster' || owner === undefined
        ? undefined
        : JSON.stringify({ kind: 'Cluster', id: owner, href: `${BASE_PATH}/clusters/${owner}` }),
    ],
    ['generation', String(read.number('generation'))],
    ['spec', read.text('spec') ?? '{}'],
    ['labels', isFilled(labels) ? read.text('labels') : undefined],
    ['created_time', timeText(read.time('created_time'))],
    ['updated_time', timeText(read.time('updated_time'))],
    ['created_by', JSON.stringify(read.string('created_by'))],
    ['updated_by', JSON.stringify(read.string('updated_by'))],
    ['deleted_time', deleted === undefined ? undefined : timeText(deleted)],
    ['deleted_by', deleted === undefined ? undefined : JSON.stringify(read.string('deleted_by'))],
    ['status', `{"conditions":[${conditions.map(conditionText).join(',')}]}`],
  ])
}

/** The owner's id, of a nodepool. */
export function ownerIdOf(read: Document): string | undefined {
  const owner = read.value('owner_references')
  return typeof owner === 'object' && owner !== null && 'id' in owner && typeof owner.id === 'string'
    ? owner.id
    : undefined
}

function statusText(read: Document): string {
  const conditions = read
    .objects('conditions')
    .map(condition =>
      object([
        ['type', JSON.stringify(condition.string('type'))],
        ['status', JSON.stringify(condition.string('status'))],
        ...reasonMembers(condition),
        ['last_transition_time', timeText(condition.time('last_transition_time'))],
      ]),
    )
  return object([
    ['adapter', JSON.stringify(read.string('adapter'))],
    ['observed_generation', String(read.number('observed_generation'))],
    ['conditions', `[${conditions.join(',')}]`],
    ['metadata', read.text('metadata')],
    ['data', read.text('data')],
    ['created_time', timeText(read.time('created_time'))],
    ['last_report_time', timeText(read.time('last_report_time'))],
  ])
}

/**
 * The summary conditions that are there, in their order here; a resource without any gets the conditions of a new one. Then one
 * condition for each adapter that has reported True or False: the original shows only required adapters.
 */
function conditionsOf(
  kind: ResourceKind,
  read: Document,
  statuses: readonly Document[],
  { setting }: TranslationOptions,
): ResourceCondition[] {
  const known = new Map(conditionsIn(read).map(condition => [condition.type, condition]))
  const summary = SUMMARY_TYPES.flatMap(type => known.get(type) ?? [])
  const createdTime = read.time('created_time')
  const own = statuses.flatMap(status => {
    const condition = adapterCondition(status)
    if (condition === undefined) return []
    const shown = known.get(condition.type)
    const isSame = shown?.status === condition.status && shown.lastUpdatedTime === condition.lastUpdatedTime
    return isSame ? { ...condition, lastTransitionTime: shown.lastTransitionTime } : condition
  })
  return [
    ...(summary.length > 0 ? summary : initialConditions({ kind, createdTime, ...setting[kind] })),
    ...own,
  ]
}

function conditionsIn(read: Document): ResourceCondition[] {
  const status = read.object('status')
  if (status === undefined) return []
  return status.objects('conditions').flatMap(condition => {
    const value = condition.string('status')
    if (value !== 'True' && value !== 'False') return []
    return {
      type: condition.string('type'),
      status: value,
      ...reasonOf(condition),
      observedGeneration: condition.number('observed_generation'),
      createdTime: condition.time('created_time'),
      lastUpdatedTime: condition.time('last_updated_time'),
      lastTransitionTime: condition.time('last_transition_time'),
    }
  })
}

/** The condition of an adapter that its last report makes (contract 6.10). */
function adapterCondition(status: Document): ResourceCondition | undefined {
  const available = status.objects('conditions').find(condition => condition.string('type') === 'Available')
  const value = available?.string('status')
  if (available === undefined || (value !== 'True' && value !== 'False')) return undefined
  return {
    type: conditionType(status.string('adapter')),
    status: value,
    ...reasonOf(available),
    observedGeneration: status.number('observed_generation'),
    createdTime: status.time('created_time'),
    lastUpdatedTime: status.time('last_report_time'),
    lastTransitionTime: available.time('last_transition_time'),
  }
}

function conditionText(condition: ResourceCondition): string {
  return object([
    ['type', JSON.stringify(condition.type)],
    ['status', JSON.stringify(condition.status)],
    ['reason', condition.reason === undefined ? undefined : JSON.stringify(condition.reason)],
    ['message', condition.message === undefined ? undefined : JSON.stringify(condition.message)],
    ['observed_generation', String(condition.observedGeneration)],
    ['created_time', timeText(condition.createdTime)],
    ['last_updated_time', timeText(condition.lastUpdatedTime)],
    ['last_transition_time', timeText(condition.lastTransitionTime)],
  ])
}

function reasonOf(condition: Document): { reason?: string; message?: string } {
  const [reason, message] = [condition.value('reason'), condition.value('message')]
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

function reasonMembers(condition: Document): [string, string | undefined][] {
  const { reason, message } = reasonOf(condition)
  return [
    ['reason', reason === undefined ? undefined : JSON.stringify(reason)],
    ['message', message === undefined ? undefined : JSON.stringify(message)],
  ]
}

/** Members without a text are left out. */
function object(members: readonly (readonly [string, string | undefined])[]): string {
  const kept = members.filter(([, text]) => text !== undefined)
  return `{${kept.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
}

function timeText(instant: Instant): string {
  return JSON.stringify(formatInstant(instant))
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}

/** JSON has line ends only between tokens, where a space says the same. */
function inOneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ')
}
