// Parser of request bodies: from bytes to the fleet's input, or to all faults found (contract 4.1-4.7, 5.1, 5.2).
import type { Patch } from '../fleet/change.ts'
import type { Creation } from '../fleet/create.ts'
import type { FieldFault } from '../fleet/field-fault.ts'
import type { Report, ReportedCondition } from '../fleet/report.ts'
import type { ResourceKind } from '../state/records.ts'
import { parseInstant } from '../wire/instant.ts'
import {
  DistinctMembers,
  isCut,
  itemTexts,
  type JsonMember,
  type JsonObjectBody,
  memberTexts,
  readJsonObject,
  shallowValue,
  WantedNames,
} from '../wire/json.ts'
import { hasLoneSurrogate, hasSurrogateEscape } from '../wire/json-scan.ts'
import { type CountedFaults, listedFaults, MAX_LISTED_FAULTS } from '../wire/listed-faults.ts'
import { ReportReader } from './report-reader.ts'
import {
  ClusterCreateRequest,
  ForceDeleteRequest,
  LABELS_MAX,
  NodePoolCreateRequest,
  REASON_MAX,
  ResourcePatchRequest,
} from './resources.ts'
import type { SpecValidator } from './spec-schema.ts'
import { type ReportLimits, type StatusReport, statusReportSchema } from './statuses.ts'
import { compileValidator, fieldPath, shownValue } from './validation.ts'

/** The body itself is level 1 (contract 4.6). */
const MAX_DEPTH = 64
/** Members kept as the client wrote them, lone surrogates included (contract 3.8, 4.6). */
const KEPT_AS_WRITTEN: ReadonlySet<string> = new Set(['spec', 'data', 'metadata'])
const CREATION_MEMBERS = new WantedNames(['kind', 'name', 'spec', 'labels', 'id'])
const PATCH_MEMBERS = new WantedNames(['spec', 'labels'])
const REPORT_MEMBERS = new WantedNames([
  'adapter',
  'observed_generation',
  'observed_time',
  'conditions',
  'metadata',
  'data',
])
const FORCE_DELETION_MEMBERS = new WantedNames(['reason'])
const MANDATORY_CONDITIONS = ['Available', 'Applied', 'Health']

/** Maximum length of any text except reasons and messages, in UTF-16 units. The schemas have lower limits. */
const MAX_TEXT_LENGTH = 1024
/** Placeholder for conditions that are too many to be read. */
const UNREAD_ITEMS: readonly unknown[] = Object.freeze([])
const CONDITION_MEMBERS = ['type', 'status', 'reason', 'message'] as const
const WANTED_OF_CONDITION = new WantedNames(CONDITION_MEMBERS)
/** Texts for which `null` counts as absent (contract 3.7). */
const OPTIONAL_TEXTS: ReadonlySet<string> = new Set(['reason', 'message'])

export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'malformed'; readonly reason: string }
  | {
      readonly kind: 'faults'
      /** The faults listed in the answer. */
      readonly faults: readonly FieldFault[]
      /** Total number of faults. */
      readonly count: number
    }

export interface RequestParser {
  creation(kind: ResourceKind, body: Buffer): Parsed<Creation>
  patch(kind: ResourceKind, body: Buffer): Parsed<Patch>
  report(body: Buffer): Parsed<Report>
  forceDeletion(body: Buffer): Parsed<ForceDeletion>
}

/** A validated request to remove a resource by force (contract 11.12). */
export interface ForceDeletion {
  readonly reason: string
}

type BodyObject = Record<string, unknown>

interface BodyValue {
  readonly value: BodyObject
  /** Faults of counts that exceed a limit. */
  readonly faults: readonly FieldFault[]
  /** Texts that may be truncated; each is longer than any schema accepts. */
  readonly cut: readonly CutText[]
}

interface CutText {
  readonly field: string
  readonly maxLength: number
}

type Members = ReadonlyMap<string, JsonMember>

/** Compiles the schemas of all request bodies. `validateSpec` is the user's own schema, if any (contract 4.9). */
export function createRequestParser(
  limits: ReportLimits,
  validateSpec: SpecValidator | undefined,
): RequestParser {
  const creations = {
    Cluster: compileValidator(ClusterCreateRequest),
    NodePool: compileValidator(NodePoolCreateRequest),
  }
  const patches = compileValidator(ResourcePatchRequest)
  const forceDeletions = compileValidator(ForceDeleteRequest)
  const specFaults = (kind: ResourceKind, members: Members): CountedFaults<FieldFault> => {
    const spec = members.get('spec')?.text
    return validateSpec === undefined || !spec?.startsWith('{') ? NO_FAULTS : validateSpec(kind, spec)
  }
  const creation = (kind: ResourceKind): BodyForm<Creation> => ({
    names: CREATION_MEMBERS,
    refusesOthers: false,
    optional: ['labels'],
    faults: (value, members) => [...creations[kind](value), ...assignedIdFaults(members)],
    specFaults: members => specFaults(kind, members),
    build: buildCreation,
  })
  const patch = (kind: ResourceKind): BodyForm<Patch> => ({
    names: PATCH_MEMBERS,
    refusesOthers: true,
    optional: ['spec', 'labels'],
    faults: value => patches(value),
    specFaults: members => specFaults(kind, members),
    build: buildPatch,
  })
  const forceDeletion: BodyForm<ForceDeletion> = {
    names: FORCE_DELETION_MEMBERS,
    refusesOthers: false,
    optional: [],
    faults: value => forceDeletions(value),
    specFaults: () => NO_FAULTS,
    build: (_, { reason }) => ({ reason: String(reason) }),
  }
  const reader = new ReportReader(limits)
  const checkReport = reportParser(limits)
  const creationForms = { Cluster: creation('Cluster'), NodePool: creation('NodePool') }
  const patchForms = { Cluster: patch('Cluster'), NodePool: patch('NodePool') }
  return {
    creation: (kind, body) => parse(body, creationForms[kind], limits),
    patch: (kind, body) => parse(body, patchForms[kind], limits),
    report: body => {
      const report = reader.read(body)
      return report === undefined ? checkReport(body) : { kind: 'parsed', value: report }
    },
    forceDeletion: body => parse(body, forceDeletion, limits),
  }
}

/** The parser of reports of any kind. `ReportReader` saves it the ordinary ones. */
export function reportParser(limits: ReportLimits): (body: Buffer) => Parsed<Report> {
  const reports = compileValidator(statusReportSchema(limits))
  const report: BodyForm<Report> = {
    names: REPORT_MEMBERS,
    refusesOthers: false,
    optional: ['metadata', 'data'],
    faults: value => [...reports(value), ...conditionFaults(value.conditions)],
    specFaults: () => NO_FAULTS,
    build: buildReport,
  }
  return body => parse(body, report, limits)
}

interface BodyForm<T> {
  /** Members of the request. */
  readonly names: WantedNames
  /** True if any other member is a fault (contract 4.5); otherwise it is ignored (contract 4.1, 5.1). */
  readonly refusesOthers: boolean
  /** Members for which `null` counts as absent (contract 3.7). */
  readonly optional: readonly string[]
  readonly faults: (value: BodyObject, members: Members) => readonly FieldFault[]
  /** Faults found by the user's own schema (contract 4.9). */
  readonly specFaults: (members: Members) => CountedFaults<FieldFault>
  readonly build: (members: Members, value: BodyObject) => T
}

function parse<T>(body: Buffer, form: BodyForm<T>, limits: ReportLimits): Parsed<T> {
  const read = readJsonObject(body, { maxDepth: MAX_DEPTH, names: form.names })
  if (read.kind === 'malformed') return read
  const { members } = read
  for (const name of form.optional) if (members.get(name)?.text === 'null') members.delete(name)
  const { value, faults: counted, cut } = readBodyValue(members, limits)
  const found = [...counted, ...form.faults(value, members)]
  const faults = [...found, ...cutFaults(cut, found)]
  const others = otherFaults(read, form)
  const surrogates = surrogateFaults(members, faults)
  const spec = form.specFaults(members)
  const count = faults.length + surrogates.length + spec.count + others.count
  if (count === 0) return { kind: 'parsed', value: form.build(members, value) }
  const all = [...faults, ...surrogates, ...spec.faults, ...others.faults]
  return { kind: 'faults', faults: listedFaults(all, count), count }
}

/** A truncated text is a fault, whatever its schema says. */
function cutFaults(cut: readonly CutText[], found: readonly FieldFault[]): FieldFault[] {
  return cut
    .filter(({ field }) => !found.some(fault => fault.field === field))
    .map(({ field, maxLength }) => ({
      field,
      constraint: 'maxLength',
      message: `must not have more than ${maxLength} characters`,
    }))
}

const NO_FAULTS: CountedFaults<FieldFault> = { faults: [], count: 0 }

/** Faults of members outside the request's own: their presence, or invalid Unicode in their names. */
function otherFaults(
  { text, hasOthers }: JsonObjectBody,
  form: BodyForm<unknown>,
): CountedFaults<FieldFault> {
  if (!hasOthers) return NO_FAULTS
  if (form.refusesOthers) return refusedMembers(new DistinctMembers(text, form.names))
  if (!hasSurrogateEscape(text)) return NO_FAULTS
  const { members, count } = new DistinctMembers(text, form.names).broken(MAX_LISTED_FAULTS)
  return { faults: members.map(({ name }) => brokenUnicode(name)), count }
}

function refusedMembers(others: DistinctMembers): CountedFaults<FieldFault> {
  const faults = others.first(MAX_LISTED_FAULTS).map(({ name, text }) => {
    const value = shownValue(shallowValue(text, MAX_TEXT_LENGTH))
    return {
      field: name,
      constraint: 'additionalProperties',
      message: 'is not an allowed member of this request',
      ...(value === undefined ? {} : { value }),
    }
  })
  return { faults, count: others.size }
}

/** Lone surrogates in members that are not kept as written and have no other fault (contract 4.6). */
function surrogateFaults(members: Members, known: readonly FieldFault[]): FieldFault[] {
  const broken = [...members].filter(
    ([name, { text }]) => !KEPT_AS_WRITTEN.has(name) && hasLoneSurrogate(text),
  )
  if (broken.length === 0) return []
  const named = new Set(known.map(({ field }) => memberOf(field)))
  return broken.filter(([name]) => !named.has(name)).map(([name]) => brokenUnicode(name))
}

function brokenUnicode(field: string): FieldFault {
  return { field, constraint: 'unicode', message: 'must be valid Unicode, without lone surrogates' }
}

/** The body's member that contains a field: `labels` for `labels.a`, `conditions` for `conditions[0].type`. */
function memberOf(field: string): string {
  return field.split(/[.[]/, 1)[0] ?? field
}

/** Refused by key, even if the value is `null`; docs/contract-notes.md says why (contract 4.1, 3.7). */
function assignedIdFaults(members: Members): FieldFault[] {
  if (!members.has('id')) return []
  return [{ field: 'id', constraint: 'readOnly', message: 'is assigned by the server and must not be sent' }]
}

/** Faults for missing mandatory conditions and for duplicate types (contract 5.1, 5.2). */
function conditionFaults(conditions: unknown): FieldFault[] {
  if (!Array.isArray(conditions) || conditions === UNREAD_ITEMS) return []
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
      message: `must contain the conditions ${MANDATORY_CONDITIONS.join(', ')}; ${type} is missing`,
    })),
    ...repeated.map(({ type, index }) => ({
      field: fieldPath(['conditions', index, 'type']),
      constraint: 'uniqueItems',
      message: `${type} appears more than once`,
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
  // The schema has just validated the value.
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

function readBodyValue(members: ReadonlyMap<string, JsonMember>, limits: ReportLimits): BodyValue {
  return new Reader(limits).read(members)
}

/**
 * Reads a body only as deep as its schema looks, and counts before it reads (contract 4.11): a spec only as an object or
 * not, at most the allowed labels and conditions, and only the known members of a condition. So the value stays small
 * for any body.
 */
class Reader {
  readonly #limits: ReportLimits
  readonly #faults: FieldFault[] = []
  readonly #cut: CutText[] = []

  constructor(limits: ReportLimits) {
    this.#limits = limits
  }

  read(members: ReadonlyMap<string, JsonMember>): BodyValue {
    const value: BodyObject = Object.create(null)
    for (const [name, { text }] of members) value[name] = this.#member(name, text)
    return { value, faults: this.#faults, cut: this.#cut }
  }

  #member(name: string, text: string): unknown {
    if (name === 'labels' && text.startsWith('{')) return this.#labels(text)
    if (name === 'conditions' && text.startsWith('[')) return this.#conditions(text)
    // A character has at most two UTF-16 units.
    return this.#shallow([name], text, name === 'reason' ? 2 * REASON_MAX : MAX_TEXT_LENGTH)
  }

  #labels(text: string): BodyObject {
    const labels: BodyObject = Object.create(null)
    const members = new DistinctMembers(text)
    if (members.size > LABELS_MAX)
      this.#faults.push({
        field: 'labels',
        constraint: 'maxProperties',
        message: `has ${members.size} labels; at most ${LABELS_MAX} are allowed`,
      })
    else
      for (const member of members.first(LABELS_MAX))
        labels[member.name] = this.#shallow(['labels', member.name], member.text)
    return labels
  }

  #conditions(text: string): readonly unknown[] {
    const { conditionsPerReport } = this.#limits
    const { items, count } = itemTexts(text, conditionsPerReport)
    if (count <= conditionsPerReport)
      return items.map((item, index) =>
        item.startsWith('{') ? this.#condition(index, item) : this.#shallow(['conditions', index], item),
      )
    this.#faults.push({
      field: 'conditions',
      constraint: 'maxItems',
      message: `has ${count} conditions; at most ${conditionsPerReport} are allowed`,
    })
    return UNREAD_ITEMS
  }

  #condition(index: number, text: string): BodyObject {
    const members = memberTexts(text, WANTED_OF_CONDITION)
    const condition: BodyObject = {}
    for (const name of CONDITION_MEMBERS) {
      const value = members.get(name)
      if (value === undefined || (value === 'null' && OPTIONAL_TEXTS.has(name))) continue
      condition[name] = this.#shallow(['conditions', index, name], value, this.#maxLength(name))
    }
    return condition
  }

  /** A limit in bytes is also an upper limit in UTF-16 units. */
  #maxLength(name: (typeof CONDITION_MEMBERS)[number]): number {
    if (name === 'reason') return this.#limits.reasonMaxBytes
    return name === 'message' ? this.#limits.messageMaxBytes : MAX_TEXT_LENGTH
  }

  #shallow(field: readonly (string | number)[], text: string, maxLength = MAX_TEXT_LENGTH): unknown {
    if (isCut(text, maxLength)) this.#cut.push({ field: fieldPath(field), maxLength })
    return shallowValue(text, maxLength)
  }
}
