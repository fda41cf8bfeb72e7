// Resources and lists as served, with the types of the server's schemas. Only the members that commands read are checked: a newer
// server may serve more, and loading the schemas takes longer than most commands.
import type Type from 'typebox'
import type { Cluster, NodePool } from '../../api/resources.ts'
import type { AdapterStatus } from '../../api/statuses.ts'
import type { ListName } from './kind.ts'

export type ServedCluster = Type.Static<typeof Cluster>
export type ServedNodepool = Type.Static<typeof NodePool>
export type ServedResource = ServedCluster | ServedNodepool
export type ServedStatus = Type.Static<typeof AdapterStatus>

/** The items of each list. */
export interface ServedItems {
  readonly clusters: ServedCluster
  readonly nodepools: ServedNodepool
  readonly statuses: ServedStatus
}

export interface ServedPage<T> {
  readonly total: number
  readonly items: readonly T[]
}

/** The `kind` of each list's envelope (contract 7.1). */
export const LIST_KINDS = {
  clusters: 'ClusterList',
  nodepools: 'NodePoolList',
  statuses: 'AdapterStatusList',
} as const satisfies Record<ListName, string>

type Members = Readonly<Record<string, unknown>>

type ItemChecks = { readonly [L in ListName]: (value: unknown) => value is ServedItems[L] }

const itemChecks: ItemChecks = { clusters: isCluster, nodepools: isNodepool, statuses: isStatus }

/** True for a page of a list. */
export function isPage<L extends ListName>(list: L, value: unknown): value is ServedPage<ServedItems[L]> {
  return isPageOf(list, value) && value.items.every(item => itemChecks[list](item))
}

/** A resource of which only the id is known to be there. */
export interface Identified {
  readonly id: string
}

export function isIdentifiedPage(list: ListName, value: unknown): value is ServedPage<Identified> {
  return isPageOf(list, value) && value.items.every(isIdentified)
}

export function isIdentified(value: unknown): value is Identified {
  return isObject(value) && typeof value.id === 'string'
}

function isPageOf(list: ListName, value: unknown): value is ServedPage<unknown> {
  return (
    isObject(value) &&
    value.kind === LIST_KINDS[list] &&
    typeof value.total === 'number' &&
    Array.isArray(value.items)
  )
}

export function isResource(value: unknown): value is ServedResource {
  return isCluster(value) || isNodepool(value)
}

function isCluster(value: unknown): value is ServedCluster {
  return isObject(value) && value.kind === 'Cluster' && hasResourceMembers(value)
}

function isNodepool(value: unknown): value is ServedNodepool {
  if (!isObject(value) || value.kind !== 'NodePool' || !hasResourceMembers(value)) return false
  const { owner_references: owner } = value
  return isObject(owner) && typeof owner.id === 'string'
}

const RESOURCE_TEXTS = ['id', 'name', 'created_time', 'updated_time', 'created_by', 'updated_by'] as const

function hasResourceMembers(value: Members): boolean {
  const { generation, labels = {}, status } = value
  return (
    RESOURCE_TEXTS.every(name => typeof value[name] === 'string') &&
    typeof generation === 'number' &&
    isText(value.deleted_time) &&
    isText(value.deleted_by) &&
    isObject(labels) &&
    Object.values(labels).every(label => typeof label === 'string') &&
    isObject(status) &&
    areConditions(status.conditions)
  )
}

function isStatus(value: unknown): value is ServedStatus {
  return (
    isObject(value) &&
    typeof value.adapter === 'string' &&
    typeof value.observed_generation === 'number' &&
    typeof value.last_report_time === 'string' &&
    areConditions(value.conditions)
  )
}

function areConditions(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every(
      condition =>
        isObject(condition) &&
        ['type', 'status', 'last_transition_time'].every(name => typeof condition[name] === 'string') &&
        ['reason', 'message'].every(name => isText(condition[name])),
    )
  )
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** `cluster/NAME`, `nodepool/CLUSTER/NAME`, or `nodepool/NAME` if the cluster is known from the context. */
export function called(resource: ServedResource, clusterName?: string): string {
  if (resource.kind === 'Cluster') return `cluster/${resource.name}`
  return clusterName === undefined ? `nodepool/${resource.name}` : `nodepool/${clusterName}/${resource.name}`
}

/** The status of the first of these conditions that the resource has. */
export function conditionStatus(
  resource: ServedResource,
  ...types: readonly string[]
): 'True' | 'False' | undefined {
  for (const type of types) {
    const found = resource.status.conditions.find(condition => condition.type === type)
    if (found !== undefined) return found.status
  }
  return undefined
}

export function isBeingDeleted({ deleted_time }: ServedResource): boolean {
  return deleted_time !== undefined
}
