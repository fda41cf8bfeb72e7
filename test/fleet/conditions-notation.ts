// The notation of the scenarios: events and conditions in few words. Times are seconds; the resource is created at
// 100, and the adapters are mostly dns and validator.
import type {
  ConditionStatus,
  ReportedStatus,
  ResourceCondition,
  ResourceKind,
} from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import type { HistoryEvent, ReportEvent, SpecChangedEvent, Verdict } from './conditions-oracle.ts'

export interface Scenario {
  readonly name: string
  readonly rules: string
  readonly resourceKind?: ResourceKind
  /** What follows the creation. */
  readonly events: readonly HistoryEvent[]
  /** What became of the reports; all stored when left out. */
  readonly verdicts?: readonly Verdict[]
  readonly conditions: readonly ResourceCondition[]
}

const at = (seconds: number): Instant => BigInt(seconds) * 1_000_000n

export const creation: HistoryEvent = { kind: 'created', time: at(100) }

interface Words {
  readonly reason?: string
  readonly message?: string
}

/** The events under one list of required adapters. */
export function under(...required: string[]) {
  return {
    report: (
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
      required,
    }),
    spec: (seconds: number): SpecChangedEvent => ({ kind: 'spec-changed', time: at(seconds), required }),
  }
}

type Times = readonly [created: number, updated: number, transition: number]

/** A condition of the resource, its times in seconds. */
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
