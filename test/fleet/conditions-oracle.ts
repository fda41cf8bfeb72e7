// The conditions of a resource, computed slowly and plainly from its whole history: the oracle for
// src/fleet/conditions.ts and src/fleet/report.ts (contract 5.3-5.6, section 6, 11.7 and 11.10).
import type { Compatibility } from '../../src/fleet/conditions.ts'
import type { ReportedStatus, ResourceCondition, ResourceKind } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'

/** The conditions that a server shows (contract 1.5). By default the documents' conditions. */
interface Setting {
  readonly compatibility?: Compatibility
}

export interface CreatedEvent extends Setting {
  readonly kind: 'created'
  readonly time: Instant
  /** Required adapters; none by default. */
  readonly required?: readonly string[]
}

/** A report as sent by the adapter, with the list of required adapters in force on arrival. */
export interface ReportEvent extends Setting {
  readonly kind: 'report'
  readonly adapter: string
  readonly observedGeneration: number
  readonly observedTime: Instant
  readonly available: ReportedStatus
  readonly reason?: string
  readonly message?: string
  /** True if it has `Finalized=True`. */
  readonly isFinalized?: boolean
  readonly required: readonly string[]
}

/** A change of generation; `time` is the resource's new `updated_time`. */
export interface SpecChangedEvent extends Setting {
  readonly kind: 'spec-changed'
  readonly time: Instant
  readonly required: readonly string[]
}

/** The first deletion; `time` is the resource's `deleted_time`. */
export interface DeletedEvent extends Setting {
  readonly kind: 'deleted'
  readonly time: Instant
  readonly required: readonly string[]
}

export type HistoryEvent = CreatedEvent | ReportEvent | SpecChangedEvent | DeletedEvent

/** Outcome of a report: stored, or discarded under one of contract 5.3a-d. */
export type Verdict = 'stored' | 'future-generation' | 'old-generation' | 'earlier-time' | 'unknown'

export interface Outcome {
  readonly conditions: readonly ResourceCondition[]
  /** One outcome per report of the history, in order. */
  readonly verdicts: readonly Verdict[]
  /** True if no adapter is awaited as of the last deletion or stored report (contract 11.7, 11.8). */
  readonly isFinished: boolean
}

/** A resource after some of its events. */
interface Past {
  readonly resourceKind: ResourceKind
  readonly createdTime: Instant
  generation: number
  specChangedTime: Instant
  isDeleting: boolean
  isFinished: boolean
  /** True if a report has ever counted (6.2, 6.3). */
  hasCounted: boolean
  /** The last generation with a counting report received while it was current; initially 0 (6.4). */
  takenUp: number
  /** True once `Available` no longer has the message of 6.2. */
  isAvailableJudged: boolean
  /** Conditions that are shown. */
  summary: Map<string, ResourceCondition>
  readonly stored: ReportEvent[]
  readonly verdicts: Verdict[]
}

/** Required adapters as seen by one event: their names, and their last reports that count. */
interface Requirement {
  readonly names: readonly string[]
  readonly counting: readonly ReportEvent[]
  /** The adapters that a deletion still waits for (11.7). */
  readonly awaited: readonly string[]
}

/** Folds the history of one resource from its creation. The first event must be `created`. */
export function foldHistory(resourceKind: ResourceKind, history: readonly HistoryEvent[]): Outcome {
  const [created, ...events] = history
  if (created?.kind !== 'created') throw new Error('a history begins with the creation')
  const past = newborn(resourceKind, created)
  for (const event of events) {
    if (event.kind === 'report') applyReport(past, event)
    else if (event.kind === 'created') throw new Error('a resource is created once')
    else applySpecChange(past, event)
  }
  const conditions = [...past.summary.values(), ...adapterConditions(past)]
  return { conditions, verdicts: past.verdicts, isFinished: past.isFinished }
}

/** Contract 6.2, 6.20. */
function newborn(resourceKind: ResourceKind, { time, compatibility, required = [] }: CreatedEvent): Past {
  const past: Past = {
    resourceKind,
    createdTime: time,
    generation: 1,
    specChangedTime: time,
    isDeleting: false,
    isFinished: false,
    hasCounted: false,
    takenUp: 0,
    isAvailableJudged: false,
    summary: new Map(),
    stored: [],
    verdicts: [],
  }
  show(past, requirement(past, required), { compatibility, time, isReport: false })
  return past
}

/** The initial condition (contract 6.2, 6.20). */
function beginning(past: Past, type: string): ResourceCondition {
  return {
    type,
    status: 'False',
    reason: 'AwaitingAdapters',
    message: 'Waiting for adapters to report status',
    observedGeneration: type === 'Available' || type === 'Ready' ? 0 : 1,
    createdTime: past.createdTime,
    lastUpdatedTime: past.createdTime,
    lastTransitionTime: past.createdTime,
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
  past.isFinished = past.isDeleting && stillAwaited(past, report.required).length === 0
  if (report.available === 'Unknown') return // 5.6
  const { compatibility, observedTime: time } = report
  show(past, requirement(past, report.required), { compatibility, time, isReport: true })
}

/** Contract 6.8, 11.2. */
function applySpecChange(past: Past, change: SpecChangedEvent | DeletedEvent): void {
  if (past.isDeleting) throw new Error('a resource that is being deleted does not change its generation')
  past.generation += 1
  past.specChangedTime = change.time
  past.isDeleting = change.kind === 'deleted'
  past.isFinished = past.isDeleting && stillAwaited(past, change.required).length === 0
  const { compatibility, time } = change
  show(past, requirement(past, change.required), { compatibility, time, isReport: false })
  // From here on the message of Ready does not depend on the reports.
  if (past.isDeleting) past.hasCounted = past.isAvailableJudged
}

interface Showing {
  readonly compatibility: Compatibility | undefined
  readonly time: Instant
  readonly isReport: boolean
}

/** Reduces to the conditions of the setting, in its order, each as it is after the event (contract 1.5). */
function show(past: Past, required: Requirement, event: Showing): void {
  const { compatibility = 'documents', time } = event
  const shown = new Map<string, ResourceCondition>()
  if (compatibility === 'current') {
    past.hasCounted = false
    past.takenUp = 0
    past.isAvailableJudged = false
  } else {
    if (required.counting.length > 0) past.hasCounted = true
    if (required.counting.some(other => other.observedGeneration === past.generation))
      past.takenUp = past.generation
    shown.set('Available', shownAvailable(past, required, event))
    shown.set('Ready', shownReady(past, required, event))
  }
  if (compatibility !== 'documents') {
    shown.set('Reconciled', nextReconciled(past, required, time))
    shown.set('LastKnownReconciled', nextLastKnown(past, required, time))
  }
  past.summary = shown
}

/** Contract 6.2 before a report has counted; afterwards it follows reports, and a spec change leaves it (6.8). */
function shownAvailable(past: Past, required: Requirement, { time, isReport }: Showing): ResourceCondition {
  const known = past.summary.get('Available')
  const isLeft = !past.hasCounted || (known !== undefined && !isReport)
  if (isLeft) return known ?? beginning(past, 'Available')
  past.isAvailableJudged = true
  return nextAvailable(past, required, time)
}

/** Contract 6.2 before a report has counted, 6.4 and 6.8 after, 11.10 during a deletion. */
function shownReady(past: Past, required: Requirement, { time, isReport }: Showing): ResourceCondition {
  if (past.hasCounted || past.isDeleting) return nextReady(past, required, time)
  const known = past.summary.get('Ready') ?? beginning(past, 'Ready')
  return isReport ? known : { ...known, lastUpdatedTime: time }
}

/** Contract 11.7. */
function stillAwaited(past: Past, configured: readonly string[]): string[] {
  const reporters = [...new Set(past.stored.map(report => report.adapter))]
  const awaited = configured.length > 0 ? [...new Set(configured)] : reporters
  return awaited
    .filter(adapter => {
      const last = lastReportOf(past, adapter)
      return !(last?.isFinalized === true && last.observedGeneration === past.generation)
    })
    .sort()
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
  const awaited = past.isDeleting ? stillAwaited(past, configured) : []
  return { names, counting: counting.filter(report => report !== undefined), awaited }
}

/** Contract 6.4, and 6.6, 6.7, 6.9 for `Ready`; 11.10. */
function nextReady(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const { names, counting } = required
  const before = past.summary.get('Ready') ?? beginning(past, 'Ready')
  const current = counting.filter(report => report.observedGeneration === past.generation)
  const isReady =
    !past.isDeleting && current.filter(report => report.available === 'True').length === names.length
  const status = isReady ? 'True' : 'False'
  const negative = current.filter(report => report.available === 'False')
  const restsOn = negative.length > 0 ? negative : current
  const words = past.isDeleting
    ? { reason: 'Deleting', message: 'Resource is being deleted' }
    : isReady
      ? { reason: 'ResourceReady', message: 'All adapters report ready at current generation' }
      : falseWords(required, past.generation)
  return {
    type: 'Ready',
    status,
    ...words,
    observedGeneration: past.takenUp,
    createdTime: past.createdTime,
    lastUpdatedTime: restsOn.length > 0 ? earliest(restsOn) : past.specChangedTime,
    lastTransitionTime: before.status === status ? before.lastTransitionTime : eventTime,
  }
}

/** Contract 6.14-6.16. */
function nextReconciled(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const { names, counting, awaited } = required
  const before = past.summary.get('Reconciled') ?? beginning(past, 'Reconciled')
  const current = counting.filter(report => report.observedGeneration === past.generation)
  const says = (name: string): boolean =>
    current.some(report => report.adapter === name && report.available === 'True')
  const isReconciled = !past.isDeleting && names.length > 0 && names.every(says)
  const reporting = counting.map(report => report.adapter).join(', ')
  const missing = (past.isDeleting ? awaited : names.filter(name => !says(name))).join(', ')
  const wanted = past.isDeleting ? 'Finalized' : 'Available'
  let words = {
    reason: 'ReconciledMissingAdapters',
    message: `Required adapters not reporting ${wanted}=True: [${missing}]. Currently reporting: [${reporting}]`,
  }
  if (isReconciled)
    words = {
      reason: 'ReconciledAll',
      message: 'All required adapters reported Available=True or Finalized=True at the current generation',
    }
  if (past.isDeleting && awaited.length === 0)
    words = {
      reason: 'ReconciledWaitingForChildren',
      message:
        'Deletion in progress. All required adapters reported Finalized=True but child resources still exist',
    }
  const status = isReconciled ? 'True' : 'False'
  return {
    type: 'Reconciled',
    status,
    ...words,
    observedGeneration: past.generation,
    createdTime: past.createdTime,
    lastUpdatedTime: current.length > 0 ? earliest(current) : past.specChangedTime,
    lastTransitionTime: before.status === status ? before.lastTransitionTime : eventTime,
  }
}

/** Contract 6.17-6.19, case by case. */
function nextLastKnown(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const before = past.summary.get('LastKnownReconciled') ?? beginning(past, 'LastKnownReconciled')
  const held = before.observedGeneration
  const status = lastKnownStatus(required, before)
  const generations = required.counting.map(report => report.observedGeneration)
  const isUniform = new Set(generations).size === 1
  const allTrue = isComplete(required) && !required.counting.some(saysFalse)
  let observed = held
  let updated = before.lastUpdatedTime
  if (status === 'True' && allTrue && isUniform) {
    observed = generations[0] ?? held
    updated = earliest(required.counting)
  }
  if (status === 'False') {
    observed = generations.length > 0 ? Math.max(...generations) : held
    const atObserved = required.counting.filter(report => report.observedGeneration === observed)
    if (atObserved.some(saysFalse)) updated = earliest(atObserved)
  }
  return {
    type: 'LastKnownReconciled',
    status,
    ...lastKnownWords(status, required),
    observedGeneration: observed,
    createdTime: past.createdTime,
    lastUpdatedTime: updated,
    lastTransitionTime: before.status === status ? before.lastTransitionTime : eventTime,
  }
}

function saysFalse(report: ReportEvent): boolean {
  return report.available === 'False'
}

/** True if there are required adapters and each has a report that counts. */
function isComplete({ names, counting }: Requirement): boolean {
  return names.length > 0 && names.every(name => counting.some(report => report.adapter === name))
}

/** Contract 6.17. */
function lastKnownStatus(required: Requirement, before: ResourceCondition): 'True' | 'False' {
  if (!isComplete(required)) return 'False'
  if (required.counting.some(saysFalse)) {
    const isDenied = required.counting.some(
      report => saysFalse(report) && report.observedGeneration === before.observedGeneration,
    )
    return before.status === 'True' && !isDenied ? 'True' : 'False'
  }
  const isUniform = new Set(required.counting.map(report => report.observedGeneration)).size === 1
  return isUniform ? 'True' : before.status
}

/** Contract 6.19, in its order. */
function lastKnownWords(
  status: 'True' | 'False',
  required: Requirement,
): { reason: string; message: string } {
  if (status === 'True')
    return {
      reason: 'AllAdaptersReconciled',
      message: 'All required adapters report Available=True for the tracked generation',
    }
  if (!isComplete(required))
    return { reason: 'AdaptersMissingReports', message: 'Required adapters have not yet reported status' }
  if (required.counting.some(saysFalse))
    return {
      reason: 'AdapterReportedNotAvailable',
      message: 'One or more required adapters report Available=False',
    }
  return {
    reason: 'AdaptersNotAtSameGeneration',
    message: 'Required adapters do not report a consistent Available state',
  }
}

/** Contract 6.5, and 6.6, 6.7, 6.9 for `Available`. */
function nextAvailable(past: Past, required: Requirement, eventTime: Instant): ResourceCondition {
  const before = past.summary.get('Available') ?? beginning(past, 'Available')
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
  /** Reports whose earliest time becomes last_updated_time; if there are none, it stays (6.6). */
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
