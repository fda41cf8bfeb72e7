// Notation of the scenarios: events and conditions in short form. Times are in seconds. The resource is created at 100,
// and the adapters are mostly dns and validator.
import type { Compatibility } from '../../src/fleet/conditions.ts'
import type {
  ConditionStatus,
  ReportedStatus,
  ResourceCondition,
  ResourceKind,
} from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import type {
  CreatedEvent,
  DeletedEvent,
  HistoryEvent,
  ReportEvent,
  SpecChangedEvent,
  Verdict,
} from './conditions-oracle.ts'

export interface Scenario {
  readonly name: string
  readonly rules: string
  readonly resourceKind?: ResourceKind
  /** The creation. By default on a server for the documents' clients, without required adapters. */
  readonly birth?: CreatedEvent
  /** The events after the creation. */
  readonly events: readonly HistoryEvent[]
  /** Outcomes of the reports. By default all are stored. */
  readonly verdicts?: readonly Verdict[]
  readonly conditions: readonly ResourceCondition[]
  /** True if a deletion waits for no adapter any more. */
  readonly isFinished?: boolean
}

const at = (seconds: number): Instant => BigInt(seconds) * 1_000_000n

export const creation: CreatedEvent = { kind: 'created', time: at(100) }

interface Words {
  readonly reason?: string
  readonly message?: string
}

/** Events under one list of required adapters. */
export function under(...required: string[]) {
  return eventsOf({ required })
}

/** Events of a server with a given compatibility. */
export function serving(compatibility: Compatibility, ...required: string[]) {
  return eventsOf({ required, compatibility })
}

function eventsOf(setting: { readonly required: string[]; readonly compatibility?: Compatibility }) {
  const report = (
    adapter: string,
    observedGeneration: number,
    seconds: number,
    available: ReportedStatus,
    words: Words = {},
  ): ReportEvent => ({
    kind: 'report',
    adapter,
    observedGeneration,
    observedTime: at(seconds),
    available,
    ...words,
    ...setting,
  })
  return {
    report,
    /** A report of an adapter that has removed everything. */
    finalized: (
      adapter: string,
      generation: number,
      seconds: number,
      available: ReportedStatus = 'False',
    ) => ({
      ...report(adapter, generation, seconds, available),
      isFinalized: true,
    }),
    birth: (seconds: number): CreatedEvent => ({ kind: 'created', time: at(seconds), ...setting }),
    spec: (seconds: number): SpecChangedEvent => ({ kind: 'spec-changed', time: at(seconds), ...setting }),
    deleted: (seconds: number): DeletedEvent => ({ kind: 'deleted', time: at(seconds), ...setting }),
  }
}

type Times = readonly [created: number, updated: number, transition: number]

/** A condition of the resource, with times in seconds. */
export function condition(
  type: string,
  status: ConditionStatus,
  words: Words,
  observedGeneration: number,
  [created, updated, transition]: Times,
): ResourceCondition {
  return {
    type,
    status,
    ...words,
    observedGeneration,
    createdTime: at(created),
    lastUpdatedTime: at(updated),
    lastTransitionTime: at(transition),
  }
}

export const NOT_YET: Words = { reason: 'AwaitingAdapters', message: 'Waiting for adapters to report status' }
export const ACCESSIBLE: Words = { reason: 'ResourceAvailable', message: 'Cluster is accessible' }
export const READY: Words = {
  reason: 'ResourceReady',
  message: 'All adapters report ready at current generation',
}
export const waiting = (rest: string): Words => ({
  reason: 'AwaitingAdapters',
  message: `Waiting for adapters to report at generation ${rest}`,
})
export const unavailable = (names: string): Words => ({
  reason: 'AdapterNotAvailable',
  message: `Adapters not available: ${names}`,
})

export const DELETING: Words = { reason: 'Deleting', message: 'Resource is being deleted' }
export const RECONCILED: Words = {
  reason: 'ReconciledAll',
  message: 'All required adapters reported Available=True or Finalized=True at the current generation',
}
export const CHILDREN: Words = {
  reason: 'ReconciledWaitingForChildren',
  message:
    'Deletion in progress. All required adapters reported Finalized=True but child resources still exist',
}
/** `missing('Available', 'a, b', 'c')`: a and b do not report it; c has reported. */
export const missing = (wanted: string, names: string, reporting: string): Words => ({
  reason: 'ReconciledMissingAdapters',
  message: `Required adapters not reporting ${wanted}=True: [${names}]. Currently reporting: [${reporting}]`,
})
export const ALL_KNOWN: Words = {
  reason: 'AllAdaptersReconciled',
  message: 'All required adapters report Available=True for the tracked generation',
}
export const NO_REPORTS: Words = {
  reason: 'AdaptersMissingReports',
  message: 'Required adapters have not yet reported status',
}
export const DENIED: Words = {
  reason: 'AdapterReportedNotAvailable',
  message: 'One or more required adapters report Available=False',
}
export const MIXED: Words = {
  reason: 'AdaptersNotAtSameGeneration',
  message: 'Required adapters do not report a consistent Available state',
}

export const both = under('validator', 'dns')
export const onlyDns = under('dns')
export const onlyValidator = under('validator')
export const none = under()
export const allReady = [both.report('dns', 1, 110, 'True'), both.report('validator', 1, 120, 'True')]
export const initialAvailable = condition('Available', 'False', NOT_YET, 0, [100, 100, 100])
export const initialReady = condition('Ready', 'False', NOT_YET, 0, [100, 100, 100])
export const availableSince120 = condition('Available', 'True', ACCESSIBLE, 1, [100, 110, 120])
export const dnsAt110 = condition('DnsSuccessful', 'True', {}, 1, [110, 110, 110])
export const validatorAt120 = condition('ValidatorSuccessful', 'True', {}, 1, [120, 120, 120])
