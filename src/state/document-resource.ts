// Resources read back from their documents, a part at a time, as far as they are asked for: most questions about a fleet need
// one field of each.
import type { Instant } from '../wire/instant.ts'
import { BODY_HEADER, type BodyPlace, clientJsonIn, specChangedTimeIn } from './body.ts'
import { STATUS_MEMBER } from './document.ts'
import { readLabels } from './labels-reader.ts'
import { readReason, type Writable } from './reason-reader.ts'
import type { ConditionStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'
import { TimeReader } from './time-reader.ts'

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
  #hasNewConditions = false

  /** @param known what has been read of it already */
  constructor(kind: ResourceKind, id: string, place: BodyPlace, known: KnownParts = {}) {
    this.kind = kind
    this.id = id
    this.#place = place
    this.#naming = known.naming
    this.#conditions = known.conditions
  }

  /** The resource under other conditions; all else is read from this document. */
  withConditions(conditions: readonly ResourceCondition[]): DocumentResource {
    const { kind, id } = this
    const changed = new DocumentResource(kind, id, this.#place, { naming: this.#naming, conditions })
    changed.#hasNewConditions = true
    return changed
  }

  get hasNewConditions(): boolean {
    return this.#hasNewConditions
  }

  /** The part of the document's body that conditions do not change. */
  get bodyBeforeConditions(): Buffer {
    const { bytes, offset } = this.#place
    return bytes.subarray(offset, this.#statusAt)
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

  get #statusAt(): number {
    return this.#place.bytes.indexOf(STATUS_MEMBER, this.#spec.end)
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
      this.#details = readDetails(bytes.toString('utf8', start, this.#statusAt))
    }
    return this.#details
  }

  #readConditions(): ResourceCondition[] {
    const { bytes, offset, length } = this.#place
    const start = this.#statusAt + STATUS_MEMBER.length
    const text = bytes.toString('utf8', start, offset + length - '}}'.length)
    const times = new TimeReader()
    // As in #readNaming: the shape is the one that it was given.
    const documents = JSON.parse(text) as ResourceConditionDocument[]
    return documents.map(document => readResourceCondition(document, times))
  }
}

/** The resource under other conditions (contract, section 6). */
export function withConditions(resource: Resource, conditions: readonly ResourceCondition[]): Resource {
  return resource instanceof DocumentResource
    ? resource.withConditions(conditions)
    : { ...resource, conditions }
}

/** Whether the record is that of a document under other conditions: what it was read from is the version before it. */
export function hasOnlyNewConditions(resource: Resource): resource is DocumentResource {
  return resource instanceof DocumentResource && resource.hasNewConditions
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

/** Parts of a document that need not be read any more. */
export interface KnownParts {
  readonly naming?: Naming | undefined
  readonly conditions?: readonly ResourceCondition[] | undefined
}

/** What a resource's document says before its spec. */
export interface Naming {
  readonly name: string
  readonly ownerId: string | undefined
}

/** What it says between its spec and its conditions. */
type ResourceDetails = Pick<Resource, 'labels' | 'createdTime' | 'updatedTime' | 'createdBy' | 'updatedBy'>

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
