// What the server serves, held against the schemas that it publishes.
import type Type from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Cluster, ClusterList, NodePool, NodePoolList } from '../../api/resources.ts'
import { type AdapterStatus, AdapterStatusList } from '../../api/statuses.ts'
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

type PageChecks = { readonly [L in ListName]: (value: unknown) => value is ServedPage<ServedItems[L]> }

const pageChecks: PageChecks = {
  clusters: lazily(ClusterList),
  nodepools: lazily(NodePoolList),
  statuses: lazily(AdapterStatusList),
}
const isCluster = lazily(Cluster)
const isNodepool = lazily(NodePool)

/** Whether a value is a page of a list. */
export function isPage<L extends ListName>(list: L, value: unknown): value is ServedPage<ServedItems[L]> {
  return pageChecks[list](value)
}

export function isResource(value: unknown): value is ServedResource {
  return isCluster(value) || isNodepool(value)
}

/** A schema is compiled when a command first meets what it describes. */
function lazily<S extends Type.TSchema>(schema: S): (value: unknown) => value is Type.Static<S> {
  let validator: Validator<Record<never, never>, S> | undefined
  return (value): value is Type.Static<S> => {
    validator ??= Compile(schema)
    return validator.Check(value)
  }
}

/** `cluster/NAME`, or `nodepool/NAME` where the cluster is plain from elsewhere. */
export function called(resource: ServedResource, clusterName?: string): string {
  if (resource.kind === 'Cluster') return `cluster/${resource.name}`
  return clusterName === undefined ? `nodepool/${resource.name}` : `nodepool/${clusterName}/${resource.name}`
}

/** The status of one of a resource's conditions. */
export function conditionStatus(resource: ServedResource, type: string): 'True' | 'False' | undefined {
  return resource.status.conditions.find(condition => condition.type === type)?.status
}
