// Writes records into bodies, and names the keys under which they are stored. The document in a body is the one that clients are
// served (contract 3.1, 3.7, 5.4): members in the order of the contract, unset ones left out. JSON of a client (spec, metadata, data)
// keeps its characters (contract 3.8).
import { formatInstant, type Instant } from '../wire/instant.ts'
import { writeCompact } from './compact-conditions.ts'
import { adapterConditionsText, conditionsText, quoted } from './condition-text.ts'
import { DocumentWriter } from './document-writer.ts'
import {
  BODY_HEADER,
  type Body,
  bytesIn,
  documentIn,
  hrefOf,
  NO_BODY,
  NO_TIME,
  noteClientJson,
  RESOURCE,
  STATUS,
  writeHeader,
} from './layout.ts'
import {
  type PlacedPut,
  type Put,
  type RecordPut,
  type ResourceId,
  unhandled,
  type WholeRecord,
} from './put.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'

let sharedWriter: DocumentWriter | undefined

/** Encodes a body in its own memory. */
function encoded(write: (out: DocumentWriter) => void): Body {
  sharedWriter ??= new DocumentWriter()
  const out = sharedWriter
  out.reset()
  write(out)
  const length = out.end
  const bytes = Buffer.allocUnsafeSlow(length)
  out.bytes.copy(bytes, 0, 0, length)
  return { bytes, offset: 0, length }
}

/** Encodes the head of a resource, or a status, in its own memory, with this number in the order of creation. */
export function encodeBody(put: RecordPut, number: number): Body {
  return encoded(out =>
    put.kind === 'resource' ? writeHead(out, put.record, number) : writeStatus(out, put.record, number),
  )
}

/** Encodes the body of conditions in its own memory. */
export function encodeConditions(conditions: readonly ResourceCondition[]): Body {
  return encoded(out => out.write(conditionsText(conditions)))
}

/** Encodes the records of a whole resource or status in their own memory; `sequence` is that of the journal entry that brought them. */
export function encodeRecords(put: RecordPut, number: number, sequence: number): WholeRecord {
  const key = keyOf(put)
  const body = encodeBody(put, number)
  if (put.kind === 'status') return { key, put, records: [{ key, put, sequence, body }] }
  const { record } = put
  return {
    key,
    put,
    records: [
      { key, put: { kind: 'head', record }, sequence, body },
      {
        key: keyOfConditions(record),
        put: { kind: 'conditions', resource: record },
        sequence,
        body: encodeConditions(record.conditions),
      },
    ],
  }
}

/** Encodes the bodies of a put in their own memory, with this number in the order of creation. */
export function encodePut(put: Put, number: number): PlacedPut {
  switch (put.kind) {
    case 'resource':
      return { put, body: encodeBody(put, number), conditions: encodeCompact(put.record.conditions) }
    case 'conditions':
      return { put, body: NO_BODY, conditions: encodeCompact(put.conditions) }
    case 'status':
      return { put, body: encodeBody(put, number), conditions: NO_BODY }
    case 'removal':
      return { put, body: NO_BODY, conditions: NO_BODY }
    default:
      return unhandled(put)
  }
}

function encodeCompact(conditions: readonly ResourceCondition[]): Body {
  return encoded(out => writeCompact(out, conditions))
}

/** A record of the journal: a key, and a body that is empty for a removal. */
export interface KeyedBody {
  readonly key: string
  readonly body: Body
}

/** The records that a put writes to the journal. */
export function keyedBodies({ put, body, conditions }: PlacedPut): readonly KeyedBody[] {
  switch (put.kind) {
    case 'resource':
      return [
        { key: keyOf(put), body },
        { key: keyOfConditions(put.record), body: conditions },
      ]
    case 'conditions':
      return [{ key: keyOfConditions(put.resource), body: conditions }]
    case 'status':
      return [{ key: keyOf(put), body }]
    case 'removal':
      return [{ key: keyOfResource(put.resource), body }]
    default:
      return unhandled(put)
  }
}

/** The document of a resource or a status as served. It does not contain the number. */
export function encodeDocument(put: RecordPut): Buffer {
  return documentOf(encodeRecords(put, 0, 0))
}

/** The document of a whole record as served, in its own memory. */
export function documentOf({ records }: Pick<WholeRecord, 'records'>): Buffer {
  return Buffer.concat(
    records.map(({ put, body }) => (put.kind === 'conditions' ? bytesIn(body) : documentIn(body))),
  )
}

/** Writes the body of a resource's head, with this number in the order of creation. */
export function writeHead(out: DocumentWriter, resource: Resource, number: number): void {
  const { kind, id, ownerId, labels } = resource
  const offset = out.skip(BODY_HEADER)
  writeHeader(out.bytes, offset, number, resource.specChangedTime)
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
      deletionText(resource),
  )
}

/** Writes the body of a status, with this number in the order of creation. */
export function writeStatus(out: DocumentWriter, status: AdapterStatus, number: number): void {
  const { metadata, data } = status
  const offset = out.skip(BODY_HEADER)
  writeHeader(out.bytes, offset, number, NO_TIME)
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

/** Parts of a key. */
export type KeyParts =
  | { readonly kind: 'head' | 'conditions'; readonly resourceKind: ResourceKind; readonly id: string }
  | {
      readonly kind: 'status'
      readonly resourceKind: ResourceKind
      readonly id: string
      readonly adapter: string
    }

/**
 * The key of a whole resource or status: of a resource's head, or of a status. A head has the key `Cluster/<id>`, its conditions have
 * `Cluster/<id>/`, and a status has `Cluster/<id>/<adapter>`. In key order every cluster comes before every nodepool, and every head before its
 * conditions, which come right before the statuses.
 */
export function keyOf(put: RecordPut): string {
  switch (put.kind) {
    case 'resource':
      return keyOfResource(put.record)
    case 'status':
      return keyOfStatus({ kind: put.record.resourceKind, id: put.record.resourceId }, put.record.adapter)
    default:
      return unhandled(put)
  }
}

/** The key of a resource's head. */
export function keyOfResource({ kind, id }: ResourceId): string {
  return `${kind}/${id}`
}

export function keyOfConditions({ kind, id }: ResourceId): string {
  return `${kind}/${id}/`
}

/** The key of an adapter's status about a resource. */
export function keyOfStatus({ kind, id }: ResourceId, adapter: string): string {
  return `${kind}/${id}/${adapter}`
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
    return idStart === key.length ? undefined : { kind: 'head', resourceKind, id: key.slice(idStart) }
  const id = key.slice(idStart, idEnd)
  const adapter = key.slice(idEnd + 1)
  if (id === '' || adapter.includes('/')) return undefined
  return adapter === ''
    ? { kind: 'conditions', resourceKind, id }
    : { kind: 'status', resourceKind, id, adapter }
}
