// Finds resources by name or id.

import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import { visible } from '../terminal/text.ts'
import type { ResourceList } from './kind.ts'
import { type Listed, readList } from './list.ts'
import { quoted } from './selector.ts'
import {
  called,
  isBeingDeleted,
  type ServedCluster,
  type ServedNodepool,
  type ServedResource,
} from './served.ts'

/** The number of ids in one search, well within its size limit (contract 8.1). */
const IDS_PER_SEARCH = 100

/** @throws FailedError if there is none */
export async function findCluster(api: Api, name: string): Promise<Listed<ServedCluster>> {
  const { items } = await readList(api, 'clusters', {
    path: '/clusters',
    parameters: new Map([['search', nameSearch(name)]]),
    limit: Number.POSITIVE_INFINITY,
  })
  const [found, ...others] = chosen(items, name)
  if (found === undefined) throw notFound(`there is no cluster '${visible(name)}'`, 'clusters')
  if (others.length > 0) throw ambiguousCluster(name, [found, ...others])
  return found
}

/**
 * @param name its name or id, or CLUSTER/NAME
 * @param clusterName the cluster's name or id; searches all clusters if absent
 * @throws FailedError if there is none, or more than one
 */
export async function findNodepool(
  api: Api,
  name: string,
  clusterName?: string,
): Promise<Listed<ServedNodepool>> {
  const [owner, bare] = splitOwner(name, clusterName)
  const cluster = owner === undefined ? undefined : await findCluster(api, owner)
  const { items } = await readList(api, 'nodepools', {
    path: cluster === undefined ? '/nodepools' : `/clusters/${cluster.value.id}/nodepools`,
    parameters: new Map([['search', nameSearch(bare)]]),
    limit: Number.POSITIVE_INFINITY,
  })
  const [found, ...others] = chosen(items, bare)
  if (found === undefined) {
    const where = cluster === undefined ? '' : ` in the cluster '${visible(cluster.value.name)}'`
    throw notFound(`there is no nodepool '${visible(bare)}'${where}`, 'nodepools')
  }
  if (others.length > 0) throw await ambiguous(api, bare, [found, ...others])
  return found
}

/** Finds the resource that has a name, and not by id. The name of one that is being deleted is free (contract 4.3). */
export async function findNamed(
  api: Api,
  list: ResourceList,
  name: string,
  owner: ServedCluster | undefined,
): Promise<Listed<ServedResource> | undefined> {
  const { items } = await readList<ResourceList>(api, list, {
    path: owner === undefined ? '/clusters' : `${resourcePath(owner)}/nodepools`,
    parameters: new Map([['search', `name = ${quoted(name)}`]]),
    limit: Number.POSITIVE_INFINITY,
  })
  return items.find(({ value }) => !isBeingDeleted(value))
}

/** Finds a resource of either kind. */
export function findResource(
  api: Api,
  list: ResourceList,
  name: string,
  clusterName?: string,
): Promise<Listed<ServedResource>> {
  return list === 'clusters' ? findCluster(api, name) : findNodepool(api, name, clusterName)
}

/** Finds all, so that a wrong name fails before anything is changed. */
export async function findResources(
  api: Api,
  list: ResourceList,
  names: readonly string[],
  clusterName?: string,
): Promise<ServedResource[]> {
  const found: ServedResource[] = []
  for (const name of names) found.push((await findResource(api, list, name, clusterName)).value)
  return found
}

/** `cluster/NAME` or `nodepool/CLUSTER/NAME`. */
export async function nameOfResource(api: Api, resource: ServedResource): Promise<string> {
  if (resource.kind === 'Cluster') return called(resource)
  const owners = await ownerNames(api, [resource])
  return called(resource, owners.get(resource.owner_references.id))
}

/** The path of a resource, relative to the base path. */
export function resourcePath(resource: ServedResource): string {
  return resource.kind === 'Cluster'
    ? `/clusters/${resource.id}`
    : `/clusters/${resource.owner_references.id}/nodepools/${resource.id}`
}

/** The names of the clusters that own these nodepools, by id. */
export async function ownerNames(
  api: Api,
  nodepools: readonly ServedNodepool[],
  known: ReadonlyMap<string, string> = new Map(),
): Promise<Map<string, string>> {
  const names = new Map(known)
  const ids = [...new Set(nodepools.map(({ owner_references }) => owner_references.id))]
  const unknown = ids.filter(id => !names.has(id))
  for (let at = 0; at < unknown.length; at += IDS_PER_SEARCH) {
    const some = unknown.slice(at, at + IDS_PER_SEARCH).map(quoted)
    const { items } = await readList(api, 'clusters', {
      path: '/clusters',
      parameters: new Map([['search', `id in (${some.join(', ')})`]]),
      limit: IDS_PER_SEARCH,
    })
    for (const { value } of items) names.set(value.id, value.name)
  }
  return names
}

/** A search that finds at least the resources of these names and ids. A nodepool may be named with its cluster. */
export function namesSearch(names: readonly string[]): string {
  const bare = names.map(name => quoted(name.slice(name.indexOf('/') + 1))).join(', ')
  return `name in (${bare}) or id in (${bare})`
}

function nameSearch(name: string): string {
  return `name = ${quoted(name)} or id = ${quoted(name)}`
}

/**
 * Prefers a match by id, because a name may look like an id. Of several with one name and one owner the one that is not being
 * deleted has the name (contract 4.3).
 */
function chosen<T extends ServedResource>(items: readonly Listed<T>[], name: string): Listed<T>[] {
  const byId = items.filter(({ value }) => value.id === name)
  if (byId.length > 0) return byId
  const living = items.filter(({ value }) => !isBeingDeleted(value))
  const taken = new Set(living.map(({ value }) => ownerIdOf(value)))
  return items.filter(({ value }) => !isBeingDeleted(value) || !taken.has(ownerIdOf(value)))
}

function ownerIdOf(resource: ServedResource): string | undefined {
  return resource.kind === 'NodePool' ? resource.owner_references.id : undefined
}

function splitOwner(name: string, clusterName: string | undefined): [string | undefined, string] {
  const at = name.indexOf('/')
  return at === -1 ? [clusterName, name] : [name.slice(0, at), name.slice(at + 1)]
}

function notFound(what: string, list: ResourceList): FailedError {
  return new FailedError(`${what}: 'hyperfleet get ${list}' lists all`, EXIT.notFound)
}

function ambiguousCluster(name: string, found: readonly Listed<ServedCluster>[]): FailedError {
  const lines = found.map(({ value: { id, deleted_time } }) => `  ${id}  being deleted since ${deleted_time}`)
  return new FailedError(
    [`several clusters '${visible(name)}' are being deleted: give the id of one`, ...lines].join('\n'),
    EXIT.failed,
  )
}

async function ambiguous(
  api: Api,
  name: string,
  found: readonly Listed<ServedNodepool>[],
): Promise<FailedError> {
  const names = await ownerNames(
    api,
    found.map(({ value }) => value),
  )
  const lines = found.map(({ value: { id, owner_references } }) => {
    const owner = names.get(owner_references.id) ?? owner_references.id
    return `  ${owner}/${name}  ${id}`
  })
  return new FailedError(
    [`there are several nodepools '${visible(name)}': give CLUSTER/NAME, --cluster or the id`, ...lines].join(
      '\n',
    ),
    EXIT.failed,
  )
}
