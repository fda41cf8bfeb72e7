// The conditions of a resource worked out slowly and plainly from its whole history: the oracle that
// src/fleet/conditions.ts and src/fleet/report.ts are held against (contract 5.3-5.6 and section 6).
import type { ReportedStatus, ResourceCondition, ResourceKind } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'

export interface CreatedEvent {
  readonly kind: 'created'
  readonly time: Instant
}

/** A report as the adapter sent it, with the list of required adapters in force when it arrived. */
export interface ReportEvent {
  readonly kind: 'report'
  readonly adapter: string
  readonly observedGeneration: number
  readonly observedTime: Instant
  readonly available: ReportedStatus
  readonly reason?: string
  readonly message?: string
  readonly required: readonly string[]
}

/** A change of spec; `time` is the resource's new `updated_time`. */
export interface SpecChangedEvent {
  readonly kind: 'spec-changed'
  readonly time: Instant
  readonly required: readonly string[]
}

export type HistoryEvent = CreatedEvent | ReportEvent | SpecChangedEvent

/** What became of a report: stored, or discarded under one of contract 5.3a-d. */
export type Verdict = 'stored' | 'future-generation' | 'old-generation' | 'earlier-time' | 'unknown'

export interface Outcome {
  readonly conditions: readonly ResourceCondition[]
  /** One for each report of the history, in its order. */
  readonly verdicts: readonly Verdict[]
}

/** A resource as the fold leaves it after some of its events. */
interface Past {
  readonly resourceKind: ResourceKind
  readonly createdTime: Instant
  generation: number
  specChangedTime: Instant
  /** Whether a report has ever counted (6.2, 6.3). */
  hasCounted: boolean
  /** The last generation of the resource at which a report that counts has been seen while it was current; at first 0 (6.4). */
  takenUp: number
  available: ResourceCondition
  ready: ResourceCondition
  readonly stored: ReportEvent[]
  readonly verdicts: Verdict[]
}

/** What one event sees of the required adapters, by name: their names, and those of their last reports that count. */
interface Requirement {
  readonly names: readonly string[]
  readonly counting: readonly ReportEvent[]
}

/** Folds the history of one resource from its creation on. The first event must be `created`. */
export function foldHistory(resourceKind: ResourceKind, history: readonly HistoryEvent[]): Outcome {
  const [created, ...events] = history
  if (created?.kind !== 'created') throw new Error('a history begins with the creation')
  const past = newborn(resourceKind, created.time)
  for (const event of events) {
    if (event.kind === 'report') applyReport(past, event)
    else if (event.kind === 'spec-changed') applySpecChange(past, event)
    else throw new Error('a resource is created once')
  }
  return { conditions: [past.available, past.ready, ...adapterConditions(past)], verdicts: past.verdicts }
}

/** Contract 6.2. */
function newborn(resourceKind: ResourceKind, createdTime: Instant): Past {
  const awaiting = (type: string): ResourceCondition => ({
    type,
    status: 'False',
    reason: 'AwaitingAdapters',
    message: 'Waiting for adapters to report status',
    observedGeneration: 0,
    createdTime,
    lastUpdatedTime: createdTime,
    lastTransitionTime: createdTime,
  })
  return {
    resourceKind,
    createdTime,
    generation: 1,
    specChangedTime: createdTime,
    hasCounted: false,
    takenUp: 0,
    available: awaiting('Available'),
    ready: awaiting('Ready'),
    stored: [],
    verdicts: [],
  }
}

/** Contract 5.3. */
function judge(past: Past, report: ReportEvent): Verdict {
  const previous = lastReportOf(past, report.adapter)
  if (report.observedGeneration > past.generation) return 'future-generation'
  if (previous === undefined) return 'stored'
  if (report.observedGeneration < previous.observedGeneration) return 'old-generation'
  const sameGeneration = report.observedGeneration === previous.observedGeneration
  if (sameGeneration && report.observedTime < previous.observedTime) return 'earlier-time'
  return report.available === 'Unknown' ? 'unknown' : 'stored'
}

function applyReport(past: Past, report: ReportEvent): void {
  const verdict = judge(past, report)
  past.verdicts.push(verdict)
  if (verdict !== 'stored') return
  past.stored.push(report)
  if (report.available === 'Unknown') return // 5.6
  const required = requirement(past, report.required)
  if (required.counting.length > 0) past.hasCounted = true
  if (!past.hasCounted) return // 6.2
  if (required.counting.some(other => other.observedGeneration === past.generation))
    past.takenUp = past.generation
  past.available = nextAvailable(past, required, report.observedTime)
  past.ready = nextReady(past, required, report.observedTime)
}

/** Contract 6.2 before a report has counted, 6.8 after. */
function applySpecChange(past: Past, change: SpecChangedEvent): void {
  past.generation += 1
  past.specChangedTime = change.time
  const required = requirement(past, change.required)
  if (required.counting.length > 0) past.hasCounted = true
  past.ready = past.hasCounted
    ? nextReady(past, required, change.time)
    : { ...past.ready, lastUpdatedTime: change.time }
}

/** Contract 6.1, 6.3. */
function requirement(past: Past, configured: readonly string[]): Requirement {
  const counts = (adapter: string): boolean => {
    const last = lastReportOf(past, adapter)
    return last !== undefined && last.available !== 'Unknown'
  }
  const reporters = [...new Set(past.stored.map(report => report.adapter))]
  const names = (configured.length > 0 ? [...configured] : reporters.filter(counts)).sort()
  const counting = names.filter(counts).map(name => lastReportOf(past, name))
  return { names, counting: counting.filter(report => report !== undefined) }
}

/** Contract 6.4, and 6.6, 6.7, 6.9 for `Ready`. */
function nextReady(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const { names, counting } = required
  const current = counting.filter(report => report.observedGeneration === past.generation)
  const isReady = current.filter(report => report.available === 'True').length === names.length
  const status = isReady ? 'True' : 'False'
  const negative = current.filter(report => report.available === 'False')
  const restsOn = negative.length > 0 ? negative : current
  return {
    type: 'Ready',
    status,
    ...(isReady
      ? { reason: 'ResourceReady', message: 'All adapters report ready at current generation' }
      : falseWords(required, past.generation)),
    observedGeneration: past.takenUp,
    createdTime: past.createdTime,
    lastUpdatedTime: restsOn.length > 0 ? earliest(restsOn) : past.specChangedTime,
    lastTransitionTime: past.ready.status === status ? past.ready.lastTransitionTime : eventTime,
  }
}

/** Contract 6.5, and 6.6, 6.7, 6.9 for `Available`. */
function nextAvailable(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const before = past.available
  const { status, observedGeneration, rested } = availability(before, required)
  return {
    type: 'Available',
    status,
    ...(status === 'True'
      ? { reason: 'ResourceAvailable', message: `${past.resourceKind} is accessible` }
      : falseWords(required, observedGeneration)),
    observedGeneration,
    createdTime: past.createdTime,
    lastUpdatedTime: rested.length > 0 ? earliest(rested) : before.lastUpdatedTime,
    lastTransitionTime: before.status === status ? before.lastTransitionTime : eventTime,
  }
}

interface Availability {
  readonly status: 'True' | 'False'
  readonly observedGeneration: number
  /** The reports whose earliest time is the last_updated_time; with none it stays (6.6). */
  readonly rested: readonly ReportEvent[]
}

/** The three cases of contract 6.5, in its order. */
function availability(before: ResourceCondition, { names, counting }: Requirement): Availability {
  const saysFalseAt = (generation: number): ReportEvent[] =>
    counting.filter(report => report.available === 'False' && report.observedGeneration === generation)
  const generations = [...new Set(counting.map(report => report.observedGeneration))]
  const [common] = generations
  if (common !== undefined && generations.length === 1 && counting.length === names.length) {
    const negative = saysFalseAt(common)
    if (negative.length > 0) return { status: 'False', observedGeneration: common, rested: negative }
    return { status: 'True', observedGeneration: common, rested: counting }
  }
  const kept = before.observedGeneration
  if (before.status === 'True') {
    const negative = saysFalseAt(kept)
    return { status: negative.length > 0 ? 'False' : 'True', observedGeneration: kept, rested: negative }
  }
  const greatest = generations.length > 0 ? Math.max(...generations) : kept
  return { status: 'False', observedGeneration: greatest, rested: saysFalseAt(greatest) }
}

/** The reason and message of a condition that is `False` at generation `n` (contract 6.9). */
function falseWords({ names, counting }: Requirement, n: number): { reason: string; message: string } {
  const atN = counting.filter(report => report.observedGeneration === n)
  const negative = atN.filter(report => report.available === 'False')
  if (negative.length > 0) {
    const described = negative.map(({ adapter, reason }) => (reason ? `${adapter} (${reason})` : adapter))
    return { reason: 'AdapterNotAvailable', message: `Adapters not available: ${described.join(', ')}` }
  }
  const missing = names.filter(name => !atN.some(report => report.adapter === name))
  const message = `Waiting for adapters to report at generation ${n}: ${missing.join(', ')}`
  return { reason: 'AwaitingAdapters', message }
}

/** Contract 6.10, from the stored reports alone. */
function adapterConditions({ stored }: Past): ResourceCondition[] {
  const decided = stored.filter(report => report.available !== 'Unknown')
  const adapters = [...new Set(decided.map(report => report.adapter))]
  return adapters.map(adapter => {
    const own = decided.filter(report => report.adapter === adapter)
    const first = stored.find(report => report.adapter === adapter)
    const last = own.at(-1)
    if (first === undefined || last === undefined) throw new Error('every adapter here has reported')
    const lastOther = own.findLastIndex(report => report.available !== last.available)
    return {
      type: `${pascalCase(adapter)}Successful`,
      status: last.available === 'True' ? 'True' : 'False',
      ...(last.reason === undefined ? {} : { reason: last.reason }),
      ...(last.message === undefined ? {} : { message: last.message }),
      observedGeneration: last.observedGeneration,
      createdTime: first.observedTime,
      lastUpdatedTime: last.observedTime,
      lastTransitionTime: own[lastOther + 1]?.observedTime ?? last.observedTime,
    }
  })
}

/** Contract 6.10, letter by letter. */
function pascalCase(name: string): string {
  let type = ''
  let startsWord = true
  for (const letter of name) {
    const parts = letter === '-' || letter === '_' || letter === '.'
    if (!parts) type += startsWord ? letter.toUpperCase() : letter
    startsWord = parts
  }
  return '0123456789'.includes(type.slice(0, 1)) ? `Adapter${type}` : type
}

function lastReportOf({ stored }: Past, adapter: string): ReportEvent | undefined {
  return stored.findLast(report => report.adapter === adapter)
}

function earliest(reports: readonly ReportEvent[]): Instant {
  const times = reports.map(report => report.observedTime)
  const first = times.find(time => times.every(other => time <= other))
  if (first === undefined) throw new Error('the earliest of no reports')
  return first
}
