// An adapter's status report, as pure functions (contract, section 5): if it is stored, and its effect on the status and
// the resource.

import { availableOf } from '../state/reader.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  ReportedStatus,
  Resource,
  ResourceCondition,
  Writable,
} from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { type AdapterReading, type ConditionSetting, conditionsAfterReport } from './conditions.ts'

/** A validated report of an adapter. */
export interface Report {
  readonly adapter: string
  readonly observedGeneration: number
  readonly observedTime: Instant
  readonly conditions: readonly ReportedCondition[]
  /** JSON texts of objects; undefined if absent. */
  readonly metadata: string | undefined
  readonly data: string | undefined
}

export type ReportedCondition = Omit<AdapterCondition, 'lastTransitionTime'>

export const DISCARD_REASONS = ['future-generation', 'old-generation', 'earlier-time', 'unknown'] as const
export type DiscardReason = (typeof DISCARD_REASONS)[number]

/** Reason to answer a valid report with 204 and not store it (contract 5.3a-d); undefined if it is stored. */
export function discardReason(
  report: {
    readonly observedGeneration: number
    readonly observedTime: Instant
    readonly available: ReportedStatus
  },
  generation: number,
  previous: { readonly observedGeneration: number; readonly lastReportTime: Instant } | undefined,
): DiscardReason | undefined {
  if (report.observedGeneration > generation) return 'future-generation'
  if (previous === undefined) return undefined
  if (report.observedGeneration < previous.observedGeneration) return 'old-generation'
  const isSameGeneration = report.observedGeneration === previous.observedGeneration
  if (isSameGeneration && report.observedTime < previous.lastReportTime) return 'earlier-time'
  if (report.available === 'Unknown') return 'unknown'
  return undefined
}

/** The new status after a stored report. Replaces the adapter's previous status whole (contract 5.4, 5.5). */
export function statusFromReport(
  report: Report,
  resource: Resource,
  previous: AdapterStatus | undefined,
): AdapterStatus {
  return {
    resourceKind: resource.kind,
    resourceId: resource.id,
    adapter: report.adapter,
    observedGeneration: report.observedGeneration,
    conditions: report.conditions.map(condition =>
      storedCondition(condition, transitionTime(condition, previous) ?? report.observedTime),
    ),
    metadata: report.metadata,
    data: report.data,
    createdTime: previous?.createdTime ?? report.observedTime,
    lastReportTime: report.observedTime,
  }
}

/** A status of at most this many characters is small, whatever it replaces (contract 9.3). */
export const SMALL_STATUS_LENGTH = 4096

/** True if a status is larger than the one it replaces, and not small (contract 9.3). */
export function isGrowingStatus(status: AdapterStatus, previous: AdapterStatus): boolean {
  const length = statusLength(status)
  return length > SMALL_STATUS_LENGTH && length > statusLength(previous)
}

/** Number of characters in members of unlimited length. */
function statusLength({ conditions, metadata = '', data = '' }: AdapterStatus): number {
  return conditions.reduce(
    (length, { type, reason = '', message = '' }) => length + type.length + reason.length + message.length,
    metadata.length + data.length,
  )
}

/** A resource's conditions with a new status; undefined if they do not change (contract 5.6, 6.12). */
export function conditionsUnder(
  status: AdapterStatus,
  resource: Resource,
  statuses: readonly AdapterStatus[],
  setting: ConditionSetting,
): readonly ResourceCondition[] | undefined {
  const isDeleting = resource.deletedTime !== undefined
  const readings = withStatus(statuses, status).map(each => readingOf(each, isDeleting))
  const { kind, generation, specChangedTime } = resource
  const conditions = conditionsAfterReport({
    kind,
    conditions: resource.conditions,
    generation,
    specChangedTime,
    isDeleting,
    compatibility: setting.compatibility,
    required: setting.required,
    readings,
    reporter: status.adapter,
  })
  return conditions === resource.conditions ? undefined : conditions
}

/** The statuses of a resource with a new one in the place of the adapter's earlier one. */
export function withStatus(statuses: readonly AdapterStatus[], status: AdapterStatus): AdapterStatus[] {
  return [...statuses.filter(({ adapter }) => adapter !== status.adapter), status]
}

/** True for a report by which its adapter finishes the deletion of a resource (contract 11.7). */
export function finishesDeletion({ observedGeneration, conditions }: Report, resource: Resource): boolean {
  return (
    resource.deletedTime !== undefined &&
    observedGeneration === resource.generation &&
    isFinalized(conditions)
  )
}

/**
 * The part of a status that conditions depend on. `Finalized` costs a parse, and only a deletion needs it. The words of a status that says
 * True or Unknown would cost one, too, and only the words of a new report are needed: its `availableStatus` is undefined.
 */
export function readingOf(status: AdapterStatus, isDeleting: boolean): AdapterReading {
  const known = status.availableStatus
  const available = known === undefined || known === 'False' ? availableOf(status) : undefined
  return {
    adapter: status.adapter,
    value: known ?? availableOf(status).status,
    generation: status.observedGeneration,
    time: status.lastReportTime,
    reason: available?.reason,
    message: available?.message,
    createdTime: status.createdTime,
    isFinalized: isDeleting && isFinalized(status.conditions),
  }
}

/** Contract 11.7. */
function isFinalized(conditions: readonly ReportedCondition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Finalized' && status === 'True')
}

/**
 * Sets the members one by one. A spread costs a report a microsecond, and with a spread plus one member V8 gives every object a hidden
 * class of its own: 80 MB for the conditions of 115,000 statuses.
 */
function storedCondition(
  { type, status, reason, message }: ReportedCondition,
  lastTransitionTime: Instant,
): AdapterCondition {
  const condition: Writable<AdapterCondition> = { type, status, lastTransitionTime }
  if (reason !== undefined) condition.reason = reason
  if (message !== undefined) condition.message = message
  return condition
}

/** Time of the condition's last transition, if the previous report had the same status. */
function transitionTime(
  condition: ReportedCondition,
  previous: AdapterStatus | undefined,
): Instant | undefined {
  const before = previous?.conditions.find(({ type }) => type === condition.type)
  return before?.status === condition.status ? before.lastTransitionTime : undefined
}
