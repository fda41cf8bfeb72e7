// Documents written the obvious way: every member as a pair of a name and its JSON, joined. The state's own documents, however they are
// stored, must have the same characters (contract 3.1, 3.7, 3.8, 5.4).
import type { Put, RecordPut } from '../../../src/state/put.ts'
import { availableOf } from '../../../src/state/reader.ts'
import type {
  AdapterCondition,
  AdapterStatus,
  Resource,
  ResourceCondition,
} from '../../../src/state/records.ts'
import { formatInstant, type Instant } from '../../../src/wire/instant.ts'
import { plainStatus } from '../../harness/state.ts'

/** A member of an object: its name, and its JSON. A member without JSON is left out. */
type Member = readonly [name: string, json: string | undefined]

export function documentOf(put: RecordPut): string {
  return put.kind === 'resource' ? resourceDocument(put.record) : statusDocument(put.record)
}

/** The record of a put, read member by member and written again, with the parts that its document does not show. */
export function textOf(put: RecordPut, document = documentOf(put)): string {
  if (put.kind === 'resource') return `${document} ${put.record.specChangedTime}`
  const { record } = put
  return `${record.resourceKind} ${record.resourceId} ${document} ${adapterCondition(availableOf(record))}`
}

/** The key of the resource or the status that a put is about. */
export function keyOfPut(put: Put): string {
  switch (put.kind) {
    case 'resource':
      return `${put.record.kind}/${put.record.id}`
    case 'conditions':
    case 'removal':
      return `${put.resource.kind}/${put.resource.id}`
    case 'status':
      return `${put.record.resourceKind}/${put.record.resourceId}/${put.record.adapter}`
  }
}

/** The place that divides the document of a resource between its two records. */
export function divisionOf(document: Buffer): number {
  return document.lastIndexOf(',"status":{"conditions":[')
}

/** The part of a put that a watcher is given. */
export function textOfPut(put: Put): string {
  switch (put.kind) {
    case 'resource':
    case 'status':
      return textOf(put)
    case 'conditions':
      return put.conditions.map(resourceCondition).join()
    case 'removal':
      return ''
  }
}

/** True for one change of three, whose effects are read member by member. The documents of all are compared. */
export function isReadInEffects(sequence: number): boolean {
  return sequence % 3 === 0
}

function resourceDocument(resource: Resource): string {
  const { kind, id, ownerId, labels } = resource
  return object([
    ['kind', JSON.stringify(kind)],
    ['id', JSON.stringify(id)],
    ['href', href(kind === 'Cluster' ? 'clusters' : 'nodepools', id)],
    ['name', JSON.stringify(resource.name)],
    ['owner_references', ownerId === undefined ? undefined : owner(ownerId)],
    ['generation', String(resource.generation)],
    ['spec', resource.spec],
    ['labels', labels && labelsJson(labels)],
    ['created_time', time(resource.createdTime)],
    ['updated_time', time(resource.updatedTime)],
    ['created_by', JSON.stringify(resource.createdBy)],
    ['updated_by', JSON.stringify(resource.updatedBy)],
    ['deleted_time', resource.deletedTime === undefined ? undefined : time(resource.deletedTime)],
    ['deleted_by', JSON.stringify(resource.deletedBy)],
    ['status', object([['conditions', array(resource.conditions.map(resourceCondition))]])],
  ])
}

function statusDocument(record: AdapterStatus): string {
  const status = plainStatus(record)
  return object([
    ['adapter', JSON.stringify(status.adapter)],
    ['observed_generation', String(status.observedGeneration)],
    ['conditions', array(status.conditions.map(adapterCondition))],
    ['metadata', status.metadata],
    ['data', status.data],
    ['created_time', time(status.createdTime)],
    ['last_report_time', time(status.lastReportTime)],
  ])
}

function resourceCondition(condition: ResourceCondition): string {
  return object([
    ['type', JSON.stringify(condition.type)],
    ['status', JSON.stringify(condition.status)],
    ['reason', JSON.stringify(condition.reason)],
    ['message', JSON.stringify(condition.message)],
    ['observed_generation', String(condition.observedGeneration)],
    ['created_time', time(condition.createdTime)],
    ['last_updated_time', time(condition.lastUpdatedTime)],
    ['last_transition_time', time(condition.lastTransitionTime)],
  ])
}

function adapterCondition(condition: AdapterCondition): string {
  return object([
    ['type', JSON.stringify(condition.type)],
    ['status', JSON.stringify(condition.status)],
    ['reason', JSON.stringify(condition.reason)],
    ['message', JSON.stringify(condition.message)],
    ['last_transition_time', time(condition.lastTransitionTime)],
  ])
}

function labelsJson(labels: ReadonlyMap<string, string>): string {
  const members = [...labels].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  return `{${members.join(',')}}`
}

function owner(id: string): string {
  return object([
    ['kind', '"Cluster"'],
    ['id', JSON.stringify(id)],
    ['href', href('clusters', id)],
  ])
}

function href(collection: string, id: string): string {
  return JSON.stringify(`/api/hyperfleet/v1/${collection}/${id}`)
}

function time(instant: Instant): string {
  return `"${formatInstant(instant)}"`
}

function array(items: readonly string[]): string {
  return `[${items.join(',')}]`
}

function object(members: readonly Member[]): string {
  const present = members.filter(([, json]) => json !== undefined)
  return `{${present.map(([name, json]) => `"${name}":${json}`).join(',')}}`
}
