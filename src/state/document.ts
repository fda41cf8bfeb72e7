// Writes records into bodies, and names the keys under which they are stored. The document in a body is the one that clients are
// served (contract 3.1, 3.7, 5.4): members in the order of the contract, unset ones left out. JSON of a client (spec, metadata, data)
// keeps its characters (contract 3.8).
import { formatInstant, type Instant } from '../wire/instant.ts'
import {
  BODY_HEADER,
  type Body,
  CONDITION,
  clientJsonIn,
  documentIn,
  hrefOf,
  NO_TIME,
  noteClientJson,
  RESOURCE,
  STATUS,
  writeHeader,
  writeNumber,
} from './layout.ts'
import { type Put, type RecordPut, type ResourceId, unhandled } from './put.ts'
import type { AdapterCondition, AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'

/**
 * Writes the body of a put, with 0 as the number in the order of creation. New conditions keep the number of the resource.
 *
 * @param current the present body of the record; only a put of conditions needs it
 */
export function writeBody(out: DocumentWriter, put: Put, current?: Body): void {
  switch (put.kind) {
    case 'resource':
      writeResource(out, put.record)
      return
    case 'conditions':
      if (current === undefined)
        throw new Error(`there is no ${put.resource.kind} ${put.resource.id} to change`)
      writeConditions(out, current, put.conditions)
      return
    case 'status':
      writeStatus(out, put.record)
      return
    case 'removal':
      return
    default:
      unhandled(put)
  }
}

let sharedWriter: DocumentWriter | undefined

/** Encodes the body of a put in its own memory (see `writeBody`), with this number in the order of creation. */
export function encodeBody(put: Put, number: number, current?: Body): Body {
  sharedWriter ??= new DocumentWriter()
  const out = sharedWriter
  out.reset()
  writeBody(out, put, current)
  const length = out.end
  const bytes = Buffer.allocUnsafeSlow(length)
  out.bytes.copy(bytes, 0, 0, length)
  if (put.kind === 'resource' || put.kind === 'status') writeNumber(bytes, 0, number)
  return { bytes, offset: 0, length }
}

/** The document of a record as served. */
export function encodeDocument(put: RecordPut): Buffer {
  // The document does not contain the number.
  return documentIn(encodeBody(put, 0))
}

/** Writes a header and a whole document. */
function writeResource(out: DocumentWriter, resource: Resource): void {
  const { kind, id, ownerId, labels } = resource
  const offset = out.skip(BODY_HEADER)
  writeHeader(out.bytes, offset, resource.specChangedTime)
  const owner =
    ownerId === undefined
      ? ''
      : RESOURCE.owner + JSON.stringify({ kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) })
  out.write(
    `${RESOURCE.kind}"${kind}"${RESOURCE.id}${quoted(id)}${RESOURCE.href}${quoted(hrefOf(kind, id))}` +
      `${RESOURCE.name}${quoted(resource.name)}${owner}${RESOURCE.generation}${resource.generation}${RESOURCE.spec}`,
  )
  writeClientJson(out, offset, 0, resource.spec)
  out.write(
    (labels === undefined ? '' : RESOURCE.labels + labelsText(labels)) +
      `${RESOURCE.createdTime}${timeText(resource.createdTime)}${RESOURCE.updatedTime}${timeText(resource.updatedTime)}` +
      `${RESOURCE.createdBy}${quoted(resource.createdBy)}${RESOURCE.updatedBy}${quoted(resource.updatedBy)}` +
      deletionText(resource) +
      conditionsText(resource.conditions),
  )
}

/** Writes new conditions after the unchanged bytes before the present ones. The header stays the same. */
function writeConditions(out: DocumentWriter, current: Body, conditions: readonly ResourceCondition[]): void {
  const { bytes, offset } = current
  out.copy(bytes, offset, bytes.indexOf(RESOURCE.conditions, clientJsonIn(current, 0).end))
  out.write(conditionsText(conditions))
}

/** Writes a header and a whole document. */
function writeStatus(out: DocumentWriter, status: AdapterStatus): void {
  const { metadata, data } = status
  const offset = out.skip(BODY_HEADER)
  writeHeader(out.bytes, offset, NO_TIME)
  const head =
    `${STATUS.adapter}${quoted(status.adapter)}${STATUS.generation}${status.observedGeneration}` +
    STATUS.conditions +
    adapterConditionsText(status.conditions)
  out.write(metadata === undefined ? head : head + STATUS.metadata)
  writeClientJson(out, offset, 0, metadata)
  if (data !== undefined) out.write(STATUS.data)
  writeClientJson(out, offset, 1, data)
  out.write(
    `${STATUS.createdTime}${timeText(status.createdTime)}` +
      `${STATUS.reportTime}${timeText(status.lastReportTime)}${STATUS.end}`,
  )
}

/** Writes JSON of a client, if there is any, and notes its range in the header at `offset`. */
function writeClientJson(out: DocumentWriter, offset: number, which: number, json: string | undefined): void {
  const start = out.end
  if (json !== undefined) out.write(json)
  noteClientJson(out.bytes, offset, which, start, out.end)
}

function deletionText({ deletedTime, deletedBy }: Resource): string {
  if (deletedTime === undefined || deletedBy === undefined) return ''
  return `${RESOURCE.deletedTime}${timeText(deletedTime)}${RESOURCE.deletedBy}${quoted(deletedBy)}`
}

function timeText(instant: Instant): string {
  return `"${formatInstant(instant)}"`
}

function labelsText(labels: ReadonlyMap<string, string>): string {
  const members: string[] = []
  for (const [key, value] of labels) members.push(`${quoted(key)}:${quoted(value)}`)
  return `{${members.join(',')}}`
}

/** The texts around values of a condition with the quotes of these, because each concatenation costs 10 ns or more. */
const BEFORE_STATUS = `${CONDITION.status}"`
const BEFORE_REASON = `"${CONDITION.reason}`
const CREATED_TIME = `${CONDITION.createdTime}"`
const UPDATED_TIME = `"${CONDITION.updatedTime}"`
const BEFORE_TIME = `${CONDITION.transitionTime}"`
const TRANSITION_TIME = `"${BEFORE_TIME}`
const AFTER_TIME = `"${CONDITION.end}`

/** The end of a resource's document. */
function conditionsText(conditions: readonly ResourceCondition[]): string {
  let text = `${RESOURCE.conditions}[`
  let comma = ''
  for (const condition of conditions) {
    text +=
      comma +
      verdictText(condition) +
      CONDITION.observedGeneration +
      condition.observedGeneration +
      CREATED_TIME +
      formatInstant(condition.createdTime) +
      UPDATED_TIME +
      formatInstant(condition.lastUpdatedTime) +
      TRANSITION_TIME +
      formatInstant(condition.lastTransitionTime) +
      AFTER_TIME
    comma = ','
  }
  return `${text}]${RESOURCE.end}`
}

function adapterConditionsText(conditions: readonly AdapterCondition[]): string {
  let text = '['
  let comma = ''
  for (const condition of conditions) {
    text +=
      comma + verdictText(condition) + BEFORE_TIME + formatInstant(condition.lastTransitionTime) + AFTER_TIME
    comma = ','
  }
  return `${text}]`
}

/** The members that all conditions begin with. */
function verdictText({ type, status, reason, message }: ResourceCondition | AdapterCondition): string {
  return (
    CONDITION.type +
    quoted(type) +
    BEFORE_STATUS +
    status +
    (reason === undefined ? '"' : BEFORE_REASON + quoted(reason)) +
    (message === undefined ? '' : CONDITION.message + quoted(message))
  )
}

const FIRST_BYTES = 4096
/** Most memory that is kept for the next document. More was needed only for a large one. */
const MAX_KEPT_BYTES = 1024 * 1024
/** Most bytes of UTF-8 for one unit of a string. */
const MAX_UNIT_BYTES = 3
/** Longest text for which that many bytes are reserved. The memory for a longer one is exact. */
const MAX_SHORT = 16_384

/** Writes text as UTF-8 into memory that grows and is used again, so that no text is measured before it is written. */
export class DocumentWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #end = 0

  /** The memory. It is replaced when it grows. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** The end of what is written. */
  get end(): number {
    return this.#end
  }

  /** Begins at the start of the memory again. */
  reset(): void {
    this.#end = 0
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  }

  /** Leaves a place of this length with undefined content. Returns its offset. */
  skip(length: number): number {
    const offset = this.#end
    this.#reserve(length)
    this.#end = offset + length
    return offset
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start)
    this.#end += from.copy(this.#bytes, this.#end, start, end)
  }

  write(text: string): void {
    const { length } = text
    this.#reserve(length > MAX_SHORT ? Buffer.byteLength(text) : length * MAX_UNIT_BYTES)
    this.#end += this.#bytes.write(text, this.#end, 'utf8')
  }

  #reserve(length: number): void {
    if (this.#end + length > this.#bytes.length) this.#grow(this.#end + length)
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}

/** Finds what JSON escapes. A pair of surrogates is not escaped, but is as rare as a lone one. */
const ESCAPED = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** Quotes a text as JSON.stringify does. The test and two quotes cost 40 ns for a short text, JSON.stringify 110. */
function quoted(text: string): string {
  return ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`
}

/** Parts of a key. */
export type KeyParts =
  | { readonly kind: 'resource'; readonly resourceKind: ResourceKind; readonly id: string }
  | {
      readonly kind: 'status'
      readonly resourceKind: ResourceKind
      readonly id: string
      readonly adapter: string
    }

/**
 * The key of the record that a put writes or removes: `Cluster/<id>`, and `Cluster/<id>/<adapter>` for a status. In key order every cluster
 * comes before every nodepool, and every resource right before its statuses.
 */
export function keyOf(put: Put): string {
  switch (put.kind) {
    case 'resource':
      return keyOfResource(put.record)
    case 'conditions':
    case 'removal':
      return keyOfResource(put.resource)
    case 'status':
      return keyOfStatus({ kind: put.record.resourceKind, id: put.record.resourceId }, put.record.adapter)
    default:
      return unhandled(put)
  }
}

export function keyOfResource({ kind, id }: ResourceId): string {
  return `${kind}/${id}`
}

/** The key of an adapter's status about a resource. */
export function keyOfStatus(resource: ResourceId, adapter: string): string {
  return `${keyOfResource(resource)}/${adapter}`
}

/** Splits a key. Undefined for any other text. */
export function parseKey(key: string): KeyParts | undefined {
  const resourceKind = key.startsWith('Cluster/')
    ? 'Cluster'
    : key.startsWith('NodePool/')
      ? 'NodePool'
      : undefined
  if (resourceKind === undefined) return undefined
  const idStart = resourceKind.length + 1
  const idEnd = key.indexOf('/', idStart)
  if (idEnd === -1)
    return idStart === key.length ? undefined : { kind: 'resource', resourceKind, id: key.slice(idStart) }
  const id = key.slice(idStart, idEnd)
  const adapter = key.slice(idEnd + 1)
  if (id === '' || adapter === '' || adapter.includes('/')) return undefined
  return { kind: 'status', resourceKind, id, adapter }
}
