// The conditions of a resource (contract, section 6) as pure functions of the previous conditions, the adapters'
// last reports and the event: `Available`, `Ready`, then one condition for each adapter that has reported
// `Available` as True or False.
import type { ConditionStatus, ReportedStatus, ResourceCondition, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { conditionType } from './adapter-name.ts'

/** What the last stored report of one adapter says about a resource. */
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
}

/** The resource as far as its conditions rest on it, after the event. */
export interface ConditionInput {
  readonly kind: ResourceKind
  readonly conditions: readonly ResourceCondition[]
  readonly generation: number
  readonly specChangedTime: Instant
  /** The configured list; empty means every adapter that has reported True or False (contract 6.1). */
  readonly required: readonly string[]
  /** The readings of all adapters of the resource. */
  readonly readings: readonly AdapterReading[]
}

type CountedReading = AdapterReading & { readonly value: ConditionStatus }

/** What the rules of 6.4-6.9 look at: the required adapters and their readings that count (contract 6.3). */
interface Assessment {
  readonly kind: ResourceKind
  readonly generation: number
  readonly specChangedTime: Instant
  /** Sorted by name, each once. */
  readonly required: readonly string[]
  /** Sorted by name. */
  readonly counted: readonly CountedReading[]
  /** When the event happened: the time of what flips a status (contract 6.7). */
  readonly eventTime: Instant
}

/** A condition without the two times that its predecessor decides. */
interface Verdict {
  readonly status: ConditionStatus
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
  /** Undefined leaves `last_updated_time` as it was. */
  readonly lastUpdatedTime: Instant | undefined
}

/** The message of `Available` and `Ready` until a report has counted (contract 6.2). */
const NEVER_COUNTED = 'Waiting for adapters to report status'

/** `Available` and `Ready` of a new resource (contract 6.2). */
export function initialConditions(createdTime: Instant): ResourceCondition[] {
  return ['Available', 'Ready'].map(type => ({
    type,
    status: 'False',
    reason: 'AwaitingAdapters',
    message: NEVER_COUNTED,
    observedGeneration: 0,
    createdTime,
    lastUpdatedTime: createdTime,
    lastTransitionTime: createdTime,
  }))
}

/**
 * The conditions after a stored report of `reporter`, whose new reading is among `readings`. An `Unknown` one
 * changes nothing (contract 5.6).
 */
export function conditionsAfterReport(
  input: ConditionInput & { readonly reporter: string },
): readonly ResourceCondition[] {
  const reading = input.readings.find(({ adapter }) => adapter === input.reporter)
  if (reading === undefined || !counts(reading)) return input.conditions
  const { available, ready, adapterConditions } = split(input.conditions)
  const assessment = assess(input, reading.time)
  const summary = isAwaitingFirstReport(ready, assessment)
    ? [available, ready]
    : [
        succeed(available, judgeAvailable(available, assessment), reading.time),
        succeed(ready, judgeReady(ready, assessment), reading.time),
      ]
  return [...summary, ...withAdapterCondition(adapterConditions, reading)]
}

/**
 * The conditions after a change of `spec`: `Ready` becomes False and keeps its `observed_generation`, the rest stays as it is
 * (contract 6.8).
 */
export function conditionsAfterSpecChange(input: ConditionInput): readonly ResourceCondition[] {
  const { available, ready, adapterConditions } = split(input.conditions)
  const assessment = assess(input, input.specChangedTime)
  const changedReady = isAwaitingFirstReport(ready, assessment)
    ? { ...ready, lastUpdatedTime: input.specChangedTime }
    : succeed(ready, judgeReady(ready, assessment), input.specChangedTime)
  return [available, changedReady, ...adapterConditions]
}

function split(conditions: readonly ResourceCondition[]) {
  const [available, ready] = conditions
  if (available?.type !== 'Available' || ready?.type !== 'Ready')
    throw new Error('a resource must have Available and Ready as its first conditions')
  return { available, ready, adapterConditions: conditions.slice(2) }
}

function counts(reading: AdapterReading): reading is CountedReading {
  return reading.value !== 'Unknown'
}

function assess(input: ConditionInput, eventTime: Instant): Assessment {
  const reported = input.readings.filter(counts)
  const required = input.required.length > 0 ? input.required : reported.map(({ adapter }) => adapter)
  return {
    kind: input.kind,
    generation: input.generation,
    specChangedTime: input.specChangedTime,
    required: [...new Set(required)].sort(),
    counted: reported.filter(({ adapter }) => required.includes(adapter)).sort(byAdapter),
    eventTime,
  }
}

/**
 * Contract 6.2. The words of `Ready` say it, its generation does not: that stays 0 until a report is at the resource's
 * generation, which may be long after the first one.
 */
function isAwaitingFirstReport(ready: ResourceCondition, assessment: Assessment): boolean {
  return ready.message === NEVER_COUNTED && assessment.counted.length === 0
}

/** Contract 6.4, 6.6, 6.9. */
function judgeReady(ready: ResourceCondition, assessment: Assessment): Verdict {
  const { generation, counted, required, specChangedTime } = assessment
  const current = counted.filter(reading => reading.generation === generation)
  const isReady = required.length > 0 && required.length === current.length && current.every(isTrue)
  if (isReady)
    return {
      status: 'True',
      reason: 'ResourceReady',
      message: 'All adapters report ready at current generation',
      observedGeneration: generation,
      lastUpdatedTime: earliestTime(current),
    }
  return {
    status: 'False',
    ...wordsOfFalse(assessment, generation),
    observedGeneration: current.length > 0 ? generation : ready.observedGeneration,
    lastUpdatedTime: earliestTime(current.filter(isFalse)) ?? earliestTime(current) ?? specChangedTime,
  }
}

/** Contract 6.5, 6.6, 6.9. */
function judgeAvailable(available: ResourceCondition, assessment: Assessment): Verdict {
  const { counted, kind } = assessment
  const commonGeneration = findCommonGeneration(assessment)
  const held = available.observedGeneration
  const availableAt = (observedGeneration: number, lastUpdatedTime: Instant | undefined): Verdict => ({
    status: 'True',
    reason: 'ResourceAvailable',
    message: `${kind} is accessible`,
    observedGeneration,
    lastUpdatedTime,
  })
  const unavailableAt = (generation: number): Verdict => ({
    status: 'False',
    ...wordsOfFalse(assessment, generation),
    observedGeneration: generation,
    lastUpdatedTime: earliestTime(
      counted.filter(reading => isFalse(reading) && reading.generation === generation),
    ),
  })
  if (commonGeneration !== undefined)
    return counted.every(isTrue)
      ? availableAt(commonGeneration, earliestTime(counted))
      : unavailableAt(commonGeneration)
  if (available.status === 'True') {
    const isDenied = counted.some(reading => isFalse(reading) && reading.generation === held)
    return isDenied ? unavailableAt(held) : availableAt(held, undefined)
  }
  return unavailableAt(counted.length === 0 ? held : Math.max(...counted.map(({ generation }) => generation)))
}

/** The one generation at which all required adapters have reported, if there is one. */
function findCommonGeneration({ counted, required }: Assessment): number | undefined {
  if (counted.length === 0 || counted.length < required.length) return undefined
  const generation = counted[0]?.generation
  return counted.every(reading => reading.generation === generation) ? generation : undefined
}

/** The words of a False condition that awaits reports at `generation` (contract 6.9). */
function wordsOfFalse(
  { counted, required }: Assessment,
  generation: number,
): Pick<Verdict, 'reason' | 'message'> {
  const denials = counted
    .filter(reading => isFalse(reading) && reading.generation === generation)
    .map(({ adapter, reason }) => (reason ? `${adapter} (${reason})` : adapter))
  if (denials.length > 0)
    return {
      reason: 'AdapterNotAvailable',
      message: `Adapters not available: ${denials.join(', ')}`,
    }
  const arrived = new Set(counted.filter(reading => reading.generation === generation).map(r => r.adapter))
  const awaited = required.filter(adapter => !arrived.has(adapter))
  return {
    reason: 'AwaitingAdapters',
    message: `Waiting for adapters to report at generation ${generation}: ${awaited.join(', ')}`,
  }
}

/** The condition that follows `previous` under a verdict; `eventTime` is what a flip is dated to (contract 6.7). */
function succeed(previous: ResourceCondition, verdict: Verdict, eventTime: Instant): ResourceCondition {
  return {
    type: previous.type,
    status: verdict.status,
    reason: verdict.reason,
    message: verdict.message,
    observedGeneration: verdict.observedGeneration,
    createdTime: previous.createdTime,
    lastUpdatedTime: verdict.lastUpdatedTime ?? previous.lastUpdatedTime,
    lastTransitionTime: previous.status === verdict.status ? previous.lastTransitionTime : eventTime,
  }
}

/** The adapters' own conditions with that of `reading` renewed in place, or appended when it is its first. */
function withAdapterCondition(
  conditions: readonly ResourceCondition[],
  reading: CountedReading,
): ResourceCondition[] {
  const type = conditionType(reading.adapter)
  const previous = conditions.find(condition => condition.type === type)
  const renewed: ResourceCondition = {
    type,
    status: reading.value,
    ...(reading.reason === undefined ? {} : { reason: reading.reason }),
    ...(reading.message === undefined ? {} : { message: reading.message }),
    observedGeneration: reading.generation,
    createdTime: reading.createdTime,
    lastUpdatedTime: reading.time,
    lastTransitionTime: previous?.status === reading.value ? previous.lastTransitionTime : reading.time,
  }
  if (previous === undefined) return [...conditions, renewed]
  return conditions.map(condition => (condition === previous ? renewed : condition))
}

function byAdapter(a: AdapterReading, b: AdapterReading): number {
  return a.adapter < b.adapter ? -1 : 1
}

function isTrue(reading: CountedReading): boolean {
  return reading.value === 'True'
}

function isFalse(reading: CountedReading): boolean {
  return reading.value === 'False'
}

function earliestTime(readings: readonly AdapterReading[]): Instant | undefined {
  return readings.reduce<Instant | undefined>(
    (earliest, { time }) => (earliest === undefined || time < earliest ? time : earliest),
    undefined,
  )
}
