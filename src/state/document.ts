// The JSON document of a record as served (contract 3.1, 3.7, 5.4). What a client wrote as JSON (spec, metadata, data) is
// carried over character by character (contract 3.8).
import { formatInstant, type Instant } from '../wire/instant.ts'
import type { AdapterCondition, AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'

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

/** What stands before the conditions of a resource: within a string of JSON there is no such text. */
export const STATUS_MEMBER = ',"status":{"conditions":'

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
    conditionsPiece(resource)
  return [head, resource.spec, tail]
}

/** The end of a resource's document, from its conditions on. */
export function conditionsPiece({ conditions }: Resource): string {
  return `${STATUS_MEMBER}[${conditions.map(resourceConditionText).join(',')}]}}`
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
