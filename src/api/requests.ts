// Bodies of requests: from bytes to what the fleet takes, or to all the faults found (contract 4.1-4.7, 5.1, 5.2).
import type { Patch } from '../fleet/change.ts'
import type { Creation } from '../fleet/create.ts'
import type { FieldFault } from '../fleet/outcome.ts'
import type { Report, ReportedCondition } from '../fleet/report.ts'
import type { ResourceKind } from '../store/records.ts'
import { parseInstant } from '../wire/instant.ts'
import { hasLoneSurrogate, type JsonMember, readJsonObject } from '../wire/json.ts'
import { isWellFormed } from '../wire/text.ts'
import { ClusterCreateRequest, NodePoolCreateRequest, ResourcePatchRequest } from './resources.ts'
import type { SpecValidator } from './spec-schema.ts'
import { type ReportLimits, type StatusReport, statusReportSchema } from './statuses.ts'
import { compileValidator, fieldPath, MAX_FAULTS } from './validate.ts'

/** The body is level 1 (contract 4.6). */
const MAX_DEPTH = 64
/** Members that keep what a client wrote, lone surrogates included (contract 3.8, 4.6). */
const KEPT_AS_WRITTEN: ReadonlySet<string> = new Set(['spec', 'data', 'metadata'])
const MANDATORY_CONDITIONS = ['Available', 'Applied', 'Health']

export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'faults'; readonly faults: readonly FieldFault[] }

export interface RequestParser {
  creation(kind: ResourceKind, body: Buffer): Parsed<Creation>
  patch(kind: ResourceKind, body: Buffer): Parsed<Patch>
  report(body: Buffer): Parsed<Report>
}

type Members = ReadonlyMap<string, JsonMember>
type BodyObject = Record<string, unknown>

/** Compiles the schemas of all request bodies; `validateSpec` is the user's own, if there is one (contract 4.9). */
export function createRequestParser(
  limits: ReportLimits,
  validateSpec: SpecValidator | undefined,
): RequestParser {
  const creations = {
    Cluster: compileValidator(ClusterCreateRequest),
    NodePool: compileValidator(NodePoolCreateRequest),
  }
  const patches = compileValidator(ResourcePatchRequest)
  const reports = compileValidator(statusReportSchema(limits))
  const specFaults = (kind: ResourceKind, { spec }: BodyObject): readonly FieldFault[] =>
    validateSpec === undefined || !isObject(spec) ? [] : validateSpec(kind, spec)
  return {
    creation: (kind, body) =>
      parse(body, {
        optional: ['labels'],
        faults: value => [...creations[kind](value), ...assignedIdFaults(value), ...specFaults(kind, value)],
        build: buildCreation,
      }),
    patch: (kind, body) =>
      parse(body, {
        optional: ['spec', 'labels'],
        faults: value => [...patches(value), ...specFaults(kind, value)],
        build: buildPatch,
      }),
    report: body =>
      parse(body, {
        optional: ['metadata', 'data'],
        faults: value => [...reports(withoutNullTexts(value)), ...conditionFaults(value.conditions)],
        build: buildReport,
      }),
  }
}

interface BodyForm<T> {
  /** Members for which `null` counts as absent (contract 3.7). */
  readonly optional: readonly string[]
  readonly faults: (value: BodyObject) => readonly FieldFault[]
  readonly build: (members: Members, value: BodyObject) => T
}

function parse<T>(body: Buffer, form: BodyForm<T>): Parsed<T> {
  const read = readJsonObject(body, { maxDepth: MAX_DEPTH })
  if (read.kind === 'malformed') return read
  const { members } = read
  for (const name of form.optional) if (members.get(name)?.text === 'null') members.delete(name)
  const value: BodyObject = Object.create(null)
  for (const [name, member] of members) value[name] = member.value
  const faults = form.faults(value)
  const surrogates = surrogateFaults(members, faults)
  if (faults.length + surrogates.length === 0) return { kind: 'parsed', value: form.build(members, value) }
  return { kind: 'faults', faults: [...faults, ...surrogates].slice(0, MAX_FAULTS) }
}

/**
 * Lone surrogates outside what is kept as written, where no other fault names the member already (contract 4.6). The
 * members that are named are a set: to hold each of 75,000 members against each of 1000 faults took 5 s.
 */
function surrogateFaults(members: Members, known: readonly FieldFault[]): FieldFault[] {
  const faults: FieldFault[] = []
  for (const [name, { text }] of members) {
    if (!KEPT_AS_WRITTEN.has(name) && (!isWellFormed(name) || hasLoneSurrogate(text)))
      faults.push({
        field: name,
        constraint: 'unicode',
        message: 'must be valid Unicode, without lone surrogates',
      })
  }
  if (faults.length === 0) return faults
  const named = new Set(known.flatMap(({ field }) => [field, memberOf(field)]))
  return faults.filter(({ field }) => !named.has(field))
}

/** The member of the body that a field lies in: `labels` for `labels.a`, `conditions` for `conditions[0].type`. */
function memberOf(field: string): string {
  return field.split(/[.[]/, 1)[0] ?? field
}

/** The key alone is refused, `null` or not: docs/contract-notes.md (contract 4.1, 3.7). */
function assignedIdFaults(value: BodyObject): FieldFault[] {
  if (!('id' in value)) return []
  return [{ field: 'id', constraint: 'readOnly', message: 'is assigned by the server and must not be sent' }]
}

/** Conditions without the optional members that are null (contract 3.7). */
function withoutNullTexts(value: BodyObject): BodyObject {
  if (!Array.isArray(value.conditions) || !value.conditions.some(hasNullText)) return value
  const conditions = value.conditions.map(condition =>
    isObject(condition)
      ? Object.fromEntries(Object.entries(condition).filter(member => !isNullText(member)))
      : condition,
  )
  return Object.assign(Object.create(null), value, { conditions })
}

function hasNullText(condition: unknown): boolean {
  return isObject(condition) && (condition.reason === null || condition.message === null)
}

function isNullText([name, value]: [string, unknown]): boolean {
  return value === null && (name === 'reason' || name === 'message')
}

/** Mandatory conditions that are missing and types that stand twice (contract 5.1, 5.2). */
function conditionFaults(conditions: unknown): FieldFault[] {
  if (!Array.isArray(conditions)) return []
  const types = conditions.map(condition => (isObject(condition) ? condition.type : undefined))
  const missing = MANDATORY_CONDITIONS.filter(type => !types.includes(type))
  if (missing.length === 0 && types.length === MANDATORY_CONDITIONS.length) return []
  const known = new Set<unknown>()
  const repeated = types.flatMap((type, index) => {
    const isRepeated = typeof type === 'string' && known.has(type)
    known.add(type)
    return isRepeated ? [{ type, index }] : []
  })
  return [
    ...missing.map(type => ({
      field: 'conditions',
      constraint: 'contains',
      message: `must hold the conditions ${MANDATORY_CONDITIONS.join(', ')}; ${type} is missing`,
    })),
    ...repeated.map(({ type, index }) => ({
      field: fieldPath(['conditions', index, 'type']),
      constraint: 'uniqueItems',
      message: `${type} stands twice`,
      value: type,
    })),
  ]
}

function buildCreation(members: Members, value: BodyObject): Creation {
  return { name: String(value.name), spec: members.get('spec')?.text ?? '{}', labels: labelsOf(value) }
}

function buildPatch(members: Members, value: BodyObject): Patch {
  return { spec: members.get('spec')?.text, labels: labelsOf(value) }
}

function buildReport(members: Members, value: BodyObject): Report {
  // The schema has just found the value without fault.
  const report = value as unknown as StatusReport
  const observedTime = parseInstant(report.observed_time)
  if (observedTime === undefined) throw new Error('a validated observed_time does not parse')
  return {
    adapter: report.adapter,
    observedGeneration: report.observed_generation,
    observedTime,
    conditions: report.conditions.map(buildCondition),
    metadata: members.get('metadata')?.text,
    data: members.get('data')?.text,
  }
}

function buildCondition({
  type,
  status,
  reason,
  message,
}: StatusReport['conditions'][number]): ReportedCondition {
  const condition: { -readonly [Key in keyof ReportedCondition]: ReportedCondition[Key] } = { type, status }
  if (typeof reason === 'string') condition.reason = reason
  if (typeof message === 'string') condition.message = message
  return condition
}

function labelsOf({ labels }: BodyObject): ReadonlyMap<string, string> | undefined {
  return isObject(labels)
    ? new Map(Object.entries(labels).map(([key, text]) => [key, String(text)]))
    : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
