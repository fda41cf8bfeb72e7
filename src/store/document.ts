// The JSON document of a record: its bytes as served (contract 3.1, 3.7, 5.4), and the record read back from them.
// What a client wrote as JSON (spec, metadata, data) is carried over character by character (contract 3.8).
import { formatInstant, type Instant, parseInstant } from '../wire/instant.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  ConditionStatus,
  ReportedStatus,
  Resource,
  ResourceCondition,
  ResourceKind,
} from './records.ts'
import { SharedStrings } from './shared-strings.ts'

const BASE_PATH = '/api/hyperfleet/v1'

/**
 * A document in pieces: the text of the server at even places, JSON text of a client's at odd ones, which is empty
 * where the client gave none.
 */
export type DocumentPieces = readonly string[]

/** The `href` of a resource (contract 3.3). */
export function hrefOf(kind: ResourceKind, id: string): string {
  return `${BASE_PATH}/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`
}

/** The document of a cluster or nodepool, keys in the order of contract 3.1, unset fields left out (3.7). */
export function resourcePieces(resource: Resource): DocumentPieces {
  const { kind, id, ownerId, labels } = resource
  const owner =
    ownerId === undefined
      ? ''
      : `,"owner_references":${JSON.stringify({ kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) })}`
  const head =
    `{"kind":"${kind}","id":${JSON.stringify(id)},"href":${JSON.stringify(hrefOf(kind, id))}` +
    `,"name":${JSON.stringify(resource.name)}${owner},"generation":${resource.generation},"spec":`
  const tail =
    (labels === undefined ? '' : `,"labels":${labelsText(labels)}`) +
    `,"created_time":${timeText(resource.createdTime)},"updated_time":${timeText(resource.updatedTime)}` +
    `,"created_by":${JSON.stringify(resource.createdBy)},"updated_by":${JSON.stringify(resource.updatedBy)}` +
    `,"status":{"conditions":[${resource.conditions.map(resourceConditionText).join(',')}]}}`
  return [head, resource.spec, tail]
}

/** The document of an adapter's status (contract 5.4), unset fields left out (3.7). */
export function statusPieces(status: AdapterStatus): DocumentPieces {
  const { metadata, data } = status
  const head =
    `{"adapter":${JSON.stringify(status.adapter)},"observed_generation":${status.observedGeneration}` +
    `,"conditions":[${status.conditions.map(adapterConditionText).join(',')}]` +
    (metadata === undefined ? '' : ',"metadata":')
  const middle = data === undefined ? '' : ',"data":'
  const tail =
    `,"created_time":${timeText(status.createdTime)}` +
    `,"last_report_time":${timeText(status.lastReportTime)}}`
  return [head, metadata ?? '', middle, data ?? '', tail]
}

/** Reads a resource back from the pieces of its document; `specChangedTime` is the one field it does not show. */
export function readResource(
  pieces: DocumentPieces,
  specChangedTime: Instant,
  strings = new SharedStrings(),
): Resource {
  const [head = '', spec = '', tail = ''] = pieces
  // Only the store writes documents, and their checksum held: they have the shape they were given above.
  const document = JSON.parse(`${head}null${tail}`) as ResourceDocument
  const values: SharedValues = { times: new TimeReader(), strings }
  const { times } = values
  const ownerId = document.owner_references?.id
  return {
    kind: document.kind,
    id: strings.share(document.id),
    name: document.name,
    ownerId: ownerId === undefined ? undefined : strings.share(ownerId),
    generation: document.generation,
    spec,
    labels: document.labels === undefined ? undefined : readLabels(document.labels, tail, strings),
    createdTime: times.read(document.created_time),
    updatedTime: times.read(document.updated_time),
    createdBy: strings.share(document.created_by),
    updatedBy: strings.share(document.updated_by),
    conditions: document.status.conditions.map(condition => readResourceCondition(condition, values)),
    specChangedTime,
  }
}

/** Reads an adapter's status back from the pieces of its document; the resource it is about is not shown there. */
export function readStatus(
  pieces: DocumentPieces,
  resourceKind: ResourceKind,
  resourceId: string,
  strings = new SharedStrings(),
): AdapterStatus {
  const [head = '', metadata = '', middle = '', data = '', tail = ''] = pieces
  const filled = (raw: string) => (raw === '' ? '' : 'null')
  // As in readResource: the shape is the one that statusPieces gave.
  const document = JSON.parse(`${head}${filled(metadata)}${middle}${filled(data)}${tail}`) as StatusDocument
  const values: SharedValues = { times: new TimeReader(), strings }
  const { times } = values
  return {
    resourceKind,
    resourceId: strings.share(resourceId),
    adapter: strings.share(document.adapter),
    observedGeneration: document.observed_generation,
    conditions: document.conditions.map(condition => readAdapterCondition(condition, values)),
    metadata: metadata === '' ? undefined : metadata,
    data: data === '' ? undefined : data,
    createdTime: times.read(document.created_time),
    lastReportTime: times.read(document.last_report_time),
  }
}

interface ResourceDocument {
  kind: ResourceKind
  id: string
  name: string
  owner_references?: { id: string }
  generation: number
  labels?: Record<string, string>
  created_time: string
  updated_time: string
  created_by: string
  updated_by: string
  status: { conditions: ResourceConditionDocument[] }
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
  adapter: string
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

/** What the values of one document are read with, so that equal ones are one in memory. */
interface SharedValues {
  readonly times: TimeReader
  readonly strings: SharedStrings
}

function timeText(instant: Instant): string {
  return `"${formatInstant(instant)}"`
}

function labelsText(labels: ReadonlyMap<string, string>): string {
  const members: string[] = []
  for (const [key, value] of labels) members.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{${members.join(',')}}`
}

function reasonText(condition: { readonly reason?: string; readonly message?: string }): string {
  const { reason, message } = condition
  return (
    (reason === undefined ? '' : `,"reason":${JSON.stringify(reason)}`) +
    (message === undefined ? '' : `,"message":${JSON.stringify(message)}`)
  )
}

function resourceConditionText(condition: ResourceCondition): string {
  return (
    `{"type":${JSON.stringify(condition.type)},"status":"${condition.status}"${reasonText(condition)}` +
    `,"observed_generation":${condition.observedGeneration},"created_time":${timeText(condition.createdTime)}` +
    `,"last_updated_time":${timeText(condition.lastUpdatedTime)}` +
    `,"last_transition_time":${timeText(condition.lastTransitionTime)}}`
  )
}

function adapterConditionText(condition: AdapterCondition): string {
  return (
    `{"type":${JSON.stringify(condition.type)},"status":"${condition.status}"${reasonText(condition)}` +
    `,"last_transition_time":${timeText(condition.lastTransitionTime)}}`
  )
}

function readResourceCondition(
  document: ResourceConditionDocument,
  { times, strings }: SharedValues,
): ResourceCondition {
  const condition: Writable<ResourceCondition> = {
    type: strings.share(document.type),
    status: document.status,
    observedGeneration: document.observed_generation,
    createdTime: times.read(document.created_time),
    lastUpdatedTime: times.read(document.last_updated_time),
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document, strings)
}

function readAdapterCondition(
  document: AdapterConditionDocument,
  { times, strings }: SharedValues,
): AdapterCondition {
  const condition: Writable<AdapterCondition> = {
    type: strings.share(document.type),
    status: document.status,
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document, strings)
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** Sets what may be missing. (Spreads of objects that may be empty took a twentieth of a start.) */
function readReason<T extends { reason?: string; message?: string }>(
  condition: T,
  document: { readonly reason?: string; readonly message?: string },
  strings: SharedStrings,
): T {
  if (document.reason !== undefined) condition.reason = strings.share(document.reason)
  if (document.message !== undefined) condition.message = strings.share(document.message)
  return condition
}

const LABELS = ',"labels":{'

/** A key that objects put out of its place, as "10", is among these. */
const BEGINS_WITH_DIGIT = /^\d/

/**
 * The labels in their places, so that the next version of the document has the same bytes as without a restart. JSON.parse
 * keeps them but for keys such as "10", which objects put first; with escapes it is not trusted either (see parseJson).
 */
function readLabels(
  parsed: Readonly<Record<string, string>>,
  tail: string,
  strings: SharedStrings,
): Map<string, string> {
  if (tail.includes('\\')) return scanLabels(tail, strings)
  const labels = new Map<string, string>()
  for (const [key, value] of Object.entries(parsed)) {
    if (BEGINS_WITH_DIGIT.test(key)) return scanLabels(tail, strings)
    labels.set(strings.share(key), strings.share(value))
  }
  return labels
}

/** Reads the labels at the beginning of a document's tail, one after the other. */
function scanLabels(tail: string, pool: SharedStrings): Map<string, string> {
  const labels = new Map<string, string>()
  const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/y
  let position = LABELS.length
  const next = (): string => {
    strings.lastIndex = position
    const [text = '""'] = strings.exec(tail) ?? []
    position += text.length + 1 // the string, and the ':', ',' or '}' behind it
    // A JSON string parses to a string. A slice of the tail would keep all of the tail alive.
    return pool.share(JSON.parse(text) as string)
  }
  while (tail[position - 1] !== '}') {
    const key = next()
    labels.set(key, next())
  }
  return labels
}
