// Reads the items of `hyperfleet get`: a list, or those named.
import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import type { WatchRequest } from '../connection/watch-stream.ts'
import { readTree } from '../documents/tree.ts'
import type { ListName, ResourceList } from '../resources/kind.ts'
import { type List, type Listed, readFieldsOfList, readList } from '../resources/list.ts'
import { findCluster, findNodepool, findResource, namesSearch, resourcePath } from '../resources/lookup.ts'
import { quoted } from '../resources/selector.ts'
import { type Identified, isIdentified, type ServedItems } from '../resources/served.ts'
import { visible } from '../terminal/text.ts'
import type { GetOptions } from './options.ts'

export type Wanted = Pick<GetOptions, 'names' | 'cluster' | 'nodepool' | 'parameters' | 'limit'>

/** @throws FailedError with a message for the user */
export async function select<L extends ListName>(
  api: Api,
  list: L,
  wanted: Wanted,
): Promise<List<ServedItems[L]>> {
  const find = finders[list]
  if (wanted.names.length > 0 && find !== undefined) {
    const items: Listed<ServedItems[L]>[] = []
    for (const name of wanted.names) items.push(await find(api, name, wanted))
    return { items, total: items.length }
  }
  const path = await paths[list](api, wanted)
  const items = await readList(api, list, { path, parameters: parametersOf(wanted), limit: wanted.limit })
  assertAll(items, wanted.names)
  return items
}

/**
 * The same of resources with some of their fields.
 * @param fields the parameter of the server (contract 13.7)
 */
export async function selectFields(
  api: Api,
  list: ResourceList,
  wanted: Wanted,
  fields: string,
): Promise<List<Identified>> {
  if (wanted.names.length > 0) {
    const items: Listed<Identified>[] = []
    for (const name of wanted.names) {
      const { value } = await findResource(api, list, name, wanted.cluster)
      items.push(await readFieldsOf(api, resourcePath(value), fields))
    }
    return { items, total: items.length }
  }
  const path = await paths[list](api, wanted)
  return readFieldsOfList(api, list, fields, { path, parameters: parametersOf(wanted), limit: wanted.limit })
}

async function readFieldsOf(api: Api, path: string, fields: string): Promise<Listed<Identified>> {
  const success = await api.get(path, new Map([['fields', fields]]))
  const value = api.json(path, success)
  if (!isIdentified(value)) throw api.misshapen(path)
  return { value, tree: readTree(success.text) }
}

/** The watch of a list of resources. Of named ones it has all with these names, in whatever cluster. */
export async function watchOf(api: Api, list: ListName, wanted: Wanted): Promise<WatchRequest> {
  const path = await paths[list](api, wanted)
  const search = wanted.names.length > 0 ? namesSearch(wanted.names) : wanted.parameters.get('search')
  return { path, parameters: new Map(search === undefined ? [] : [['search', search]]) }
}

type Finders = {
  readonly [L in ListName]:
    | ((api: Api, name: string, wanted: Wanted) => Promise<Listed<ServedItems[L]>>)
    | undefined
}

const finders: Finders = {
  clusters: (api, name) => findCluster(api, name),
  nodepools: (api, name, { cluster }) => findNodepool(api, name, cluster),
  // A status has no URL: the list is searched.
  statuses: undefined,
}

const paths: { readonly [L in ListName]: (api: Api, wanted: Wanted) => Promise<string> } = {
  clusters: async () => '/clusters',
  nodepools: async (api, { cluster }) =>
    cluster === undefined
      ? '/nodepools'
      : `${resourcePath((await findCluster(api, cluster)).value)}/nodepools`,
  statuses: async (api, { cluster = '', nodepool }) => {
    const { value } =
      nodepool === undefined
        ? await findCluster(api, cluster)
        : await findNodepool(api, nodepool, cluster === '' ? undefined : cluster)
    return `${resourcePath(value)}/statuses`
  },
}

/** Finds named adapters with a search (contract 7.6). */
function parametersOf({ names, parameters }: Wanted): ReadonlyMap<string, string> {
  if (names.length === 0) return parameters
  return new Map([['search', `adapter in (${names.map(quoted).join(', ')})`]])
}

function assertAll(list: List<ServedItems[ListName]>, names: readonly string[]): void {
  const found = new Set(list.items.map(({ value }) => ('adapter' in value ? value.adapter : value.name)))
  const absent = names.filter(name => !found.has(name))
  if (absent.length > 0) throw missing(absent)
}

function missing(adapters: readonly string[]): FailedError {
  const names = adapters.map(name => `'${visible(name)}'`).join(', ')
  return new FailedError(
    `no status of ${names}: 'hyperfleet get statuses' without names lists all`,
    EXIT.notFound,
  )
}
