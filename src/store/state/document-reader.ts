// Records read back from their documents, a part at a time, as far as they are asked for: most questions about a fleet need
// one field of each record, and a start needs nothing of a status but its key.
import { type Instant, parseInstant } from '../../wire/instant.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  ConditionStatus,
  ReportedStatus,
  Resource,
  ResourceCondition,
  ResourceKind,
} from '../records.ts'
import { BODY_HEADER, type BodyPlace, clientJsonIn, specChangedTimeIn } from './body.ts'
import { STATUS_MEMBER } from './document.ts'

/** What follows the generation in a resource's document, before its spec. */
const SPEC_MEMBER = ',"spec":'

/**
 * A resource as its document tells. Its members are read when they are asked for, and it has none of its own: to take them
 * over into another record, make it a plain one.
 */
export class DocumentResource implements Resource {
  readonly kind: ResourceKind
  readonly id: string
  readonly #place: BodyPlace
  #naming: Naming | undefined
  #details: ResourceDetails | undefined
  #conditions: readonly ResourceCondition[] | undefined

  /** @param naming where it is known already */
  constructor(kind: ResourceKind, id: string, place: BodyPlace, naming?: Naming) {
    this.kind = kind
    this.id = id
    this.#place = place
    this.#naming = naming
  }

  get name(): string {
    return this.#readNaming().name
  }

  get ownerId(): string | undefined {
    return this.#readNaming().ownerId
  }

  get generation(): number {
    const { bytes } = this.#place
    let number = 0
    let at = this.#spec.start - SPEC_MEMBER.length - 1
    for (let unit = 1; ; unit *= 10) {
      const digit = (bytes[at--] ?? 0) - 0x30
      if (!(digit >= 0 && digit <= 9)) return number
      number += digit * unit
    }
  }

  get spec(): string {
    const { start, end } = this.#spec
    return this.#place.bytes.toString('utf8', start, end)
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

  get conditions(): readonly ResourceCondition[] {
    this.#conditions ??= this.#readConditions()
    return this.#conditions
  }

  get specChangedTime(): Instant {
    return specChangedTimeIn(this.#place)
  }

  get #spec() {
    return clientJsonIn(this.#place, 0)
  }

  #readNaming(): Naming {
    if (this.#naming === undefined) {
      const { bytes, offset } = this.#place
      const head = bytes.toString('utf8', offset + BODY_HEADER, this.#spec.start)
      // Only the store writes documents, and their checksum held: they have the shape that was given them.
      const document = JSON.parse(`${head}null}`) as NamingDocument
      this.#naming = { name: document.name, ownerId: document.owner_references?.id }
    }
    return this.#naming
  }

  #readDetails(): ResourceDetails {
    if (this.#details === undefined) {
      const { bytes } = this.#place
      const start = this.#spec.end
      const end = bytes.indexOf(STATUS_MEMBER, start)
      this.#details = readDetails(bytes.toString('utf8', start, end))
    }
    return this.#details
  }

  #readConditions(): ResourceCondition[] {
    const { bytes, offset, length } = this.#place
    const start = bytes.indexOf(STATUS_MEMBER, this.#spec.end) + STATUS_MEMBER.length
    const text = bytes.toString('utf8', start, offset + length - '}}'.length)
    const times = new TimeReader()
    // As in #readNaming: the shape is the one that it was given.
    const documents = JSON.parse(text) as ResourceConditionDocument[]
    return documents.map(document => readResourceCondition(document, times))
  }
}

/** An adapter's status as its document tells; see DocumentResource. */
export class DocumentStatus implements AdapterStatus {
  readonly resourceKind: ResourceKind
  readonly resourceId: string
  readonly adapter: string
  readonly #place: BodyPlace
  #details: StatusDetails | undefined

  constructor(resourceKind: ResourceKind, resourceId: string, adapter: string, place: BodyPlace) {
    this.resourceKind = resourceKind
    this.resourceId = resourceId
    this.adapter = adapter
    this.#place = place
  }

  get observedGeneration(): number {
    return this.#read().observedGeneration
  }

  get conditions(): readonly AdapterCondition[] {
    return this.#read().conditions
  }

  get metadata(): string | undefined {
    return this.#clientJson(0)
  }

  get data(): string | undefined {
    return this.#clientJson(1)
  }

  get createdTime(): Instant {
    return this.#read().createdTime
  }

  get lastReportTime(): Instant {
    return this.#read().lastReportTime
  }

  #clientJson(number: 0 | 1): string | undefined {
    const { start, end } = clientJsonIn(this.#place, number)
    return start === end ? undefined : this.#place.bytes.toString('utf8', start, end)
  }

  #read(): StatusDetails {
    this.#details ??= readStatusDetails(this.#place)
    return this.#details
  }
}

/** A record of the same content with members of its own, which keeps no document alive. (One literal: spreads make slow objects.) */
export function plainResource(resource: Resource): Resource {
  return {
    kind: resource.kind,
    id: resource.id,
    name: resource.name,
    ownerId: resource.ownerId,
    generation: resource.generation,
    spec: resource.spec,
    labels: resource.labels,
    createdTime: resource.createdTime,
    updatedTime: resource.updatedTime,
    createdBy: resource.createdBy,
    updatedBy: resource.updatedBy,
    conditions: resource.conditions,
    specChangedTime: resource.specChangedTime,
  }
}

/** See plainResource. */
export function plainStatus(status: AdapterStatus): AdapterStatus {
  return {
    resourceKind: status.resourceKind,
    resourceId: status.resourceId,
    adapter: status.adapter,
    observedGeneration: status.observedGeneration,
    conditions: status.conditions,
    metadata: status.metadata,
    data: status.data,
    createdTime: status.createdTime,
    lastReportTime: status.lastReportTime,
  }
}

/** What a resource's document says before its spec. */
export interface Naming {
  readonly name: string
  readonly ownerId: string | undefined
}

/** What it says between its spec and its conditions. */
type ResourceDetails = Pick<Resource, 'labels' | 'createdTime' | 'updatedTime' | 'createdBy' | 'updatedBy'>

type StatusDetails = Pick<
  AdapterStatus,
  'observedGeneration' | 'conditions' | 'createdTime' | 'lastReportTime'
>

interface NamingDocument {
  name: string
  owner_references?: { id: string }
}

interface DetailsDocument {
  labels?: Record<string, string>
  created_time: string
  updated_time: string
  created_by: string
  updated_by: string
}

interface ResourceConditionDocument {
  type: string
  status: ConditionStatus
  reason?: string
  message?: string
  observed_generation: number
  created_time: string
  last_updated_time: string
  last_transition_time: string
}

interface StatusDocument {
  observed_generation: number
  conditions: AdapterConditionDocument[]
  created_time: string
  last_report_time: string
}

interface AdapterConditionDocument {
  type: string
  status: ReportedStatus
  reason?: string
  message?: string
  last_transition_time: string
}

/** Reads the times of one document, most of which are equal, parsing each once. */
class TimeReader {
  /** In order of first appearance: there are too few for a Map to find them faster. */
  readonly #texts: string[] = []
  readonly #instants: Instant[] = []

  read(text: string): Instant {
    const seen = this.#instants[this.#texts.indexOf(text)]
    if (seen !== undefined) return seen
    const instant = parseInstant(text)
    if (instant === undefined) throw new Error(`a stored document holds the time ${JSON.stringify(text)}`)
    this.#texts.push(text)
    this.#instants.push(instant)
    return instant
  }
}

/** @param text the members of the document between its spec and its conditions, each with a comma before it */
function readDetails(text: string): ResourceDetails {
  // As in DocumentResource: the shape is the one that it was given.
  const document = JSON.parse(`{${text.slice(1)}}`) as DetailsDocument
  const times = new TimeReader()
  return {
    labels: document.labels === undefined ? undefined : readLabels(document.labels, text),
    createdTime: times.read(document.created_time),
    updatedTime: times.read(document.updated_time),
    createdBy: document.created_by,
    updatedBy: document.updated_by,
  }
}

function readStatusDetails(place: BodyPlace): StatusDetails {
  const { bytes, offset, length } = place
  const [metadata, data] = [clientJsonIn(place, 0), clientJsonIn(place, 1)]
  let text = ''
  let position = offset + BODY_HEADER
  for (const { start, end } of [metadata, data]) {
    if (start === end) continue
    text += `${bytes.toString('utf8', position, start)}null`
    position = end
  }
  text += bytes.toString('utf8', position, offset + length)
  // As in DocumentResource: the shape is the one that it was given.
  const document = JSON.parse(text) as StatusDocument
  const times = new TimeReader()
  return {
    observedGeneration: document.observed_generation,
    conditions: document.conditions.map(condition => readAdapterCondition(condition, times)),
    createdTime: times.read(document.created_time),
    lastReportTime: times.read(document.last_report_time),
  }
}

function readResourceCondition(document: ResourceConditionDocument, times: TimeReader): ResourceCondition {
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

function readAdapterCondition(document: AdapterConditionDocument, times: TimeReader): AdapterCondition {
  const condition: Writable<AdapterCondition> = {
    type: document.type,
    status: document.status,
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document)
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Sets what may be missing. (Spreads of objects that may be empty took a twentieth of a start.) */
function readReason<T extends { reason?: string; message?: string }>(
  condition: T,
  document: { readonly reason?: string; readonly message?: string },
): T {
  if (document.reason !== undefined) condition.reason = document.reason
  if (document.message !== undefined) condition.message = document.message
  return condition
}

const LABELS = ',"labels":{'

/** A key that objects put out of its place, as "10", is among these. */
const BEGINS_WITH_DIGIT = /^\d/

/**
 * The labels in their places, so that the next version of the document has the same bytes as without a restart. JSON.parse
 * keeps them but for keys such as "10", which objects put first; with escapes it is not trusted either (see parseJson).
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

/** Reads the labels at the beginning of a text, one after the other. */
function scanLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>()
  const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/y
  let position = LABELS.length
  const next = (): string => {
    strings.lastIndex = position
    const string = strings.exec(text)?.[0]
    if (string === undefined) throw new Error(`a stored document has no label at ${position} of ${text}`)
    position += string.length + 1 // the string, and the ':', ',' or '}' behind it
    // A JSON string parses to a string. A slice of the text would keep all of the text alive.
    return JSON.parse(string) as string
  }
  if (text[position] === '}') return labels
  while (text[position - 1] !== '}') {
    const key = next()
    labels.set(key, next())
  }
  return labels
}
