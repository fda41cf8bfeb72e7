// Builds the body of an adapter's report: the three mandatory conditions (contract 5.2) and a `data` object, together about
// 700 bytes. Pure: the same report with the same time has the same bytes.
import type { AdapterProfile, Failure, Words } from './adapters.ts'
import type { PlannedResource } from './plan.ts'
import { RandomStream } from './random.ts'

export type ReportedStatus = 'True' | 'False' | 'Unknown'

/** An adapter's report on a resource, without its time. */
export interface PlannedReport {
  readonly kind: 'report'
  readonly adapter: AdapterProfile
  readonly generation: number
  /** Status of the condition `Available`. */
  readonly status: ReportedStatus
  /** The adapter's failures with the resource so far. The number selects the next failure. */
  readonly troubles: number
  /** True for the report that finishes a deletion (contract 11.7). */
  readonly isFinal?: boolean
}

/** An adapter's last report on a resource that is being deleted: everything that it made is gone. */
export function finalReport(adapter: AdapterProfile, generation: number): PlannedReport {
  return { kind: 'report', adapter, generation, status: 'False', troubles: 0, isFinal: true }
}

const WAITING: Words = { reason: 'JobRunning', message: 'The job has not finished yet' }
const CLEANED: Words = { reason: 'Removed', message: 'All objects of the resource have been removed' }
const HEALTHY: Words = {
  reason: 'OperationsCompleted',
  message: 'All adapter operations completed successfully',
}

/** Body of the report's request (contract 5.1). */
export function reportBody(resource: PlannedResource, report: PlannedReport, observedTime: string): string {
  return JSON.stringify({
    adapter: report.adapter.name,
    observed_generation: report.generation,
    observed_time: observedTime,
    conditions: conditions(report),
    data: data(resource, report),
  })
}

function conditions({ adapter, status, troubles, isFinal }: PlannedReport): object[] {
  if (isFinal === true)
    return [
      { type: 'Available', status: 'False', ...CLEANED },
      { type: 'Applied', status: 'False', ...CLEANED },
      { type: 'Health', status: 'True', ...HEALTHY },
      { type: 'Finalized', status: 'True', ...CLEANED },
    ]
  const failure = status === 'False' ? failureOf(adapter, troubles) : undefined
  const words = failure ?? (status === 'True' ? adapter.available : WAITING)
  return [
    { type: 'Available', status, reason: words.reason, message: words.message },
    mandatory('Applied', adapter.applied, failure),
    mandatory('Health', HEALTHY, failure),
  ]
}

function mandatory(type: 'Applied' | 'Health', words: Words, failure: Failure | undefined): object {
  return failure?.breaks === type
    ? { type, status: 'False', reason: failure.reason, message: failure.message }
    : { type, status: 'True', ...words }
}

function failureOf({ failures }: AdapterProfile, troubles: number): Failure {
  return failures[troubles % failures.length] ?? failures[0]
}

function data({ key, name }: PlannedResource, { adapter, generation, troubles }: PlannedReport): object {
  const random = new RandomStream(...key, adapter.name, generation, troubles)
  return {
    adapter_version: adapter.version,
    job: {
      name: `${adapter.name}-${name}-g${generation}-${random.hex(5)}`,
      attempt: troubles + 1,
      duration_ms: random.between(400, 90_000),
    },
    objects: adapter.manages.map(kind => ({
      kind,
      name: `${name}-${kind.toLowerCase()}`,
      uid: random.hex(16),
      revision: random.between(1, 99_999),
    })),
    trace: random.hex(32),
  }
}
