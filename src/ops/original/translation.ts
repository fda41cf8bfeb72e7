// Documents of the original server as lines of an export. Ids, names, times, authors, generations, labels, specs, reports and
// conditions stay. Parts that have no place here are named.
import { conditionType } from '../../fleet/adapter-name.ts'
import { type ConditionSetting, initialConditions, SUMMARY_TYPES } from '../../fleet/conditions.ts'
import { encodeRecords, keyOf } from '../../state/document.ts'
import type { RecordPut } from '../../state/put.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  Resource,
  ResourceCondition,
  ResourceKind,
} from '../../state/records.ts'
import { compareCodePoints } from '../../wire/text.ts'
import { recordLine } from '../export/format.ts'
import type { Line } from '../export/line-reader.ts'
import { Document } from './document.ts'

/** A resource of the original with its statuses, each as JSON text. */
export interface OriginalResource {
  readonly kind: ResourceKind
  readonly id: string
  readonly text: string
  readonly statuses: readonly string[]
}

/** Parts of a document that have no place here, or that it lacks. */
export const LEFT_OUT = ['tenancy', 'references', 'conditions', 'deleted_by'] as const
export type LeftOut = (typeof LEFT_OUT)[number]

/** A resource and its statuses as lines of an export. */
export interface Translation {
  /** The resource's line, then the lines of its statuses in the order of the adapters' first reports. */
  readonly lines: readonly Line[]
  readonly leftOut: readonly LeftOut[]
  /** False if a status is of a later generation than the resource: a change came between the two reads. */
  readonly isOfOneMoment: boolean
}

export interface TranslationOptions {
  /** Decides the conditions of a resource that has none there. */
  readonly setting: Readonly<Record<ResourceKind, ConditionSetting>>
}

/** The author of a deletion that names none (contract 3.6). */
const NOBODY = 'system@hyperfleet.local'

/** @throws DocumentError if a member that every document has is missing or of another type */
export function translate(original: OriginalResource, { setting }: TranslationOptions): Translation {
  const { kind, id } = original
  const read = new Document(original.text, `${kind} ${id}`)
  const statuses = original.statuses
    .map(text => statusOf(new Document(text, `a status of ${kind} ${id}`), original))
    .sort(byFirstReport)
  const shown = conditionsIn(read)
  const resource = resourceOf(original, read, conditionsOf(original, read, statuses, setting[kind]))
  const puts: RecordPut[] = [
    { kind: 'resource', record: resource },
    ...statuses.map(record => ({ kind: 'status' as const, record })),
  ]
  return {
    lines: puts.map(put => ({ where: keyOf(put), bytes: recordLine(encodeRecords(put, 0, 0)) })),
    leftOut: leftOutOf(read, shown, resource.conditions),
    isOfOneMoment: statuses.every(({ observedGeneration }) => observedGeneration <= resource.generation),
  }
}

/** The id of the cluster that a nodepool belongs to. */
export function ownerIdOf(read: Document): string | undefined {
  return read.object('owner_references')?.string('id')
}

function resourceOf(
  { kind, id }: OriginalResource,
  read: Document,
  conditions: readonly ResourceCondition[],
): Resource {
  const createdTime = read.time('created_time')
  const updatedTime = read.time('updated_time')
  const generation = read.number('generation')
  const labels = read.object('labels')?.strings()
  const isDeleted = read.text('deleted_time') !== undefined
  return {
    kind,
    id,
    name: read.string('name'),
    ownerId: kind === 'NodePool' ? ownerIdOf(read) : undefined,
    generation,
    spec: read.text('spec') ?? '{}',
    labels: labels === undefined || labels.size === 0 ? undefined : labels,
    createdTime,
    updatedTime,
    createdBy: read.string('created_by'),
    updatedBy: read.string('updated_by'),
    deletedTime: isDeleted ? read.time('deleted_time') : undefined,
    deletedBy: isDeleted
      ? read.text('deleted_by') === undefined
        ? NOBODY
        : read.string('deleted_by')
      : undefined,
    conditions,
    specChangedTime: generation === 1 ? createdTime : updatedTime,
  }
}

function statusOf(read: Document, { kind, id }: OriginalResource): AdapterStatus {
  return {
    resourceKind: kind,
    resourceId: id,
    adapter: read.string('adapter'),
    observedGeneration: read.number('observed_generation'),
    conditions: read.objects('conditions').flatMap(adapterConditionOf),
    metadata: read.text('metadata'),
    data: read.text('data'),
    createdTime: read.time('created_time'),
    lastReportTime: read.time('last_report_time'),
  }
}

/** None for a condition without a valid status: earlier versions of the original stored such ones. */
function adapterConditionOf(read: Document): AdapterCondition[] {
  const status = read.value('status')
  if (status !== 'True' && status !== 'False' && status !== 'Unknown') return []
  const lastTransitionTime = read.time('last_transition_time')
  return [{ type: read.string('type'), status, ...reasonOf(read), lastTransitionTime }]
}

/** The original serves statuses in no order. */
function byFirstReport(a: AdapterStatus, b: AdapterStatus): number {
  if (a.createdTime !== b.createdTime) return a.createdTime < b.createdTime ? -1 : 1
  return compareCodePoints(a.adapter, b.adapter)
}

/**
 * The summary conditions that are there, in their order here; a resource without any gets the conditions of a new one. Then one
 * condition for each adapter that has reported True or False: later versions of the original show only required adapters.
 */
function conditionsOf(
  { kind }: OriginalResource,
  read: Document,
  statuses: readonly AdapterStatus[],
  setting: ConditionSetting,
): ResourceCondition[] {
  const known = new Map(conditionsIn(read).map(condition => [condition.type, condition]))
  const summary = SUMMARY_TYPES.flatMap(type => known.get(type) ?? [])
  const createdTime = read.time('created_time')
  return [
    ...(summary.length > 0 ? summary : initialConditions({ kind, createdTime, ...setting })),
    ...statuses.flatMap(status => conditionOfAdapter(status, known)),
  ]
}

/** The condition of an adapter: the shown one, or the one that its last report makes (contract 6.10). */
function conditionOfAdapter(
  { adapter, conditions, observedGeneration, createdTime, lastReportTime }: AdapterStatus,
  known: ReadonlyMap<string, ResourceCondition>,
): ResourceCondition[] {
  const available = conditions.find(({ type }) => type === 'Available')
  if (available === undefined || available.status === 'Unknown') return []
  const type = conditionType(adapter)
  const shown = known.get(type)
  const isOfLastReport =
    shown?.status === available.status &&
    shown.lastUpdatedTime === lastReportTime &&
    shown.observedGeneration === observedGeneration
  if (isOfLastReport) return [shown]
  const { status, reason, message } = available
  return [
    {
      type,
      status,
      ...(reason === undefined ? {} : { reason }),
      ...(message === undefined ? {} : { message }),
      observedGeneration,
      createdTime,
      lastUpdatedTime: lastReportTime,
      lastTransitionTime: available.lastTransitionTime,
    },
  ]
}

function conditionsIn(read: Document): ResourceCondition[] {
  const conditions = read.object('status')?.objects('conditions') ?? []
  return conditions.flatMap(condition => {
    const status = condition.value('status')
    if (status !== 'True' && status !== 'False') return []
    return {
      type: condition.string('type'),
      status,
      ...reasonOf(condition),
      observedGeneration: condition.number('observed_generation'),
      createdTime: condition.time('created_time'),
      lastUpdatedTime: condition.time('last_updated_time'),
      lastTransitionTime: condition.time('last_transition_time'),
    }
  })
}

function reasonOf(condition: Document): { reason?: string; message?: string } {
  const [reason, message] = [condition.value('reason'), condition.value('message')]
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof message === 'string' ? { message } : {}),
  }
}

function leftOutOf(
  read: Document,
  shown: readonly ResourceCondition[],
  taken: readonly ResourceCondition[],
): LeftOut[] {
  const isLeftOut: Readonly<Record<LeftOut, boolean>> = {
    tenancy: isFilled(read.value('tenancy')),
    references: isFilled(read.value('references')),
    conditions: shown.some(({ type }) => taken.every(condition => condition.type !== type)),
    deleted_by: read.text('deleted_time') !== undefined && read.text('deleted_by') === undefined,
  }
  return LEFT_OUT.filter(part => isLeftOut[part])
}

function isFilled(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0
}
