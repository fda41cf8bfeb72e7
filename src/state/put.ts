// The keys under which records lie in the snapshot: `Cluster/<id>`, and `Cluster/<id>/<adapter>` for a status. In
// key order every cluster comes before every nodepool, and every resource right before its statuses.
import type { AdapterStatus, Resource, ResourceKind } from './records.ts'

/** One record to be put in the place of the one with the same key, or to become a new one. */
export type Put =
  | { readonly kind: 'resource'; readonly record: Resource }
  | { readonly kind: 'status'; readonly record: AdapterStatus }

/** What a key says about its record. */
export type KeyParts =
  | { readonly kind: 'resource'; readonly resourceKind: ResourceKind; readonly id: string }
  | {
      readonly kind: 'status'
      readonly resourceKind: ResourceKind
      readonly id: string
      readonly adapter: string
    }

export function keyOf({ kind, record }: Put): string {
  if (kind === 'resource') return keyOfResource(record)
  return keyOfStatus({ kind: record.resourceKind, id: record.resourceId }, record.adapter)
}

export function keyOfResource({ kind, id }: Pick<Resource, 'kind' | 'id'>): string {
  return `${kind}/${id}`
}

/** The key of an adapter's status about a resource. */
export function keyOfStatus(resource: Pick<Resource, 'kind' | 'id'>, adapter: string): string {
  return `${keyOfResource(resource)}/${adapter}`
}

/** Takes a key apart; undefined when it is not one. */
export function parseKey(key: string): KeyParts | undefined {
  const [resourceKind, id, adapter, more] = key.split('/')
  if (resourceKind !== 'Cluster' && resourceKind !== 'NodePool') return undefined
  if (id === undefined || id === '' || more !== undefined) return undefined
  if (adapter === undefined) return { kind: 'resource', resourceKind, id }
  return adapter === '' ? undefined : { kind: 'status', resourceKind, id, adapter }
}
