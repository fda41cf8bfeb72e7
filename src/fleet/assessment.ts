// The ground that all verdicts on a resource's conditions share (contract, section 6): the required adapters and their
// reports that count.
import type { ConditionStatus, ReportedStatus, ResourceCondition, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'

/** The content of the last stored report of one adapter about a resource. */
export interface AdapterReading {
  readonly adapter: string
  /** The status of its `Available` condition. */
  readonly value: ReportedStatus
  readonly generation: number
  /** The report's `observed_time`. */
  readonly time: Instant
  readonly reason?: string | undefined
  readonly message?: string | undefined
  /** The `observed_time` of its first report, an `Unknown` one included. */
  readonly createdTime: Instant
  /** True when the report has `Finalized=True` (contract 11.7). */
  readonly isFinalized: boolean
}

export type CountedReading = AdapterReading & { readonly value: ConditionStatus }

/** The resource after an event, reduced to what its conditions depend on. */
export interface AssessmentInput {
  readonly kind: ResourceKind
  readonly generation: number
  /** The time of the last change of generation, at first `created_time` (contract 3.5). */
  readonly specChangedTime: Instant
  readonly isDeleting: boolean
  /** The configured list; empty means every adapter that has reported True or False (contract 6.1). */
  readonly required: readonly string[]
  /** The readings of all adapters of the resource. */
  readonly readings: readonly AdapterReading[]
}

/** The required adapters and their readings that count (contract 6.3). */
export interface Assessment {
  readonly kind: ResourceKind
  readonly generation: number
  readonly specChangedTime: Instant
  readonly isDeleting: boolean
  /** Sorted by name, each once. */
  readonly required: readonly string[]
  /** Sorted by name. */
  readonly counted: readonly CountedReading[]
  /** The adapters that a deletion still waits for, sorted by name (contract 11.7). */
  readonly unfinished: readonly string[]
}

/** A condition without the two times that depend on its predecessor. */
export interface Verdict {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
  /** Undefined leaves `last_updated_time` as it was. */
  readonly lastUpdatedTime: Instant | undefined
}

/** Decides one condition from its previous version. */
export type Judge = (previous: ResourceCondition, assessment: Assessment) => Verdict

export function assess(input: AssessmentInput): Assessment {
  const { kind, generation, specChangedTime, isDeleting } = input
  const reported = input.readings.filter(counts)
  const required = sortedNames(
    input.required.length > 0 ? input.required : reported.map(({ adapter }) => adapter),
  )
  const counted: CountedReading[] = []
  for (const name of required) {
    const reading = reported.find(({ adapter }) => adapter === name)
    if (reading !== undefined) counted.push(reading)
  }
  const unfinished = isDeleting ? unfinishedAdapters(input) : []
  return { kind, generation, specChangedTime, isDeleting, required, counted, unfinished }
}

/** Names in their order, each once. Two calls of Array.sort took 2 of the 28 KB of garbage of a report. */
function sortedNames(names: readonly string[]): string[] {
  const sorted: string[] = []
  for (const name of names) {
    let place = sorted.length
    while (place > 0 && (sorted[place - 1] ?? '') > name) place--
    if (sorted[place - 1] !== name) sorted.splice(place, 0, name)
  }
  return sorted
}

/** The awaited adapters that have not finished, sorted by name (contract 11.7). */
export function unfinishedAdapters(
  input: Pick<AssessmentInput, 'required' | 'readings' | 'generation'>,
): string[] {
  const { required, readings, generation } = input
  const awaited = new Set(required.length > 0 ? required : readings.map(({ adapter }) => adapter))
  for (const reading of readings)
    if (reading.isFinalized && reading.generation === generation) awaited.delete(reading.adapter)
  return [...awaited].sort()
}

export function counts(reading: AdapterReading): reading is CountedReading {
  return reading.value !== 'Unknown'
}

export function isTrue(reading: CountedReading): boolean {
  return reading.value === 'True'
}

export function isFalse(reading: CountedReading): boolean {
  return reading.value === 'False'
}

/** The one generation at which all required adapters have reported, if there is one. */
export function findCommonGeneration({ counted, required }: Assessment): number | undefined {
  if (counted.length === 0 || counted.length < required.length) return undefined
  const generation = counted[0]?.generation
  return counted.every(reading => reading.generation === generation) ? generation : undefined
}

/** The greatest generation that a required adapter has reported, if any has. */
export function greatestGeneration({ counted }: Assessment): number | undefined {
  return counted.length === 0 ? undefined : Math.max(...counted.map(({ generation }) => generation))
}

export function earliestTime(readings: readonly AdapterReading[]): Instant | undefined {
  return readings.reduce<Instant | undefined>(
    (earliest, { time }) => (earliest === undefined || time < earliest ? time : earliest),
    undefined,
  )
}
