// Adapters' statuses read back from their documents, as far as they are asked for: of the other adapters' a report needs what
// decides about the resource, and a start nothing at all.
import type { Instant } from '../wire/instant.ts'
import { BODY_HEADER, type BodyPlace, clientJsonIn } from './body.ts'
import { readReason, type Writable } from './reason-reader.ts'
import type { AdapterCondition, AdapterStatus, ReportedStatus, ResourceKind } from './records.ts'
import { readTime, TimeReader } from './time-reader.ts'

// Within a string of JSON there is no such text: its quotes would have a backslash.
const GENERATION_MEMBER = ',"observed_generation":'
const CONDITIONS_MEMBER = ',"conditions":'
const METADATA_MEMBER = ',"metadata":'
const DATA_MEMBER = ',"data":'
const CREATED_MEMBER = ',"created_time":"'
const REPORTED_MEMBER = '","last_report_time":"'
const END = '"}'
const AVAILABLE = '{"type":"Available",'
const TRANSITION_MEMBER = ',"last_transition_time":"'
const QUOTE = 0x22

/** An adapter's status as its document tells; see DocumentResource. */
export class DocumentStatus implements AdapterStatus {
  readonly resourceKind: ResourceKind
  readonly resourceId: string
  readonly adapter: string
  readonly #place: BodyPlace
  #conditions: readonly AdapterCondition[] | undefined

  constructor(resourceKind: ResourceKind, resourceId: string, adapter: string, place: BodyPlace) {
    this.resourceKind = resourceKind
    this.resourceId = resourceId
    this.adapter = adapter
    this.#place = place
  }

  get observedGeneration(): number {
    const { bytes } = this.#place
    let number = 0
    for (let at = this.#generationAt; ; at++) {
      const digit = (bytes[at] ?? 0) - 0x30
      if (!(digit >= 0 && digit <= 9)) return number
      number = number * 10 + digit
    }
  }

  get conditions(): readonly AdapterCondition[] {
    this.#conditions ??= this.#readConditions()
    return this.#conditions
  }

  /** The condition `Available`, which every report that was let in holds (contract 5.2). */
  get available(): AdapterCondition | undefined {
    const { bytes } = this.#place
    const start = bytes.indexOf(AVAILABLE, this.#generationAt)
    if (start === -1 || start >= this.#conditionsEnd) return undefined
    const time = bytes.indexOf(TRANSITION_MEMBER, start) + TRANSITION_MEMBER.length
    // As in DocumentResource: the shape is the one that it was given.
    const document = JSON.parse(bytes.toString('utf8', start, bytes.indexOf(END, time) + END.length))
    return readAdapterCondition(document as AdapterConditionDocument, new TimeReader())
  }

  get metadata(): string | undefined {
    return this.#clientJson(0)
  }

  get data(): string | undefined {
    return this.#clientJson(1)
  }

  get createdTime(): Instant {
    return this.#timeBefore(this.#reportedAt - REPORTED_MEMBER.length)
  }

  get lastReportTime(): Instant {
    return this.#timeBefore(this.#end)
  }

  get #generationAt(): number {
    const { bytes, offset } = this.#place
    return bytes.indexOf(GENERATION_MEMBER, offset + BODY_HEADER) + GENERATION_MEMBER.length
  }

  /** Where the quote stands behind the time of the report. */
  get #end(): number {
    const { offset, length } = this.#place
    return offset + length - END.length
  }

  get #reportedAt(): number {
    return this.#startOfText(this.#end)
  }

  /** Where the conditions end: before the first member that is there of those that may follow. */
  get #conditionsEnd(): number {
    const [metadata, data] = [clientJsonIn(this.#place, 0), clientJsonIn(this.#place, 1)]
    if (metadata.start < metadata.end) return metadata.start - METADATA_MEMBER.length
    if (data.start < data.end) return data.start - DATA_MEMBER.length
    return this.#startOfText(this.#reportedAt - REPORTED_MEMBER.length) - CREATED_MEMBER.length
  }

  #readConditions(): AdapterCondition[] {
    const { bytes } = this.#place
    const start = bytes.indexOf(CONDITIONS_MEMBER, this.#generationAt) + CONDITIONS_MEMBER.length
    const documents = JSON.parse(bytes.toString('utf8', start, this.#conditionsEnd))
    const times = new TimeReader()
    // As in DocumentResource: the shape is the one that it was given.
    return (documents as AdapterConditionDocument[]).map(document => readAdapterCondition(document, times))
  }

  #clientJson(number: 0 | 1): string | undefined {
    const { start, end } = clientJsonIn(this.#place, number)
    return start === end ? undefined : this.#place.bytes.toString('utf8', start, end)
  }

  /** The time whose closing quote stands at `end`. */
  #timeBefore(end: number): Instant {
    return readTime(this.#place.bytes.toString('latin1', this.#startOfText(end), end))
  }

  /** Where a text without escapes begins whose closing quote stands at `end`. */
  #startOfText(end: number): number {
    const { bytes } = this.#place
    let start = end
    while (bytes[start - 1] !== QUOTE) start--
    return start
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

/** The condition `Available` of a status, read without the others where they have not been read. */
export function availableOf(status: AdapterStatus): AdapterCondition {
  const available =
    status instanceof DocumentStatus
      ? status.available
      : status.conditions.find(({ type }) => type === 'Available')
  if (available === undefined) throw new Error(`the status of ${status.adapter} has no Available condition`)
  return available
}

interface AdapterConditionDocument {
  type: string
  status: ReportedStatus
  reason?: string
  message?: string
  last_transition_time: string
}

function readAdapterCondition(document: AdapterConditionDocument, times: TimeReader): AdapterCondition {
  const condition: Writable<AdapterCondition> = {
    type: document.type,
    status: document.status,
    lastTransitionTime: times.read(document.last_transition_time),
  }
  return readReason(condition, document)
}
