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
} from './layout.ts'
import { type Put, type RecordPut, type ResourceId, unhandled } from './put.ts'
import type { AdapterCondition, AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'

/** A body that has been measured but not written, so that many can be written into one buffer. */
export interface BodyDraft {
  readonly length: number
  /** Writes the body into `bytes` at `offset`, with this number in the order of creation. */
  write(bytes: Buffer, offset: number, number: number): Body
}

/**
 * Measures the body of a put.
 *
 * @param current the present body of the record; only a put of conditions needs it
 */
export function draftBody(put: Put, current?: Body): BodyDraft {
  switch (put.kind) {
    case 'resource':
      return new WholeDraft(resourcePieces(put.record), put.record.specChangedTime)
    case 'conditions':
      if (current === undefined)
        throw new Error(`there is no ${put.resource.kind} ${put.resource.id} to change`)
      return new ConditionsDraft(current, conditionsPiece(put.conditions))
    case 'status':
      return new WholeDraft(statusPieces(put.record), NO_TIME)
    case 'removal':
      return NO_DRAFT
    default:
      return unhandled(put)
  }
}

/** Encodes the body of a put in its own memory (see `draftBody`). */
export function encodeBody(put: Put, number: number, current?: Body): Body {
  const draft = draftBody(put, current)
  return draft.write(Buffer.allocUnsafeSlow(draft.length), 0, number)
}

/** The document of a record as served. */
export function encodeDocument(put: RecordPut): Buffer {
  // The document does not contain the number.
  return documentIn(encodeBody(put, 0))
}

const NO_DRAFT: BodyDraft = { length: 0, write: (bytes, offset) => ({ bytes, offset, length: 0 }) }

/** A whole document in pieces: text of the server at even indexes, JSON of a client at odd ones, which may be empty. */
class WholeDraft implements BodyDraft {
  readonly length: number
  readonly #pieces: readonly string[]
  readonly #lengths: readonly number[]
  readonly #specChangedTime: Instant

  constructor(pieces: readonly string[], specChangedTime: Instant) {
    this.#pieces = pieces
    this.#lengths = pieces.map(piece => Buffer.byteLength(piece))
    this.#specChangedTime = specChangedTime
    this.length = this.#lengths.reduce((sum, length) => sum + length, BODY_HEADER)
  }

  write(bytes: Buffer, offset: number, number: number): Body {
    const body = { bytes, offset, length: this.length }
    writeHeader(body, number, this.#specChangedTime)
    let start = offset + BODY_HEADER
    for (const [i, piece] of this.#pieces.entries()) {
      const end = start + (this.#lengths[i] ?? 0)
      if (i % 2 === 1) noteClientJson(body, i >> 1, { start, end })
      bytes.write(piece, start, 'utf8')
      start = end
    }
    return body
  }
}

/** New conditions after the unchanged bytes before the present ones. The header stays the same. */
class ConditionsDraft implements BodyDraft {
  readonly length: number
  readonly #current: Body
  readonly #conditions: string
  readonly #keptEnd: number

  constructor(current: Body, conditions: string) {
    this.#current = current
    this.#conditions = conditions
    this.#keptEnd = current.bytes.indexOf(RESOURCE.conditions, clientJsonIn(current, 0).end)
    this.length = this.#keptEnd - current.offset + Buffer.byteLength(conditions)
  }

  write(bytes: Buffer, offset: number): Body {
    const { bytes: from, offset: start } = this.#current
    const kept = from.copy(bytes, offset, start, this.#keptEnd)
    bytes.write(this.#conditions, offset + kept, 'utf8')
    return { bytes, offset, length: this.length }
  }
}

function resourcePieces(resource: Resource): readonly string[] {
  const { kind, id, ownerId, labels } = resource
  const owner =
    ownerId === undefined
      ? ''
      : RESOURCE.owner + JSON.stringify({ kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) })
  const head =
    `${RESOURCE.kind}"${kind}"${RESOURCE.id}${JSON.stringify(id)}${RESOURCE.href}${JSON.stringify(hrefOf(kind, id))}` +
    `${RESOURCE.name}${JSON.stringify(resource.name)}${owner}${RESOURCE.generation}${resource.generation}${RESOURCE.spec}`
  const tail =
    (labels === undefined ? '' : RESOURCE.labels + labelsText(labels)) +
    `${RESOURCE.createdTime}${timeText(resource.createdTime)}${RESOURCE.updatedTime}${timeText(resource.updatedTime)}` +
    `${RESOURCE.createdBy}${JSON.stringify(resource.createdBy)}${RESOURCE.updatedBy}${JSON.stringify(resource.updatedBy)}` +
    deletionText(resource) +
    conditionsPiece(resource.conditions)
  return [head, resource.spec, tail]
}

function deletionText({ deletedTime, deletedBy }: Resource): string {
  if (deletedTime === undefined) return ''
  return `${RESOURCE.deletedTime}${timeText(deletedTime)}${RESOURCE.deletedBy}${JSON.stringify(deletedBy)}`
}

/** The end of a resource's document. */
function conditionsPiece(conditions: readonly ResourceCondition[]): string {
  return `${RESOURCE.conditions}[${conditions.map(resourceConditionText).join(',')}]${RESOURCE.end}`
}

function statusPieces(status: AdapterStatus): readonly string[] {
  const { metadata, data } = status
  const head =
    `${STATUS.adapter}${JSON.stringify(status.adapter)}${STATUS.generation}${status.observedGeneration}` +
    `${STATUS.conditions}[${status.conditions.map(adapterConditionText).join(',')}]` +
    (metadata === undefined ? '' : STATUS.metadata)
  const middle = data === undefined ? '' : STATUS.data
  const tail =
    `${STATUS.createdTime}${timeText(status.createdTime)}` +
    `${STATUS.reportTime}${timeText(status.lastReportTime)}${STATUS.end}`
  return [head, metadata ?? '', middle, data ?? '', tail]
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
    (reason === undefined ? '' : CONDITION.reason + JSON.stringify(reason)) +
    (message === undefined ? '' : CONDITION.message + JSON.stringify(message))
  )
}

function resourceConditionText(condition: ResourceCondition): string {
  return (
    `${CONDITION.type}${JSON.stringify(condition.type)}${CONDITION.status}"${condition.status}"${reasonText(condition)}` +
    `${CONDITION.observedGeneration}${condition.observedGeneration}${CONDITION.createdTime}${timeText(condition.createdTime)}` +
    `${CONDITION.updatedTime}${timeText(condition.lastUpdatedTime)}` +
    `${CONDITION.transitionTime}${timeText(condition.lastTransitionTime)}${CONDITION.end}`
  )
}

function adapterConditionText(condition: AdapterCondition): string {
  return (
    `${CONDITION.type}${JSON.stringify(condition.type)}${CONDITION.status}"${condition.status}"${reasonText(condition)}` +
    `${CONDITION.transitionTime}${timeText(condition.lastTransitionTime)}${CONDITION.end}`
  )
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
  const [resourceKind, id, adapter, more] = key.split('/')
  if (resourceKind !== 'Cluster' && resourceKind !== 'NodePool') return undefined
  if (id === undefined || id === '' || more !== undefined) return undefined
  if (adapter === undefined) return { kind: 'resource', resourceKind, id }
  return adapter === '' ? undefined : { kind: 'status', resourceKind, id, adapter }
}
