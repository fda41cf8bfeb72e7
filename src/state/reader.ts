// Reads records from their bodies, each member on demand, because most queries need one field of each record. Only the store writes
// documents, and checksums protect them on disk, so members have the types that were written.
import { type Instant, parseInstant } from '../wire/instant.ts'
import { type JsonSpan, spanOf } from '../wire/json-paths.ts'
import {
  BODY_HEADER,
  type Body,
  CONDITION,
  clientJsonIn,
  NO_BODY,
  nameIn,
  ownerIdIn,
  RESOURCE,
  STATUS,
  specChangedTimeIn,
} from './layout.ts'
import type { ResourceId } from './put.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  ConditionStatus,
  ReportedStatus,
  Resource,
  ResourceCondition,
  ResourceHead,
  ResourceKind,
  StatusDigest,
  Writable,
} from './records.ts'
import { type ResourceDetails, Scan, scanConditions, scanDetails, scanStatusConditions } from './scan.ts'

/** Parts of a resource that need not be read from its body. */
export interface KnownParts {
  readonly isMarked?: boolean | undefined
  readonly conditions?: readonly ResourceCondition[] | undefined
}

/** The resource in its bodies. Their bytes must not change while the resource is in use. */
export function readResource(
  kind: ResourceKind,
  id: string,
  head: Body,
  conditions: Body,
  known?: KnownParts,
): Resource {
  return new DocumentResource(kind, id, head, conditions, known)
}

/** The head of a resource in its body, like `readResource`. */
export function readHead(kind: ResourceKind, id: string, head: Body): ResourceHead {
  return new DocumentResource(kind, id, head, NO_BODY)
}

/**
 * The status in a body, like `readResource`.
 *
 * @param digest members that need not be read from the body
 */
export function readStatus(
  kind: ResourceKind,
  id: string,
  adapter: string,
  body: Body,
  digest?: StatusDigest,
): AdapterStatus {
  return new DocumentStatus({ kind, id }, adapter, body, digest)
}

/**
 * True if the resource with this head is marked for deletion (contract 11.2). It parses nothing. The mark is after the last author: a label
 * may have its name.
 */
export function isMarked({ bytes, offset, length }: Body): boolean {
  const end = offset + length
  const lastAuthorAt = bytes.lastIndexOf(RESOURCE.updatedBy, end - RESOURCE.updatedBy.length)
  return bytes.subarray(lastAuthorAt, end).includes(RESOURCE.deletedTime)
}

/** The spec of a resource in bytes. */
export function specJsonOf(resource: Resource): JsonSpan {
  return resource.specJson ?? spanOf(resource.spec)
}

class DocumentResource implements Resource {
  readonly kind: ResourceKind
  readonly id: string
  readonly #head: Body
  readonly #conditionsBody: Body
  #details: ResourceDetails | undefined
  #isMarked: boolean | undefined
  #conditions: readonly ResourceCondition[] | undefined

  constructor(kind: ResourceKind, id: string, head: Body, conditions: Body, known?: KnownParts) {
    this.kind = kind
    this.id = id
    this.#head = head
    this.#conditionsBody = conditions
    this.#isMarked = known?.isMarked
    this.#conditions = known?.conditions
  }

  get name(): string {
    return nameIn(this.kind, this.#head)
  }

  get ownerId(): string | undefined {
    return this.kind === 'Cluster' ? undefined : ownerIdIn(this.#head)
  }

  /** Read backwards: its digits end at the member `spec`. */
  get generation(): number {
    const { bytes } = this.#head
    let number = 0
    let at = this.#spec.start - RESOURCE.spec.length - 1
    for (let unit = 1; ; unit *= 10) {
      const digit = (bytes[at--] ?? 0) - 0x30
      if (!(digit >= 0 && digit <= 9)) return number
      number += digit * unit
    }
  }

  get spec(): string {
    const { start, end } = this.#spec
    return this.#head.bytes.toString('utf8', start, end)
  }

  get specJson(): JsonSpan {
    const { start, end } = this.#spec
    return { bytes: this.#head.bytes, start, end }
  }

  get labels(): ReadonlyMap<string, string> | undefined {
    return this.#readDetails().labels
  }

  get createdTime(): Instant {
    return this.#readDetails().createdTime
  }

  get updatedTime(): Instant {
    return this.#readDetails().updatedTime
  }

  get createdBy(): string {
    return this.#readDetails().createdBy
  }

  get updatedBy(): string {
    return this.#readDetails().updatedBy
  }

  /** A report asks for it, and the usual resource is not being deleted, so nothing is parsed then. */
  get deletedTime(): Instant | undefined {
    this.#isMarked ??= isMarked(this.#head)
    return this.#isMarked ? this.#readDetails().deletedTime : undefined
  }

  get deletedBy(): string | undefined {
    return this.#readDetails().deletedBy
  }

  get conditions(): readonly ResourceCondition[] {
    this.#conditions ??= this.#readConditions()
    return this.#conditions
  }

  get specChangedTime(): Instant {
    return specChangedTimeIn(this.#head)
  }

  get #spec() {
    return clientJsonIn(this.#head, 0)
  }

  get #end(): number {
    return this.#head.offset + this.#head.length
  }

  #readDetails(): ResourceDetails {
    this.#details ??= this.#scanDetails() ?? this.#parseDetails()
    return this.#details
  }

  #scanDetails(): ResourceDetails | undefined {
    const scan = new Scan(this.#head.bytes, this.#spec.end)
    const details = scanDetails(scan, this.#end)
    return scan.hasFailed || scan.at !== this.#end ? undefined : details
  }

  #parseDetails(): ResourceDetails {
    return readDetails(this.#head.bytes.toString('utf8', this.#spec.end, this.#end))
  }

  #readConditions(): readonly ResourceCondition[] {
    const { bytes, offset } = this.#conditionsBody
    return scanConditions(bytes, offset) ?? this.#parseConditions()
  }

  #parseConditions(): ResourceCondition[] {
    const { bytes, offset, length } = this.#conditionsBody
    const start = offset + RESOURCE.conditions.length
    const text = bytes.toString('utf8', start, offset + length - RESOURCE.end.length)
    const times = new TimeReader()
    const documents = JSON.parse(text) as ResourceConditionDocument[]
    return documents.map(document => readResourceCondition(document, times))
  }
}

interface DetailsDocument {
  labels?: Record<string, string>
  created_time: string
  updated_time: string
  created_by: string
  updated_by: string
  deleted_time?: string
  deleted_by?: string
}

/** @param text members, each after a comma */
function readDetails(text: string): ResourceDetails {
  const document = JSON.parse(`{${text.slice(1)}}`) as DetailsDocument
  const times = new TimeReader()
  return {
    labels: document.labels === undefined ? undefined : readLabels(document.labels, text),
    createdTime: times.read(document.created_time),
    updatedTime: times.read(document.updated_time),
    createdBy: document.created_by,
    updatedBy: document.updated_by,
    deletedTime: document.deleted_time === undefined ? undefined : times.read(document.deleted_time),
    deletedBy: document.deleted_by,
  }
}

/** Matches keys such as "10", which an object puts first. */
const BEGINS_WITH_DIGIT = /^\d/

/**
 * Reads the labels in the order of the text, so that the next version of the document has the same bytes as without a restart. JSON.parse
 * keeps the order except for keys such as "10". With escapes it is not trusted either (see parseJson).
 */
function readLabels(parsed: Readonly<Record<string, string>>, text: string): Map<string, string> {
  if (text.includes('\\')) return scanLabels(text)
  const labels = new Map<string, string>()
  for (const [key, value] of Object.entries(parsed)) {
    if (BEGINS_WITH_DIGIT.test(key)) return scanLabels(text)
    labels.set(key, value)
  }
  return labels
}

/** Reads the labels at the beginning of a text one by one. */
function scanLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>()
  const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/y
  let position = RESOURCE.labels.length + 1 // the opening brace
  const next = (): string => {
    strings.lastIndex = position
    const string = strings.exec(text)?.[0]
    if (string === undefined) throw new Error(`a stored document has no label at ${position} of ${text}`)
    position += string.length + 1 // the string, and the ':', ',' or '}' behind it
    // A substring would keep the whole text in memory; JSON.parse creates a separate string.
    return JSON.parse(string) as string
  }
  if (text[position] === '}') return labels
  while (text[position - 1] !== '}') {
    const key = next()
    labels.set(key, next())
  }
  return labels
}

const TIME_END = `"${STATUS.end}`
const AVAILABLE = `${CONDITION.type}"Available",`
const QUOTE = 0x22

class DocumentStatus implements AdapterStatus {
  readonly resourceKind: ResourceKind
  readonly resourceId: string
  readonly adapter: string
  readonly #body: Body
  readonly #digest: StatusDigest | undefined
  #conditions: readonly AdapterCondition[] | undefined

  constructor({ kind, id }: ResourceId, adapter: string, body: Body, digest: StatusDigest | undefined) {
    this.resourceKind = kind
    this.resourceId = id
    this.adapter = adapter
    this.#body = body
    this.#digest = digest
  }

  get observedGeneration(): number {
    if (this.#digest !== undefined) return this.#digest.observedGeneration
    const { bytes } = this.#body
    let number = 0
    for (let at = this.#generationAt; ; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (!(digit >= 0 && digit <= 9)) return number
      number = number * 10 + digit
    }
  }

  get conditions(): readonly AdapterCondition[] {
    this.#conditions ??= scanStatusConditions(this.#body) ?? this.#parseConditions()
    return this.#conditions
  }

  get available(): AdapterCondition | undefined {
    const { bytes } = this.#body
    const start = bytes.indexOf(AVAILABLE, this.#generationAt)
    if (start === -1 || start >= this.#conditionsEnd) return undefined
    const time = bytes.indexOf(CONDITION.transitionTime, start) + CONDITION.transitionTime.length
    const text = bytes.toString('utf8', start, bytes.indexOf(TIME_END, time) + TIME_END.length)
    return readAdapterCondition(JSON.parse(text) as AdapterConditionDocument, new TimeReader())
  }

  get availableStatus(): ReportedStatus | undefined {
    return this.#digest?.available
  }

  get metadata(): string | undefined {
    return this.#clientJson(0)
  }

  get data(): string | undefined {
    return this.#clientJson(1)
  }

  get createdTime(): Instant {
    return this.#digest?.createdTime ?? this.#timeBefore(this.#createdEnd)
  }

  get lastReportTime(): Instant {
    return this.#digest?.lastReportTime ?? this.#timeBefore(this.#end)
  }

  get #generationAt(): number {
    const { bytes, offset } = this.#body
    return bytes.indexOf(STATUS.generation, offset + BODY_HEADER) + STATUS.generation.length
  }

  /** Position of the closing quote of the report's time. */
  get #end(): number {
    const { offset, length } = this.#body
    return offset + length - TIME_END.length
  }

  /** Position of the closing quote of the creation time. */
  get #createdEnd(): number {
    return this.#startOfText(this.#end) - 1 - STATUS.reportTime.length - 1
  }

  /** The end of the conditions, which is the start of the next member. */
  get #conditionsEnd(): number {
    const [metadata, data] = [clientJsonIn(this.#body, 0), clientJsonIn(this.#body, 1)]
    if (metadata.start < metadata.end) return metadata.start - STATUS.metadata.length
    if (data.start < data.end) return data.start - STATUS.data.length
    return this.#startOfText(this.#createdEnd) - 1 - STATUS.createdTime.length
  }

  #parseConditions(): AdapterCondition[] {
    const { bytes } = this.#body
    const start = bytes.indexOf(STATUS.conditions, this.#generationAt) + STATUS.conditions.length
    const documents = JSON.parse(bytes.toString('utf8', start, this.#conditionsEnd))
    const times = new TimeReader()
    return (documents as AdapterConditionDocument[]).map(document => readAdapterCondition(document, times))
  }

  #clientJson(which: number): string | undefined {
    const { start, end } = clientJsonIn(this.#body, which)
    return start === end ? undefined : this.#body.bytes.toString('utf8', start, end)
  }

  /** The time whose closing quote is at `end`. */
  #timeBefore(end: number): Instant {
    return readTime(this.#body.bytes.toString('latin1', this.#startOfText(end), end))
  }

  /** The start of a text without escapes whose closing quote is at `end`. */
  #startOfText(end: number): number {
    const { bytes } = this.#body
    let start = end
    while (bytes[start - 1] !== QUOTE) start--
    return start
  }
}

/** The condition `Available` of a status, which every accepted report has (contract 5.2). */
export function availableOf(status: AdapterStatus): AdapterCondition {
  const available = status.available ?? status.conditions.find(({ type }) => type === 'Available')
  if (available === undefined) throw new Error(`the status of ${status.adapter} has no Available condition`)
  return available
}

/** Reads the times of one document. Most are equal, so each distinct one is parsed once. */
class TimeReader {
  /** In order of first appearance. They are too few for a Map to be faster. */
  readonly #texts: string[] = []
  readonly #instants: Instant[] = []

  read(text: string): Instant {
    const seen = this.#instants[this.#texts.indexOf(text)]
    if (seen !== undefined) return seen
    const instant = readTime(text)
    this.#texts.push(text)
    this.#instants.push(instant)
    return instant
  }
}

function readTime(text: string): Instant {
  const instant = parseInstant(text)
  if (instant === undefined) throw new Error(`a stored document holds the time ${JSON.stringify(text)}`)
  return instant
}

interface ResourceConditionDocument {
  readonly type: string
  readonly status: ConditionStatus
  readonly reason?: string
  readonly message?: string
  readonly observed_generation: number
  readonly created_time: string
  readonly last_updated_time: string
  readonly last_transition_time: string
}

interface AdapterConditionDocument {
  readonly type: string
  readonly status: ReportedStatus
  readonly reason?: string
  readonly message?: string
  readonly last_transition_time: string
}

/** A resource's condition from its JSON; `times` parses the texts of its times. */
export function readResourceCondition(
  document: ResourceConditionDocument,
  times: Pick<TimeReader, 'read'>,
): ResourceCondition {
  const condition: Writable<ResourceCondition> = {
    type: document.type,
    status: document.status,
    observedGeneration: document.observed_generation,
    createdTime: times.read(document.created_time),
    lastUpdatedTime: times.read(document.last_updated_time),
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document)
}

/** An adapter's condition from its JSON, like `readResourceCondition`. */
export function readAdapterCondition(
  document: AdapterConditionDocument,
  times: Pick<TimeReader, 'read'>,
): AdapterCondition {
  const condition: Writable<AdapterCondition> = {
    type: document.type,
    status: document.status,
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document)
}

/** Sets the optional fields of a condition. (Spreads of objects that may be empty took a twentieth of a start.) */
function readReason<T extends { reason?: string; message?: string }>(
  condition: T,
  document: { readonly reason?: string; readonly message?: string },
): T {
  if (document.reason !== undefined) condition.reason = document.reason
  if (document.message !== undefined) condition.message = document.message
  return condition
}
