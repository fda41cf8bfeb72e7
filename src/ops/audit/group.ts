// A resource with its adapters' statuses: the unit of an audit, because these must agree.

import { unhandled, type WholeRecord } from '../../state/put.ts'
import type { AdapterStatus, Resource } from '../../state/records.ts'

/** A resource or a status as stored, with its name in messages. */
export interface Placed<T> {
  readonly record: T
  readonly whole: WholeRecord
  readonly where: string
}

export interface Group {
  /** Undefined if the statuses belong to a missing resource. */
  readonly resource: Placed<Resource> | undefined
  readonly statuses: readonly Placed<AdapterStatus>[]
}

/** A fault and its place. */
export interface Fault {
  readonly where: string
  readonly what: string
}

/** Groups each resource with the statuses that follow it. */
export async function* groupsOf(records: AsyncIterable<WholeRecord>): AsyncGenerator<Group, void> {
  let resource: Placed<Resource> | undefined
  let statuses: Placed<AdapterStatus>[] = []
  for await (const whole of records) {
    const { key, put } = whole
    const begins = put.kind !== 'status' || !isOf(put.record, resource?.record ?? statuses[0]?.record)
    if (begins) {
      if (resource !== undefined || statuses.length > 0) yield { resource, statuses }
      statuses = []
      resource = undefined
    }
    switch (put.kind) {
      case 'resource':
        resource = { record: put.record, whole, where: key }
        break
      case 'status':
        statuses.push({ record: put.record, whole, where: key })
        break
      default:
        unhandled(put)
    }
  }
  if (resource !== undefined || statuses.length > 0) yield { resource, statuses }
}

function isOf(status: AdapterStatus, other: Resource | AdapterStatus | undefined): boolean {
  if (other === undefined) return false
  return 'adapter' in other
    ? other.resourceKind === status.resourceKind && other.resourceId === status.resourceId
    : other.kind === status.resourceKind && other.id === status.resourceId
}
