// The conditions of a resource (contract, section 6) as pure functions of the previous conditions, the adapters'
// last reports and the event: the summary conditions that the compatibility names, then one condition for each adapter
// that has reported `Available` as True or False.
import type { ResourceCondition, ResourceKind, Writable } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { conditionType } from './adapter-name.ts'
import {
  type Assessment,
  type AssessmentInput,
  assess,
  type CountedReading,
  counts,
  earliestTime,
  findCommonGeneration,
  greatestGeneration,
  isFalse,
  isTrue,
  type Judge,
  type Verdict,
} from './assessment.ts'
import { judgeLastKnownReconciled, judgeReconciled } from './reconciled.ts'

export type { AdapterReading } from './assessment.ts'

export type SummaryType = 'Available' | 'Ready' | 'Reconciled' | 'LastKnownReconciled'

/** All summary conditions in their order (contract 1.5). */
export const SUMMARY_TYPES: readonly SummaryType[] = [
  'Available',
  'Ready',
  'Reconciled',
  'LastKnownReconciled',
]

/** The generations of clients that a server serves, each with its summary conditions (contract 1.5). */
const SUMMARIES = {
  documents: ['Available', 'Ready'],
  both: ['Available', 'Ready', 'Reconciled', 'LastKnownReconciled'],
  current: ['Reconciled', 'LastKnownReconciled'],
} as const satisfies Record<string, readonly SummaryType[]>

export type Compatibility = keyof typeof SUMMARIES
export const COMPATIBILITIES = ['documents', 'both', 'current'] as const satisfies readonly Compatibility[]

/** The summary conditions that a server shows, in their order (contract 1.5). */
export function summaryTypes(compatibility: Compatibility): readonly SummaryType[] {
  return SUMMARIES[compatibility]
}

const JUDGES: Readonly<Record<SummaryType, Judge>> = {
  Available: judgeAvailable,
  Ready: judgeReady,
  Reconciled: judgeReconciled,
  LastKnownReconciled: judgeLastKnownReconciled,
}

/** Settings that decide conditions, in addition to the reports (contract 1.5, 6.1). */
export interface ConditionSetting {
  readonly compatibility: Compatibility
  /** The configured adapters; empty means every adapter that has reported True or False. */
  readonly required: readonly string[]
}

/** The resource after the event, reduced to what its conditions depend on. */
export interface ConditionInput extends AssessmentInput, ConditionSetting {
  /** The summary conditions among them have the resource's `created_time`. */
  readonly conditions: readonly ResourceCondition[]
}

/** The words of `Ready` while the resource is being deleted (contract 11.10). */
const WORDS_OF_DELETION = { reason: 'Deleting', message: 'Resource is being deleted' }

/** The message of `Available` and `Ready` until a report has counted (contract 6.2). */
const NEVER_COUNTED = 'Waiting for adapters to report status'

/** The summary conditions of a new resource (contract 6.2, 6.20). */
export function initialConditions(
  input: ConditionSetting & { readonly kind: ResourceKind; readonly createdTime: Instant },
): ResourceCondition[] {
  const { kind, compatibility, createdTime, required } = input
  const resource = { kind, generation: 1, specChangedTime: createdTime, isDeleting: false }
  const assessment = assess({ ...resource, required, readings: [] })
  return SUMMARIES[compatibility].map(type => {
    const seed = seedOf(type, createdTime)
    return isOfDocuments(type) ? seed : succeed(seed, JUDGES[type](seed, assessment), createdTime)
  })
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
  const { summary, createdTime, adapterConditions } = split(input.conditions)
  const assessment = assess(input)
  const isAwaiting = isAwaitingFirstReport(summary, assessment)
  const renewed = SUMMARIES[input.compatibility].map(type => {
    const previous = conditionOf(summary, type) ?? seedOf(type, createdTime)
    if (isAwaiting && isLeftWaiting(type, assessment)) return previous
    return succeed(previous, JUDGES[type](previous, assessment), reading.time)
  })
  return [...renewed, ...withAdapterCondition(adapterConditions, reading)]
}

/**
 * The conditions after a change of generation, a deletion included: `Ready` becomes False and keeps its
 * `observed_generation`, `Available` stays as it is (contract 6.8, 11.10).
 */
export function conditionsAfterSpecChange(input: ConditionInput): readonly ResourceCondition[] {
  const { summary, createdTime, adapterConditions } = split(input.conditions)
  const assessment = assess(input)
  const isAwaiting = isAwaitingFirstReport(summary, assessment)
  const renewed = SUMMARIES[input.compatibility].map(type => {
    const known = conditionOf(summary, type)
    if (type === 'Available' && known !== undefined) return known
    const previous = known ?? seedOf(type, createdTime)
    if (isAwaiting && isLeftWaiting(type, assessment))
      return type === 'Ready' ? { ...previous, lastUpdatedTime: input.specChangedTime } : previous
    return succeed(previous, JUDGES[type](previous, assessment), input.specChangedTime)
  })
  return [...renewed, ...adapterConditions]
}

/** Separates the summary conditions, of whatever compatibility, from the adapters' conditions. */
function split(conditions: readonly ResourceCondition[]) {
  const firstOfAdapter = conditions.findIndex(({ type }) => !Object.hasOwn(JUDGES, type))
  const count = firstOfAdapter < 0 ? conditions.length : firstOfAdapter
  const [first] = conditions
  if (count === 0 || first === undefined) throw new Error('a resource must have its summary conditions first')
  const summary = conditions.slice(0, count)
  return { summary, createdTime: first.createdTime, adapterConditions: conditions.slice(count) }
}

function conditionOf(conditions: readonly ResourceCondition[], type: string): ResourceCondition | undefined {
  return conditions.find(condition => condition.type === type)
}

function isOfDocuments(type: SummaryType): boolean {
  return type === 'Available' || type === 'Ready'
}

/** `Available` and `Ready` wait for the first report that counts (6.2), but a deletion gives `Ready` its own words (11.10). */
function isLeftWaiting(type: SummaryType, { isDeleting }: Assessment): boolean {
  return isOfDocuments(type) && !(isDeleting && type === 'Ready')
}

/**
 * Contract 6.2. The words of `Ready` say it, its generation does not: that stays 0 until a report is at the resource's
 * generation, which may be long after the first one. While a resource is being deleted `Ready` has other words, and the
 * words of `Available` say it.
 */
function isAwaitingFirstReport(summary: readonly ResourceCondition[], { counted }: Assessment): boolean {
  if (counted.length > 0) return false
  const ready = conditionOf(summary, 'Ready')
  const witness = ready?.reason === 'Deleting' ? conditionOf(summary, 'Available') : ready
  return witness === undefined || witness.message === NEVER_COUNTED
}

/** Contract 6.4, 6.6, 6.9, 11.10. */
function judgeReady(ready: ResourceCondition, assessment: Assessment): Verdict {
  const { generation, counted, required, specChangedTime, isDeleting } = assessment
  const current = counted.filter(reading => reading.generation === generation)
  const isComplete = required.length > 0 && required.length === current.length && current.every(isTrue)
  if (isComplete && !isDeleting)
    return {
      status: 'True',
      reason: 'ResourceReady',
      message: 'All adapters report ready at current generation',
      observedGeneration: generation,
      lastUpdatedTime: earliestTime(current),
    }
  const { reason, message } = isDeleting ? WORDS_OF_DELETION : wordsOfFalse(assessment, generation)
  return {
    status: 'False',
    reason,
    message,
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
  const unavailableAt = (generation: number): Verdict => {
    const { reason, message } = wordsOfFalse(assessment, generation)
    return {
      status: 'False',
      reason,
      message,
      observedGeneration: generation,
      lastUpdatedTime: earliestTime(
        counted.filter(reading => isFalse(reading) && reading.generation === generation),
      ),
    }
  }
  if (commonGeneration !== undefined)
    return counted.every(isTrue)
      ? availableAt(commonGeneration, earliestTime(counted))
      : unavailableAt(commonGeneration)
  if (available.status === 'True') {
    const isDenied = counted.some(reading => isFalse(reading) && reading.generation === held)
    return isDenied ? unavailableAt(held) : availableAt(held, undefined)
  }
  return unavailableAt(greatestGeneration(assessment) ?? held)
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

/** A summary condition before anything is known about it (contract 6.2, 6.20). */
function seedOf(type: SummaryType, createdTime: Instant): ResourceCondition {
  return {
    type,
    status: 'False',
    reason: 'AwaitingAdapters',
    message: NEVER_COUNTED,
    observedGeneration: isOfDocuments(type) ? 0 : 1,
    createdTime,
    lastUpdatedTime: createdTime,
    lastTransitionTime: createdTime,
  }
}

/** The condition that follows `previous` under a verdict; `eventTime` is the time of a flip (contract 6.7). */
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
  const previous = conditionOf(conditions, type)
  const renewed: Writable<ResourceCondition> = {
    type,
    status: reading.value,
    observedGeneration: reading.generation,
    createdTime: reading.createdTime,
    lastUpdatedTime: reading.time,
    lastTransitionTime: previous?.status === reading.value ? previous.lastTransitionTime : reading.time,
  }
  if (reading.reason !== undefined) renewed.reason = reading.reason
  if (reading.message !== undefined) renewed.message = reading.message
  if (previous === undefined) return [...conditions, renewed]
  return conditions.map(condition => (condition === previous ? renewed : condition))
}
