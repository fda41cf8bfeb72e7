// Reads lists page by page, up to a limit.
import { JsonFault } from '../../wire/json-scan.ts'
import type { Api, Parameters } from '../connection/api.ts'
import { isTreeObject, readTree, type Tree } from '../documents/tree.ts'
import type { ListName, ResourceList } from './kind.ts'
import { type Identified, isIdentifiedPage, isPage, type ServedItems, type ServedPage } from './served.ts'

/** The largest page of a server with default settings (contract 7.2). */
const PAGE_SIZE = 1000

export interface Listed<T> {
  readonly value: T
  /** The same value as the server wrote it. */
  readonly tree: Tree
}

export interface List<T> {
  readonly items: readonly Listed<T>[]
  /** The number of matches; larger than the number of items if a limit was given. */
  readonly total: number
}

export interface ListRequest {
  /** Relative to the base path. */
  readonly path: string
  /** Parameters other than page and size. */
  readonly parameters: Parameters
  readonly limit: number
}

/**
 * Reads a list. Pages may shift while others write: an item that appears twice is kept once.
 * @throws FailedError with a message for the user
 */
export function readList<L extends ListName>(
  api: Api,
  list: L,
  request: ListRequest,
): Promise<List<ServedItems[L]>> {
  return readPages(api, request, page => isPage(list, page))
}

/** The same of resources with some of their fields: those in the parameter `fields`, and the id (contract 13.7). */
export function readFieldsOfList(
  api: Api,
  list: ResourceList,
  fields: string,
  { path, parameters, limit }: ListRequest,
): Promise<List<Identified>> {
  const request = { path, parameters: new Map([...parameters, ['fields', fields]]), limit }
  return readPages(api, request, page => isIdentifiedPage(list, page))
}

type PageCheck<T> = (page: unknown) => page is ServedPage<T>

async function readPages<T extends Item>(
  api: Api,
  { path, parameters, limit }: ListRequest,
  isPageOfIt: PageCheck<T>,
): Promise<List<T>> {
  const items = new Map<string, Listed<T>>()
  const pageSize = Math.min(limit, PAGE_SIZE)
  for (let page = 1, seen = 0; ; page++) {
    const parametersOfPage = new Map([...parameters, ['pageSize', pageSize], ['page', page]])
    const read = await readPage(api, path, parametersOfPage, isPageOfIt)
    for (const item of read.items) items.set(keyOf(item.value), item)
    seen += read.items.length
    if (read.items.length === 0 || seen >= read.total || items.size >= limit)
      return { items: [...items.values()].slice(0, limit), total: read.total }
  }
}

/** An item of a list, whole or with some of its fields. */
export type Item = ServedItems[ListName] | Identified

/** The key of an item in its list. */
export function keyOf(item: Item): string {
  return 'adapter' in item ? item.adapter : item.id
}

async function readPage<T>(
  api: Api,
  path: string,
  parameters: Parameters,
  isPageOfIt: PageCheck<T>,
): Promise<List<T>> {
  const success = await api.get(path, parameters)
  const page = api.json(path, success)
  const trees = itemTrees(success.text)
  if (!isPageOfIt(page) || trees?.length !== page.items.length) throw api.misshapen(path)
  const items = page.items.flatMap((value, i) => {
    const tree = trees[i]
    return tree === undefined ? [] : [{ value, tree }]
  })
  return { items, total: page.total }
}

function itemTrees(text: string): Tree[] | undefined {
  try {
    const tree = readTree(text)
    const items = isTreeObject(tree) ? tree.get('items') : undefined
    return Array.isArray(items) ? items : undefined
  } catch (error) {
    if (error instanceof JsonFault) return undefined
    throw error
  }
}
