// Applies the events of one resource step by step through src/fleet, as the server does. Keeps only what the server
// keeps: the conditions and each adapter's last stored report. Every input is frozen first.
import assert from 'node:assert/strict'
import { unfinishedAdapters } from '../../src/fleet/assessment.ts'
import {
  type AdapterReading,
  conditionsAfterReport,
  conditionsAfterSpecChange,
  initialConditions,
} from '../../src/fleet/conditions.ts'
import { discardReason } from '../../src/fleet/report.ts'
import type { ResourceCondition, ResourceKind } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import type {
  CreatedEvent,
  DeletedEvent,
  HistoryEvent,
  Outcome,
  ReportEvent,
  SpecChangedEvent,
  Verdict,
} from './conditions-oracle.ts'

/** A resource as known to the server between two events. */
interface Known {
  readonly kind: ResourceKind
  readonly generation: number
  readonly createdTime: Instant
  readonly specChangedTime: Instant
  readonly conditions: readonly ResourceCondition[]
  /** In the order of the adapters' first reports. */
  readonly readings: readonly AdapterReading[]
  readonly verdicts: readonly Verdict[]
  readonly isDeleting: boolean
  readonly isFinished: boolean
}

/** The outcome after each event of a history; the first event is the creation. */
export function stepThrough(kind: ResourceKind, history: readonly HistoryEvent[]): Outcome[] {
  const outcomes: Outcome[] = []
  let known: Known | undefined
  for (const event of history) {
    known = deepFreeze(step(kind, known, event))
    const { conditions, verdicts, isFinished } = known
    outcomes.push({ conditions, verdicts, isFinished })
  }
  return outcomes
}

function step(kind: ResourceKind, known: Known | undefined, event: HistoryEvent): Known {
  if (event.kind === 'created') return created(kind, event)
  if (known === undefined) throw new Error('a history begins with the creation')
  return event.kind === 'report' ? afterReport(known, event) : afterSpecChange(known, event)
}

function created(
  kind: ResourceKind,
  { time, required = [], compatibility = 'documents' }: CreatedEvent,
): Known {
  const conditions = twice(initialConditions, { kind, createdTime: time, required, compatibility })
  return {
    kind,
    generation: 1,
    createdTime: time,
    specChangedTime: time,
    conditions,
    readings: [],
    verdicts: [],
    isDeleting: false,
    isFinished: false,
  }
}

function afterReport(known: Known, report: ReportEvent): Known {
  const last = known.readings.find(reading => reading.adapter === report.adapter)
  const previous = last && { observedGeneration: last.generation, lastReportTime: last.time }
  const discarded = discardReason(deepFreeze(report), known.generation, previous)
  if (discarded !== undefined) return { ...known, verdicts: [...known.verdicts, discarded] }
  const reading = readingOf(report, last?.createdTime ?? report.observedTime)
  const readings =
    last === undefined
      ? [...known.readings, reading]
      : known.readings.map(other => (other === last ? reading : other))
  const { required, adapter: reporter, compatibility = 'documents' } = report
  const next = twice(conditionsAfterReport, { ...known, required, readings, reporter, compatibility })
  const isFinished = known.isDeleting && unfinishedAdapters({ ...known, required, readings }).length === 0
  return { ...known, readings, conditions: next, verdicts: [...known.verdicts, 'stored'], isFinished }
}

function readingOf(report: ReportEvent, createdTime: Instant): AdapterReading {
  return {
    adapter: report.adapter,
    value: report.available,
    generation: report.observedGeneration,
    time: report.observedTime,
    createdTime,
    isFinalized: report.isFinalized === true,
    ...(report.reason === undefined ? {} : { reason: report.reason }),
    ...(report.message === undefined ? {} : { message: report.message }),
  }
}

function afterSpecChange(known: Known, event: SpecChangedEvent | DeletedEvent): Known {
  const { time, required, compatibility = 'documents' } = event
  const isDeleting = event.kind === 'deleted'
  const changed = { ...known, generation: known.generation + 1, specChangedTime: time, isDeleting }
  return {
    ...changed,
    conditions: twice(conditionsAfterSpecChange, { ...changed, required, compatibility }),
    isFinished: isDeleting && unfinishedAdapters({ ...changed, required }).length === 0,
  }
}

/** Contract 6.11: depends only on its frozen input, so two calls give the same result. */
function twice<Input extends object>(
  decide: (input: Input) => readonly ResourceCondition[],
  input: Input,
): readonly ResourceCondition[] {
  const frozen = deepFreeze(input)
  const first = decide(frozen)
  assert.deepStrictEqual(decide(frozen), first)
  return first
}

/** Freezes a value deeply. */
function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part)
  return Object.freeze(value)
}
